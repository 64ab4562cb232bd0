import type { ActiveSession } from '../accounts/sessions.ts';
import { toInstant } from '../clock.ts';
import type { Session } from '../contract/session.ts';
import type { Services } from './services.ts';

/** What a page is told of its session; without one, of the visitor. */
export function viewSession(
  { substrate, clock }: Pick<Services, 'substrate' | 'clock'>,
  session: ActiveSession | undefined,
  csrfToken: string,
): Session {
  return {
    me:
      session === undefined
        ? null
        : { id: session.person.id, name: session.person.name, email: session.person.email, role: session.person.role },
    csrfToken,
    expiresAt: session === undefined ? null : toInstant(session.expiresAtMs),
    notice: substrate.isBoundary ? null : substrate.isolation,
    serverTime: toInstant(clock.now()),
  };
}
