import type { Kysely, Migration } from 'kysely';

/** Certificates, the keys that sign them, improvements that count towards them, and appeals against verdicts. */
export const certificates: Migration = {
  async up(db) {
    await createCertificates(db);
    await createImprovements(db);
    await createAppeals(db);
    await anchorEvidence(db);
  },
};

async function createCertificates(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('signing_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('public_jwk', 'text', (c) => c.notNull())
    .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
    .addColumn('retired_at_ms', 'bigint')
    .execute();
  await db.schema
    .createTable('certificates')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('definition_id', 'text', (c) => c.notNull())
    .addColumn('person_id', 'text', (c) => c.notNull().references('people.id'))
    .addColumn('person_name', 'text', (c) => c.notNull())
    .addColumn('document', 'text', (c) => c.notNull())
    .addColumn('jwt', 'text', (c) => c.notNull())
    .addColumn('key_id', 'text', (c) => c.notNull().references('signing_keys.id'))
    .addColumn('status_list', 'integer', (c) => c.notNull())
    .addColumn('status_index', 'integer', (c) => c.notNull())
    .addColumn('issued_at_ms', 'bigint', (c) => c.notNull())
    .addColumn('valid_until_ms', 'bigint')
    .addColumn('issued_by', 'text', (c) => c.notNull())
    .addColumn('renews', 'text')
    .addColumn('revoked_at_ms', 'bigint')
    .addColumn('revoked_by', 'text')
    .addColumn('revoke_reason', 'text')
    .addUniqueConstraint('certificates_status_place', ['status_list', 'status_index'])
    .execute();
  await db.schema.createIndex('certificates_by_person').on('certificates').column('person_id').execute();
}

async function createImprovements(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('improvements')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('person_id', 'text', (c) => c.notNull().references('people.id'))
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('what', 'text', (c) => c.notNull())
    .addColumn('effect', 'text', (c) => c.notNull())
    .addColumn('links', 'text', (c) => c.notNull())
    .addColumn('submitted_at_ms', 'bigint', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('decided_by', 'text')
    .addColumn('decided_at_ms', 'bigint')
    .addColumn('comment', 'text')
    .execute();
  await db.schema.createIndex('improvements_by_person').on('improvements').column('person_id').execute();
}

async function createAppeals(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('appeals')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempts.id').onDelete('cascade'))
    .addColumn('person_id', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('made_at_ms', 'bigint', (c) => c.notNull())
    .addColumn('decision', 'text')
    .addColumn('outcome', 'text')
    .addColumn('answer', 'text')
    .addColumn('decided_by', 'text')
    .addColumn('decided_at_ms', 'bigint')
    .execute();
  await db.schema.createIndex('appeals_by_attempt').on('appeals').column('attempt_id').execute();
}

/** Evidence that is older than its anchor: from now on the newest link is noted apart from the chain, so that a cut tail shows. */
async function anchorEvidence(db: Kysely<unknown>): Promise<void> {
  const typed = db as Kysely<{ evidence: { seq: number; hash: string }; settings: { key: string; value: string } }>;
  const last = await typed.selectFrom('evidence').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
  if (last === undefined) return;
  await typed
    .insertInto('settings')
    .values({ key: 'evidence-head', value: `${last.seq}:${last.hash}` })
    .execute();
}
