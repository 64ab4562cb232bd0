import type { Response } from 'express';
import { z } from 'zod';
import { badgeReportSchema, definitionIdSchema, verifyBadgeSchema } from '../../contract/certification.ts';
import { idSchema } from '../../contract/roles.ts';
import { ok, param, publicRoute, type Answer, type Route } from '../route.ts';
import type { Services } from '../services.ts';

const keyIdSchema = z.string().regex(/^[\w-]{20,100}$/);
const listSchema = z.coerce.number().int().min(1).max(1_000);

/** How long others may keep what is published. A revocation is seen after that at the latest. */
const KEEP_SECONDS = 60;

/** What anybody may fetch who wants to know whether a badge is good: nothing in it is about a person but what the badge itself says. */
export function publicBadgeRoutes({ badges }: Services): Route[] {
  return [
    publicRoute('GET', '/api/public/badges/:id', async (call) => ok(await badges.report(idSchema.parse(param(call, 'id')))), {
      says: 'Whether a badge that was issued here holds, and why.',
      answers: badgeReportSchema,
    }),
    publicRoute('POST', '/api/public/verify', async ({ body }) => ok(await badges.verify(body.jwt)), {
      says: 'Whether a badge that somebody shows holds, and why.',
      body: verifyBadgeSchema,
      answers: badgeReportSchema,
    }),
    publicRoute(
      'GET',
      '/api/public/badges/:id/credential',
      async (call) => publish(call.response, 'application/vc+jwt', await badges.credential(idSchema.parse(param(call, 'id')))),
      { says: 'The badge as it was signed, an Open Badges 3.0 credential.', answers: 'application/vc+jwt' },
    ),
    publicRoute(
      'GET',
      '/api/public/keys/:id',
      async (call) =>
        publish(call.response, 'application/jwk+json', JSON.stringify(await badges.key(keyIdSchema.parse(param(call, 'id'))))),
      { says: 'The public half of a key that badges name.', answers: 'application/jwk+json' },
    ),
    publicRoute(
      'GET',
      '/api/public/achievements/:id',
      async (call) =>
        publish(call.response, 'application/ld+json', JSON.stringify(badges.achievement(definitionIdSchema.parse(param(call, 'id'))))),
      { says: 'What a certificate asks for, an Open Badges 3.0 Achievement.', answers: 'application/ld+json' },
    ),
    publicRoute(
      'GET',
      '/api/public/status/:list',
      async (call) => publish(call.response, 'application/vc+jwt', await badges.statusList(listSchema.parse(param(call, 'list')))),
      { says: 'Which badges are revoked, a signed Bitstring Status List.', answers: 'application/vc+jwt' },
    ),
    publicRoute(
      'GET',
      '/.well-known/jwks.json',
      async ({ response }) => publish(response, 'application/jwk-set+json', JSON.stringify(await badges.keySet())),
      { says: 'All keys that sign or have signed badges.', answers: 'application/jwk-set+json' },
    ),
    publicRoute(
      'GET',
      '/.well-known/did.json',
      async ({ response }) => publish(response, 'application/did+json', JSON.stringify(await badges.didDocument())),
      { says: 'Who this installation is as an issuer, by the did:web method.', answers: 'application/did+json' },
    ),
  ];
}

/** For verifiers in pages of other sites too; there is nothing in it that a cookie would change. */
function publish(response: Response, type: string, text: string): Promise<Answer> {
  response
    .set('Cache-Control', `public, max-age=${KEEP_SECONDS}`)
    .set('Access-Control-Allow-Origin', '*')
    .set('Cross-Origin-Resource-Policy', 'cross-origin')
    .type(type)
    .send(text);
  return Promise.resolve('sent');
}
