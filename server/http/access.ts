import type { Request } from 'express';
import { tokensMatch, type ActiveSession, type Sessions } from '../accounts/sessions.ts';
import { AppError } from '../app-error.ts';
import type { Access } from './route.ts';
import { readVisitor } from './session-cookies.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Throws SignInRequired or Forbidden unless the route's table entry lets this caller in. */
export function requireAccess(access: Access, session: ActiveSession | undefined): void {
  if (access === 'public') return;
  if (session === undefined) throw new AppError('SignInRequired', 'You are not signed in.', { remedy: 'Sign in and try again.' });
  if (!access.includes(session.person.role))
    throw new AppError('Forbidden', `This is not for the role ${session.person.role}.`, { remedy: 'Ask your administrator.' });
}

export interface ForgeryGuard {
  readonly sessions: Sessions;
  readonly secureCookies: boolean;
  readonly origins: ReadonlySet<string>;
}

/**
 * Every request that writes shows that it comes from our own page, twice: by an Origin of ours, when the browser sends one, and by the
 * token that only our page was told.
 */
export function requireOwnPage(request: Request, session: ActiveSession | undefined, guard: ForgeryGuard): void {
  if (SAFE_METHODS.has(request.method)) return;
  const { origin } = request.headers;
  if (origin !== undefined && !guard.origins.has(origin)) {
    throw new AppError('Forbidden', 'This request comes from another site.', { remedy: 'Open the address that PUBLIC_URL names.' });
  }
  const visitor = readVisitor(request, guard.secureCookies);
  const subject = session?.id ?? visitor;
  const given = request.get('x-csrf-token');
  if (subject === undefined || given === undefined || !tokensMatch(guard.sessions.csrfTokenFor(subject), given)) {
    throw new AppError('CsrfTokenMissing', 'The page is out of date.', { remedy: 'Reload the page and try again.' });
  }
}
