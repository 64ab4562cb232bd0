import { notFound } from '../app-error.ts';
import { hashToken } from '../ids.ts';
import type { Db, InterviewRow } from '../store/schema.ts';
import type { Interview, InterviewTerms } from './interview.ts';

export interface NewInterviewRow {
  readonly interview: Interview;
  readonly alias: string;
  readonly token: string;
}

const MAX_LISTED = 500;

/** Interviews in the store. Of links only hashes are kept; the candidate's name stands in one column and nowhere else. */
export class InterviewRecords {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** With the candidate as a person of that role, who can neither sign in nor be found by an address. */
  async insert({ interview, alias, token }: NewInterviewRow): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await tx
        .insertInto('people')
        .values({
          id: interview.personId,
          name: alias,
          email: `${interview.id}@candidate.invalid`,
          role: 'candidate',
          state: 'active',
          password_hash: null,
          created_at_ms: interview.createdAtMs,
          last_seen_at_ms: null,
        })
        .execute();
      await tx
        .insertInto('interviews')
        .values({
          id: interview.id,
          person_id: interview.personId,
          token_hash: hashToken(token),
          candidate_name: interview.candidate,
          document: JSON.stringify(interview.terms),
          created_by: interview.createdBy,
          created_at_ms: interview.createdAtMs,
          expires_at_ms: interview.expiresAtMs,
          consented_at_ms: null,
          revoked_at_ms: null,
          erased_at_ms: null,
        })
        .execute();
    });
  }

  /** The newest first. */
  async list(): Promise<readonly Interview[]> {
    const rows = await this.#db.selectFrom('interviews').selectAll().orderBy('created_at_ms', 'desc').limit(MAX_LISTED).execute();
    return rows.map(parse);
  }

  async listUnerased(): Promise<readonly Interview[]> {
    return (await this.#db.selectFrom('interviews').selectAll().where('erased_at_ms', 'is', null).execute()).map(parse);
  }

  async require(id: string): Promise<Interview> {
    const row = await this.#db.selectFrom('interviews').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw notFound('interview');
    return parse(row);
  }

  async findByToken(token: string): Promise<Interview | undefined> {
    const row = await this.#db.selectFrom('interviews').selectAll().where('token_hash', '=', hashToken(token)).executeTakeFirst();
    return row === undefined ? undefined : parse(row);
  }

  /** The older link leads nowhere from then on. */
  async renewToken(id: string, token: string): Promise<void> {
    await this.#db
      .updateTable('interviews')
      .set({ token_hash: hashToken(token) })
      .where('id', '=', id)
      .execute();
  }

  /** The first time counts. */
  async noteConsent(id: string, atMs: number): Promise<void> {
    await this.#db
      .updateTable('interviews')
      .set({ consented_at_ms: atMs })
      .where('id', '=', id)
      .where('consented_at_ms', 'is', null)
      .execute();
  }

  async revoke(id: string, atMs: number): Promise<void> {
    await this.#db.updateTable('interviews').set({ revoked_at_ms: atMs }).where('id', '=', id).where('revoked_at_ms', 'is', null).execute();
  }

  /** A candidate has one attempt at most. */
  async findAttemptId(personId: string): Promise<string | undefined> {
    const row = await this.#db.selectFrom('attempts').select('id').where('person_id', '=', personId).executeTakeFirst();
    return row?.id;
  }
}

function parse(row: InterviewRow): Interview {
  return {
    id: row.id,
    personId: row.person_id,
    candidate: row.candidate_name,
    terms: JSON.parse(row.document) as InterviewTerms,
    createdBy: row.created_by,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    consentedAtMs: row.consented_at_ms,
    revokedAtMs: row.revoked_at_ms,
    erasedAtMs: row.erased_at_ms,
  };
}
