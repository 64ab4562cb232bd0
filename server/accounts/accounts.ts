import { AppError } from '../app-error.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { PersonRow } from '../store/schema.ts';
import type { ReplicaBus } from '../replicas/replicas.ts';
import { FailureLimiter, type Limit } from './failure-limiter.ts';
import type { Links, NewLink } from './links.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import type { NewPerson, People } from './people.ts';
import type { ActiveSession, Sessions } from './sessions.ts';

export interface AccountParts {
  readonly people: People;
  readonly sessions: Sessions;
  readonly links: Links;
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Absent: failed tries count on this server alone. */
  readonly bus?: ReplicaBus;
}

/** Tighter for one account, wider for an address, behind which a whole class may sit. */
const PER_ACCOUNT = { failures: 5, windowMs: 15 * 60_000 };
const PER_ADDRESS = { failures: 30, windowMs: 15 * 60_000 };

/** Signing in and out, and the links that let people in for the first time. */
export class Accounts {
  readonly people: People;
  readonly sessions: Sessions;
  readonly links: Links;
  readonly #audit: AuditLog;
  readonly #byAccount: FailureLimiter;
  readonly #byAddress: FailureLimiter;

  constructor(parts: AccountParts) {
    this.people = parts.people;
    this.sessions = parts.sessions;
    this.links = parts.links;
    this.#audit = parts.audit;
    const limiter = (name: string, limit: Limit): FailureLimiter =>
      new FailureLimiter(parts.clock, limit, parts.bus === undefined ? undefined : { bus: parts.bus, name });
    this.#byAccount = limiter('account', PER_ACCOUNT);
    this.#byAddress = limiter('address', PER_ADDRESS);
  }

  /** Answers WrongCredentials alike for an unknown address, a wrong password and a disabled account. */
  async signIn(email: string, password: string, address: string): Promise<ActiveSession> {
    this.#byAddress.check(address);
    this.#byAccount.check(email);
    const person = await this.people.findByEmail(email);
    const matches = await verifyPassword(person?.password_hash ?? null, password);
    if (person?.state !== 'active' || !matches) {
      this.#byAddress.fail(address);
      this.#byAccount.fail(email);
      await this.#audit.record({ actor: null, action: 'session.refused', subject: person?.id ?? email, address });
      throw new AppError('WrongCredentials', 'The email address or the password is wrong.', {
        remedy: 'Check both, or ask your administrator for a new link.',
      });
    }
    this.#byAccount.forget(email);
    return this.#open(person, address, 'password');
  }

  /** Signs in by a one-time link; a `set-password` link needs the new password. */
  async acceptLink(
    token: string,
    given: { readonly name?: string | undefined; readonly password?: string | undefined },
    address: string,
  ): Promise<ActiveSession> {
    this.#byAddress.check(address);
    const link = await this.links.require(token).catch((error: unknown) => {
      this.#byAddress.fail(address);
      throw error;
    });
    if (link.kind === 'sign-in') {
      await this.links.use(link);
      await this.people.activate(link.person.id);
    } else {
      if (given.password === undefined) {
        throw new AppError('InvalidRequest', 'A password is needed.', {
          issues: [{ path: 'password', message: 'At least 10 characters' }],
        });
      }
      const passwordHash = await hashPassword(given.password);
      await this.links.use(link);
      await this.people.setPassword(link.person.id, passwordHash, given.name);
      await this.sessions.endAll(link.person.id);
      this.#byAccount.forget(link.person.email);
    }
    return this.#open(await this.people.require(link.person.id), address, link.kind);
  }

  /** Ends the person's other sessions. */
  async changePassword(session: ActiveSession, current: string, next: string, address: string): Promise<void> {
    const { person } = session;
    this.#byAccount.check(person.email);
    if (!(await verifyPassword(person.password_hash, current))) {
      this.#byAccount.fail(person.email);
      throw new AppError('WrongCredentials', 'The current password is wrong.', {
        issues: [{ path: 'current', message: 'This is not your password' }],
      });
    }
    await this.people.setPassword(person.id, await hashPassword(next));
    await this.sessions.endAll(person.id, session.id);
    await this.#audit.record({ actor: person, action: 'password.changed', subject: person.id, address });
  }

  async signOut(session: ActiveSession, address: string): Promise<void> {
    await this.sessions.end(session.id);
    await this.#audit.record({ actor: session.person, action: 'session.ended', subject: session.person.id, address });
  }

  async invite(person: NewPerson): Promise<{ person: PersonRow; link: NewLink }> {
    const added = await this.people.add(person);
    return { person: added, link: await this.links.renew(added.id, 'set-password') };
  }

  async #open(person: PersonRow, address: string, by: string): Promise<ActiveSession> {
    const session = await this.sessions.create(person);
    await this.people.touch(person.id);
    await this.#audit.record({ actor: person, action: 'session.created', subject: person.id, detail: { by }, address });
    return session;
  }
}
