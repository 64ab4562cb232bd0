import type { z } from 'zod';
import type { ActiveSession } from '../accounts/sessions.ts';
import { AppError, notFound } from '../app-error.ts';
import { DAY_MS, toInstant, toInstantOrNull, type Clock } from '../clock.ts';
import type { PersonRef } from '../contract/roles.ts';
import { MAX_TOKENS, type createTokenSchema, type NewTokenView, type TokenScope, type TokenView } from '../contract/tokens.ts';
import { hashToken, newId, newToken } from '../ids.ts';
import type { ApiTokenRow, Db, PersonRow } from '../store/schema.ts';

/** Makes a leaked token recognisable to people and to scanners of secrets. */
export const TOKEN_MARK = 'dht_';
const PREFIX_LENGTH = TOKEN_MARK.length + 6;
/** The last use is written at most so often. */
const TOUCH_EVERY_MS = 60_000;

/** Keys for programs, which act as a person within their scopes. The store holds only hashes of them. */
export class ApiTokens {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Throws Conflict at more than {@link MAX_TOKENS} that still work. */
  async create(person: PersonRow, wanted: z.infer<typeof createTokenSchema>): Promise<NewTokenView> {
    const nowMs = this.#clock.now();
    await this.#db.deleteFrom('api_tokens').where('expires_at_ms', '<=', nowMs).execute();
    const mine = await this.#db.selectFrom('api_tokens').select('id').where('person_id', '=', person.id).execute();
    if (mine.length >= MAX_TOKENS)
      throw new AppError('Conflict', `You have ${MAX_TOKENS} tokens, which is as many as one person may have.`, {
        remedy: 'Revoke one that is not needed any more.',
      });
    const secret = `${TOKEN_MARK}${newToken()}`;
    const row: ApiTokenRow = {
      id: newId('token'),
      token_hash: hashToken(secret),
      prefix: secret.slice(0, PREFIX_LENGTH),
      person_id: person.id,
      name: wanted.name,
      scopes: JSON.stringify([...new Set(wanted.scopes)].sort()),
      created_at_ms: nowMs,
      expires_at_ms: nowMs + wanted.expiresInDays * DAY_MS,
      last_used_at_ms: null,
    };
    await this.#db.insertInto('api_tokens').values(row).execute();
    return { token: view(row, { id: person.id, name: person.name }), secret };
  }

  /** Those that work still, the newest first. @param personId absent: everybody's */
  async list(personId: string | undefined, names: ReadonlyMap<string, PersonRef>): Promise<TokenView[]> {
    let query = this.#db
      .selectFrom('api_tokens')
      .selectAll()
      .where('expires_at_ms', '>', this.#clock.now())
      .orderBy('created_at_ms', 'desc');
    if (personId !== undefined) query = query.where('person_id', '=', personId);
    return (await query.execute()).map((row) => view(row, names.get(row.person_id) ?? { id: row.person_id, name: '' }));
  }

  /** Throws NotFound for what is not theirs, as for what is not there. @param personId absent: anybody's */
  async revoke(id: string, personId: string | undefined): Promise<void> {
    let query = this.#db.deleteFrom('api_tokens').where('id', '=', id);
    if (personId !== undefined) query = query.where('person_id', '=', personId);
    const { numDeletedRows } = await query.executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) throw notFound('token');
  }

  /** Whom the secret stands for. Throws SignInRequired for what is unknown, expired or revoked, all alike, and for people who are disabled. */
  async authenticate(secret: string): Promise<ActiveSession> {
    const nowMs = this.#clock.now();
    const row = await this.#db.selectFrom('api_tokens').selectAll().where('token_hash', '=', hashToken(secret)).executeTakeFirst();
    if (row === undefined || row.expires_at_ms <= nowMs) throw tokenRefused();
    const person = await this.#db.selectFrom('people').selectAll().where('id', '=', row.person_id).executeTakeFirst();
    if (person?.state !== 'active') throw tokenRefused();
    if (row.last_used_at_ms === null || nowMs - row.last_used_at_ms >= TOUCH_EVERY_MS)
      await this.#db.updateTable('api_tokens').set({ last_used_at_ms: nowMs }).where('id', '=', row.id).execute();
    return { id: row.id, person, csrfToken: '', expiresAtMs: row.expires_at_ms, scopes: scopesOf(row) };
  }
}

function view(row: ApiTokenRow, person: PersonRef): TokenView {
  return {
    id: row.id,
    person,
    name: row.name,
    prefix: row.prefix,
    scopes: [...scopesOf(row)],
    createdAt: toInstant(row.created_at_ms),
    expiresAt: toInstant(row.expires_at_ms),
    lastUsedAt: toInstantOrNull(row.last_used_at_ms),
  };
}

function scopesOf(row: ApiTokenRow): readonly TokenScope[] {
  return JSON.parse(row.scopes) as TokenScope[];
}

function tokenRefused(): AppError {
  return new AppError('SignInRequired', 'This token is not known here: it has expired, was revoked, or never was one.', {
    remedy: 'Make a new one on the page of your account.',
  });
}
