import { z } from 'zod';
import {
  appealSchema,
  appealsSchema,
  appealStateSchema,
  appealViewSchema,
  certificateSchema,
  decideAppealSchema,
  decideImprovementSchema,
  improvementSchema,
  improvementsSchema,
  issueSchema,
  progressListSchema,
  registerSchema,
  revokeSchema,
  signingKeysSchema,
  submitImprovementSchema,
} from '../../contract/certification.ts';
import { idSchema } from '../../contract/roles.ts';
import { administrators, created, everyone, managers, ok, param, route, staff, type Route } from '../route.ts';
import type { Services } from '../services.ts';

const personQuerySchema = z.object({ person: idSchema.optional() });

export function certificateRoutes(services: Services): Route[] {
  return [...routesOfCertificates(services), ...routesOfImprovements(services), ...routesOfAppeals(services), ...routesOfKeys(services)];
}

function routesOfCertificates({ certificates }: Services): Route[] {
  return [
    route(
      'GET',
      '/api/certificates/progress',
      everyone,
      async ({ session: { person }, query }) => ok(await certificates.progress(person, query.person ?? person.id)),
      { says: 'What is met of each certificate and what is to be done next.', query: personQuerySchema, answers: progressListSchema },
    ),
    route('GET', '/api/certificates', staff, async ({ session: { person } }) => ok(await certificates.register(person)), {
      says: 'Everybody’s certificates, and who is on the way to one.',
      answers: registerSchema,
    }),
    route(
      'POST',
      '/api/certificates',
      staff,
      async ({ session: { person }, body, address }) => ok(await certificates.issue(person, body.person, body.definition, address)),
      {
        says: 'Issues a certificate. Asked again it answers the one there is.',
        body: issueSchema,
        answers: certificateSchema,
      },
    ),
    route('GET', '/api/certificates/:id', everyone, async (call) => ok(await certificates.read(call.session.person, param(call, 'id'))), {
      says: 'One certificate with its badge.',
      answers: certificateSchema,
    }),
    route(
      'POST',
      '/api/certificates/:id/renew',
      staff,
      async (call) => ok(await certificates.renew(call.session.person, param(call, 'id'), call.address)),
      { says: 'Issues a new certificate in the place of one that expires.', answers: certificateSchema },
    ),
    route(
      'POST',
      '/api/certificates/:id/revoke',
      managers,
      async (call) => ok(await certificates.revoke(call.session.person, param(call, 'id'), call.body.reason, call.address)),
      { says: 'Takes a certificate back, with a reason that everybody can read.', body: revokeSchema, answers: certificateSchema },
    ),
  ];
}

function routesOfImprovements({ improvements }: Services): Route[] {
  return [
    route('GET', '/api/improvements', everyone, async ({ session: { person } }) => ok({ improvements: await improvements.list(person) }), {
      says: 'One’s own improvements in production; for staff everybody’s.',
      answers: improvementsSchema,
    }),
    route(
      'POST',
      '/api/improvements',
      everyone,
      async ({ session: { person }, body }) => created(await improvements.submit(person, body)),
      {
        says: 'Submits an improvement with where it can be seen.',
        body: submitImprovementSchema,
        answers: improvementSchema,
        status: 201,
      },
    ),
    route(
      'PUT',
      '/api/improvements/:id',
      everyone,
      async (call) => ok(await improvements.resubmit(call.session.person, param(call, 'id'), call.body)),
      { says: 'Submits it again in other words, until it is accepted.', body: submitImprovementSchema, answers: improvementSchema },
    ),
    route(
      'POST',
      '/api/improvements/:id/decision',
      managers,
      async (call) => ok(await improvements.decide(call.session.person, param(call, 'id'), call.body)),
      { says: 'Accepts an improvement or sends it back.', body: decideImprovementSchema, answers: improvementSchema },
    ),
  ];
}

function routesOfAppeals({ appeals }: Services): Route[] {
  return [
    route(
      'GET',
      '/api/attempts/:id/appeals',
      everyone,
      async (call) => ok(await appeals.ofAttempt(call.session.person, param(call, 'id'))),
      {
        says: 'Appeals against the verdict of an attempt.',
        answers: appealStateSchema,
      },
    ),
    route(
      'POST',
      '/api/attempts/:id/appeals',
      everyone,
      async (call) => created(await appeals.appeal(call.session.person, param(call, 'id'), call.body.reason)),
      { says: 'Appeals against a verdict.', body: appealSchema, answers: appealViewSchema, status: 201 },
    ),
    route('GET', '/api/appeals', staff, async ({ session: { person } }) => ok({ appeals: await appeals.list(person) }), {
      says: 'All appeals, the open ones first.',
      answers: appealsSchema,
    }),
    route(
      'POST',
      '/api/appeals/:id/withdraw',
      everyone,
      async (call) => ok(await appeals.withdraw(call.session.person, param(call, 'id'))),
      { says: 'Takes one’s own appeal back.', answers: appealViewSchema },
    ),
    route(
      'POST',
      '/api/appeals/:id/decision',
      staff,
      async (call) => ok(await appeals.decide(call.session.person, param(call, 'id'), call.body)),
      { says: 'Lets a verdict stand, or judges it again from what was kept.', body: decideAppealSchema, answers: appealViewSchema },
    ),
  ];
}

function routesOfKeys({ badges }: Services): Route[] {
  return [
    route('GET', '/api/signing-keys', staff, async () => ok({ keys: await badges.listKeys() }), {
      says: 'The keys that sign or have signed badges.',
      answers: signingKeysSchema,
    }),
    route(
      'POST',
      '/api/signing-keys',
      administrators,
      async ({ session: { person }, address }) => created({ keys: await badges.rotateKey(person, address) }),
      { says: 'Makes a new key that signs from now on. Badges of older ones stay good.', answers: signingKeysSchema, status: 201 },
    ),
  ];
}
