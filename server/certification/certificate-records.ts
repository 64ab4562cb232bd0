import { notFound } from '../app-error.ts';
import type { EvidenceChain } from '../attempts/evidence-chain.ts';
import { DuplicateKeyError } from '../store/fault-translation.ts';
import { holdPerson } from '../store/hold-person.ts';
import type { CertificateRow, Db } from '../store/schema.ts';
import type { BadgeFacts } from './badge.ts';
import type { EvidenceRef } from './requirements.ts';
import { planPlace, type StatusPlace } from './status-list.ts';

/** What a certificate was issued on, as it was then. */
export interface IssuedDocument {
  readonly definition: BadgeFacts['definition'] & { readonly hash: string };
  readonly evidence: readonly EvidenceRef[];
}

export type NewCertificate = Omit<CertificateRow, 'revoked_at_ms' | 'revoked_by' | 'revoke_reason'>;

/** Half of a list's places are free, so that this many tries all fail once in a million times. */
const PLACE_TRIES = 20;

/** Certificates in the store; issuing and revoking are linked into the chain of evidence in the same transaction. */
export class CertificateRecords {
  readonly #db: Db;
  readonly #evidence: EvidenceChain;

  constructor(db: Db, evidence: EvidenceChain) {
    this.#db = db;
    this.#evidence = evidence;
  }

  async find(id: string): Promise<CertificateRow | undefined> {
    return this.#db.selectFrom('certificates').selectAll().where('id', '=', id).executeTakeFirst();
  }

  async require(id: string): Promise<CertificateRow> {
    const row = await this.find(id);
    if (row === undefined) throw notFound('certificate');
    return row;
  }

  /** The newest first. */
  async list(personId?: string): Promise<CertificateRow[]> {
    let query = this.#db.selectFrom('certificates').selectAll().orderBy('issued_at_ms', 'desc').orderBy('id').limit(5_000);
    if (personId !== undefined) query = query.where('person_id', '=', personId);
    return query.execute();
  }

  /** Indices of what is revoked, for the published list. */
  async listRevoked(list: number): Promise<number[]> {
    const rows = await this.#db
      .selectFrom('certificates')
      .select('status_index')
      .where('status_list', '=', list)
      .where('revoked_at_ms', 'is not', null)
      .execute();
    return rows.map((row) => row.status_index);
  }

  async countByKey(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#db
      .selectFrom('certificates')
      .select(['key_id', (eb) => eb.fn.countAll().as('count')])
      .groupBy('key_id')
      .execute();
    return new Map(rows.map((row) => [row.key_id, Number(row.count)]));
  }

  /**
   * `make` signs for a place on the list; it is asked again when somebody else has that place. `newest` is the person's newest certificate of the kind, as the
   * caller knows it: undefined is answered, and nothing stored, when there is another one by now.
   */
  async issue(newest: string | undefined, make: (place: StatusPlace) => Promise<NewCertificate>): Promise<CertificateRow | undefined> {
    const counted = await this.#db
      .selectFrom('certificates')
      .select((eb) => eb.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    for (let tryNumber = 1; ; tryNumber += 1) {
      try {
        const row = { ...(await make(planPlace(Number(counted.count)))), revoked_at_ms: null, revoked_by: null, revoke_reason: null };
        return (await this.#insert(row, newest)) ? row : undefined;
      } catch (error) {
        if (!(error instanceof DuplicateKeyError) || tryNumber === PLACE_TRIES) throw error;
      }
    }
  }

  /** False, and nothing stored, when it was revoked before. */
  async revoke(row: CertificateRow, by: { readonly byId: string; readonly reason: string; readonly atMs: number }): Promise<boolean> {
    return this.#evidence.exclusive(() =>
      this.#db.transaction().execute(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('certificates')
          .set({ revoked_at_ms: by.atMs, revoked_by: by.byId, revoke_reason: by.reason })
          .where('id', '=', row.id)
          .where('revoked_at_ms', 'is', null)
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) return false;
        const payload = { certificateId: row.id, personId: row.person_id, ...by };
        await this.#evidence.append(tx, { attemptId: row.id, kind: 'certificate-revoked', atMs: by.atMs, payload });
        return true;
      }),
    );
  }

  async #insert(row: CertificateRow, newest: string | undefined): Promise<boolean> {
    return this.#evidence.exclusive(() =>
      this.#db.transaction().execute(async (tx) => {
        await holdPerson(tx, row.person_id);
        const held = await tx
          .selectFrom('certificates')
          .select('id')
          .where('person_id', '=', row.person_id)
          .where('definition_id', '=', row.definition_id)
          .orderBy('issued_at_ms', 'desc')
          .orderBy('id')
          .executeTakeFirst();
        if (held?.id !== newest) return false;
        await tx.insertInto('certificates').values(row).execute();
        const payload = {
          certificateId: row.id,
          personId: row.person_id,
          issuedBy: row.issued_by,
          renews: row.renews,
          document: JSON.parse(row.document) as unknown,
          jwt: row.jwt,
        };
        await this.#evidence.append(tx, { attemptId: row.id, kind: 'certificate-issued', atMs: row.issued_at_ms, payload });
        return true;
      }),
    );
  }
}
