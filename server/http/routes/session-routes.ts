import { z } from 'zod';
import type { ActiveSession } from '../../accounts/sessions.ts';
import { toInstant } from '../../clock.ts';
import {
  acceptLinkSchema,
  changePasswordSchema,
  linkPreviewSchema,
  sessionSchema,
  signInSchema,
  type LinkPreview,
  type Session,
} from '../../contract/session.ts';
import { everyone, noContent, ok, param, publicRoute, route, workers, type PublicCall, type Route } from '../route.ts';
import type { Services } from '../services.ts';
import { viewSession } from '../session-view.ts';
import { clearSessionCookie, ensureVisitor, setSessionCookie } from '../session-cookies.ts';

const tokenSchema = z.string().regex(/^[\w-]{20,100}$/);

export function sessionRoutes(services: Services): Route[] {
  const { accounts, site } = services;
  const view = (session: ActiveSession | undefined, csrfToken: string): Session => viewSession(services, session, csrfToken);
  const begin = (call: PublicCall<unknown, unknown>, session: ActiveSession): Session => {
    if (session.newToken !== undefined) setSessionCookie(call.response, session.newToken, session.expiresAtMs, site.secureCookies);
    return view(session, session.csrfToken);
  };
  return [
    publicRoute(
      'GET',
      '/api/session',
      async ({ session, request, response }) => {
        const csrfToken = session?.csrfToken ?? accounts.sessions.csrfTokenFor(ensureVisitor(request, response, site.secureCookies));
        return ok(view(session, csrfToken));
      },
      { says: 'Who is signed in, and the token that requests which write must send.', answers: sessionSchema },
    ),
    publicRoute(
      'POST',
      '/api/session',
      async (call) => {
        // A session of somebody else in the same browser ends with it.
        const next = await accounts.signIn(call.body.email, call.body.password, call.address);
        if (call.session !== undefined) await accounts.sessions.end(call.session.id);
        return ok(begin(call, next));
      },
      { says: 'Signs in.', body: signInSchema, answers: sessionSchema },
    ),
    route(
      'DELETE',
      '/api/session',
      workers,
      async ({ session, response, address }) => {
        await accounts.signOut(session, address);
        clearSessionCookie(response, site.secureCookies);
        return noContent;
      },
      { says: 'Signs out.' },
    ),
    publicRoute(
      'GET',
      '/api/links/:token',
      async (call) => {
        const link = await accounts.links.require(tokenSchema.parse(param(call, 'token')));
        const preview: LinkPreview = {
          kind: link.kind,
          email: link.person.email,
          name: link.person.name,
          role: link.person.role,
          expiresAt: toInstant(link.expiresAtMs),
        };
        return ok(preview);
      },
      { says: 'Whom a one-time link is for; does not use it up.', answers: linkPreviewSchema },
    ),
    publicRoute(
      'POST',
      '/api/links/:token',
      async (call) => {
        const next = await accounts.acceptLink(tokenSchema.parse(param(call, 'token')), call.body, call.address);
        if (call.session !== undefined) await accounts.sessions.end(call.session.id);
        return ok(begin(call, next));
      },
      { says: 'Uses a one-time link up and signs in.', body: acceptLinkSchema, answers: sessionSchema },
    ),
    route(
      'POST',
      '/api/session/password',
      everyone,
      async ({ session, body, address }) => {
        await accounts.changePassword(session, body.current, body.next, address);
        return noContent;
      },
      { says: 'Changes the password; the other sessions end.', body: changePasswordSchema },
    ),
  ];
}
