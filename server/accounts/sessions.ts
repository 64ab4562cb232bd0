import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { TokenScope } from '../contract/tokens.ts';
import { hashToken, newId, newToken } from '../ids.ts';
import type { ReplicaBus } from '../replicas/replicas.ts';
import type { Db, PersonRow, SessionRow } from '../store/schema.ts';

export interface SessionPolicy {
  /** Ends when unused for so long. */
  readonly idleMs: number;
  /** Ends after so long however it is used. */
  readonly absoluteMs: number;
  /** A new token after so long, at the next use. */
  readonly rotateAfterMs: number;
  /** How long the token before the last one still works, for requests that were under way. */
  readonly graceMs: number;
}

export const sessionPolicy: SessionPolicy = {
  idleMs: 12 * 3_600_000,
  absoluteMs: 7 * 24 * 3_600_000,
  rotateAfterMs: 15 * 60_000,
  graceMs: 60_000,
};

/** Called with the reason as a sentence. */
type SessionsEnded = (sessionIds: readonly string[], reason: string) => void;

const ENDED = 'sessions-ended';
const endedSchema = z.object({ ids: z.array(z.string()), reason: z.string() });

const SIGNED_OUT = 'You were signed out.';

/** The last use is written at most so often. */
const TOUCH_EVERY_MS = 60_000;

export interface ActiveSession {
  readonly id: string;
  readonly person: PersonRow;
  readonly csrfToken: string;
  readonly expiresAtMs: number;
  /** Only for a token of a program: what it may do. */
  readonly scopes?: readonly TokenScope[];
  /** Set when the cookie must be sent again. */
  readonly newToken?: string;
}

/** Cookie sessions. The store holds only hashes of their tokens. */
export class Sessions {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #secret: string;
  readonly #policy: SessionPolicy;
  readonly #listeners = new Set<SessionsEnded>();
  #publish: SessionsEnded = () => undefined;

  /** `secret` keys the CSRF tokens; it is the installation's own and survives restarts. */
  constructor(db: Db, clock: Clock, secret: string, policy: SessionPolicy = sessionPolicy) {
    this.#db = db;
    this.#clock = clock;
    this.#secret = secret;
    this.#policy = policy;
  }

