import type { Migration } from 'kysely';

/** Interviews, extra time for people and attempts, and what cohorts say about AI assistants. */
export const interviews: Migration = {
  async up(db) {
    await db.schema
      .createTable('interviews')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('person_id', 'text', (c) => c.notNull().unique().references('people.id'))
      .addColumn('token_hash', 'text', (c) => c.notNull().unique())
      .addColumn('candidate_name', 'text')
      .addColumn('document', 'text', (c) => c.notNull())
      .addColumn('created_by', 'text', (c) => c.notNull())
      .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('expires_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('consented_at_ms', 'bigint')
      .addColumn('revoked_at_ms', 'bigint')
      .addColumn('erased_at_ms', 'bigint')
      .execute();
    await db.schema
      .createTable('extra_time')
      .addColumn('person_id', 'text', (c) => c.notNull().references('people.id').onDelete('cascade'))
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('attempt_id', 'text')
      .addColumn('percent', 'integer', (c) => c.notNull())
      .addColumn('minutes', 'integer', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('extra_time_key', ['person_id', 'seq'])
      .execute();
    await db.schema
      .createTable('ai_rules')
      .addColumn('cohort_id', 'text', (c) => c.notNull().references('cohorts.id').onDelete('cascade'))
      .addColumn('lab_slug', 'text', (c) => c.notNull())
      .addColumn('policy', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('ai_rules_key', ['cohort_id', 'lab_slug'])
      .execute();
  },
};
