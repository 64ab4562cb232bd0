import { AppError } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { AccountRole } from '../contract/roles.ts';
import { hashToken, newId, newToken } from '../ids.ts';
import type { Db, PersonRow } from '../store/schema.ts';

export type LinkKind = 'set-password' | 'sign-in';

export interface NewLink {
  readonly token: string;
  readonly expiresAtMs: number;
}

export interface FoundLink {
  readonly id: string;
  readonly kind: LinkKind;
  readonly person: PersonRow & { readonly role: AccountRole };
  readonly expiresAtMs: number;
}

const LIFETIME_MS: Readonly<Record<LinkKind, number>> = { 'set-password': 7 * 24 * 3_600_000, 'sign-in': 24 * 3_600_000 };

/** One-time links: invitations, the first administrator, resets, the demo's sign-in. Only a hash of the token is kept. */
export class Links {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** A new link; the person's older ones of the kind end. */
  async renew(personId: string, kind: LinkKind): Promise<NewLink> {
    const token = newToken();
    const nowMs = this.#clock.now();
    const link = {
      id: newId('link'),
      token_hash: hashToken(token),
      person_id: personId,
      kind,
      created_at_ms: nowMs,
      expires_at_ms: nowMs + LIFETIME_MS[kind],
      used_at_ms: null,
    };
    await this.#db.transaction().execute(async (tx) => {
      await tx.deleteFrom('links').where('person_id', '=', personId).where('kind', '=', kind).execute();
      await tx.insertInto('links').values(link).execute();
    });
    return { token, expiresAtMs: link.expires_at_ms };
  }

  /** Throws LinkExpired for what is unknown, used or too old, all alike, and for people who are disabled. */
  async require(token: string): Promise<FoundLink> {
    const link = await this.#db.selectFrom('links').selectAll().where('token_hash', '=', hashToken(token)).executeTakeFirst();
    if (link === undefined || link.used_at_ms !== null || link.expires_at_ms <= this.#clock.now()) throw linkExpired();
    const person = await this.#db.selectFrom('people').selectAll().where('id', '=', link.person_id).executeTakeFirst();
    if (person === undefined || person.state === 'disabled' || person.role === 'candidate') throw linkExpired();
    return { id: link.id, kind: link.kind, person: { ...person, role: person.role }, expiresAtMs: link.expires_at_ms };
  }

  /** Uses the link up. Of two who try at once, one gets LinkExpired. */
  async use(link: FoundLink): Promise<void> {
    const result = await this.#db
      .updateTable('links')
      .set({ used_at_ms: this.#clock.now() })
      .where('id', '=', link.id)
      .where('used_at_ms', 'is', null)
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) throw linkExpired();
  }
}

function linkExpired(): AppError {
  return new AppError('LinkExpired', 'This link was used already, is too old, or was replaced by a newer one.', {
    remedy: 'Sign in with your password, or ask your administrator for a new link.',
  });
}