  async create(person: PersonRow): Promise<ActiveSession> {
    const token = newToken();
    const nowMs = this.#clock.now();
    const row: SessionRow = {
      id: newId('session'),
      token_hash: hashToken(token),
      previous_token_hash: null,
      person_id: person.id,
      created_at_ms: nowMs,
      rotated_at_ms: nowMs,
      last_used_at_ms: nowMs,
    };
    await this.#db
      .deleteFrom('sessions')
      .where('created_at_ms', '<=', nowMs - this.#policy.absoluteMs)
      .execute();
    await this.#db.insertInto('sessions').values(row).execute();
    return { ...this.#describe(row, person), newToken: token };
  }

  /** The session a cookie's token stands for, if it is good. Rotates the token when that is due. */
  async resume(token: string): Promise<ActiveSession | undefined> {
    const session = await this.#open(token);
    if (session === undefined) return undefined;
    const rotated = await this.#rotateOrTouch(session.row, hashToken(token));
    return { ...this.#describe(session.row, session.person), ...(rotated === undefined ? {} : { newToken: rotated }) };
  }

  /** The same for those who cannot set a cookie, such as a socket's handshake: never rotates. */
  async peek(token: string): Promise<ActiveSession | undefined> {
    const session = await this.#open(token);
    return session === undefined ? undefined : this.#describe(session.row, session.person);
  }

  async #open(token: string): Promise<{ row: SessionRow; person: PersonRow } | undefined> {
    const row = await this.#findByToken(hashToken(token));
    if (row === undefined || this.#hasExpired(row)) return undefined;
    const person = await this.#db.selectFrom('people').selectAll().where('id', '=', row.person_id).executeTakeFirst();
    return person?.state === 'active' ? { row, person } : undefined;
  }

  /** Whether the session is still good, for connections that stay open; the person may have changed since. */
  async recheck(sessionId: string): Promise<PersonRow | undefined> {
    const row = await this.#db.selectFrom('sessions').selectAll().where('id', '=', sessionId).executeTakeFirst();
    if (row === undefined || this.#hasExpired(row)) return undefined;
    // An open socket is use: without this a lab of many hours would end in the middle, because nothing calls over HTTP.
    await this.#db.updateTable('sessions').set({ last_used_at_ms: this.#clock.now() }).where('id', '=', sessionId).execute();
    const person = await this.#db.selectFrom('people').selectAll().where('id', '=', row.person_id).executeTakeFirst();
    return person?.state === 'active' ? person : undefined;
  }

  async end(sessionId: string): Promise<void> {
    await this.#db.deleteFrom('sessions').where('id', '=', sessionId).execute();
    this.#announce([sessionId], SIGNED_OUT);
  }

  /** Ends all of a person's sessions, or all but one. `reason` is shown on pages that are open. */
  async endAll(personId: string, exceptSessionId?: string, reason = SIGNED_OUT): Promise<void> {
    const rows = await this.#db.selectFrom('sessions').select('id').where('person_id', '=', personId).execute();
    const ids = rows.map((row) => row.id).filter((id) => id !== exceptSessionId);
    if (ids.length === 0) return;
    await this.#db.deleteFrom('sessions').where('id', 'in', ids).execute();
    this.#announce(ids, reason);
  }

  /** Tells the other servers of the sessions that end here, and takes in what they tell. A word that is lost is made good when a socket is checked again. */
  shareEnds(bus: Pick<ReplicaBus, 'publish' | 'subscribe'>): Disposable {
    this.#publish = (ids, reason) => bus.publish(ENDED, { ids, reason });
    return bus.subscribe(ENDED, (message) => {
      const ended = endedSchema.safeParse(message);
      if (ended.success) this.#tell(ended.data.ids, ended.data.reason);
    });
  }

  /** Tells which sessions were ended, here or on another server, so that their sockets can be closed at once. */
  onEnded(listener: SessionsEnded): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * The synchroniser token of a session or, before sign-in, of the visitor's random cookie. Derived, so that a visitor costs no row; a
   * page elsewhere can neither read it nor compute it.
   */
  csrfTokenFor(subject: string): string {
    return createHmac('sha256', this.#secret).update(`csrf:${subject}`).digest('base64url');
  }

  async #findByToken(hashed: string): Promise<SessionRow | undefined> {
    const rows = await this.#db
      .selectFrom('sessions')
      .selectAll()
      .where((eb) => eb.or([eb('token_hash', '=', hashed), eb('previous_token_hash', '=', hashed)]))
      .execute();
    const graceSince = this.#clock.now() - this.#policy.graceMs;
    return rows.find((row) => row.token_hash === hashed || row.rotated_at_ms > graceSince);
  }

  #hasExpired(row: SessionRow): boolean {
    return this.#expiresAt(row) <= this.#clock.now();
  }

  #expiresAt(row: SessionRow): number {
    return Math.min(row.last_used_at_ms + this.#policy.idleMs, row.created_at_ms + this.#policy.absoluteMs);
  }

  /** Rotation happens only when the newest token was shown: a late request with the older one must not get a third. */
  async #rotateOrTouch(row: SessionRow, shownHash: string): Promise<string | undefined> {
    const nowMs = this.#clock.now();
    if (nowMs - row.rotated_at_ms >= this.#policy.rotateAfterMs && shownHash === row.token_hash) {
      const token = newToken();
      const result = await this.#db
        .updateTable('sessions')
        .set({ token_hash: hashToken(token), previous_token_hash: shownHash, rotated_at_ms: nowMs, last_used_at_ms: nowMs })
        .where('id', '=', row.id)
        .where('token_hash', '=', shownHash)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n ? token : undefined;
    }
    if (nowMs - row.last_used_at_ms >= TOUCH_EVERY_MS) {
      await this.#db.updateTable('sessions').set({ last_used_at_ms: nowMs }).where('id', '=', row.id).execute();
    }
    return undefined;
  }

  #describe(row: SessionRow, person: PersonRow): ActiveSession {
    return { id: row.id, person, csrfToken: this.csrfTokenFor(row.id), expiresAtMs: this.#expiresAt(row) };
  }

  #announce(ids: readonly string[], reason: string): void {
    this.#publish(ids, reason);
    this.#tell(ids, reason);
  }

  #tell(ids: readonly string[], reason: string): void {
    for (const listener of this.#listeners) listener(ids, reason);
  }
}

/** Compares without telling by its time how much was right. */
export function tokensMatch(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}
