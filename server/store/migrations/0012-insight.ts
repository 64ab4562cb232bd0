import type { Migration } from 'kysely';

/**
 * What insight reads of the chain of evidence, without the evidence itself: each verdict and regrade once, by its number there. It can be
 * emptied at any time and is then read anew. And which managers may look into the people of which cohort.
 */
export const insight: Migration = {
  async up(db) {
    await db.schema
      .createTable('gradings')
      .addColumn('seq', 'bigint', (c) => c.primaryKey())
      .addColumn('attempt_id', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('document', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('gradings_by_attempt').on('gradings').column('attempt_id').execute();
    await db.schema
      .createTable('cohort_managers')
      .addColumn('cohort_id', 'text', (c) => c.notNull().references('cohorts.id').onDelete('cascade'))
      .addColumn('person_id', 'text', (c) => c.notNull().references('people.id'))
      .addPrimaryKeyConstraint('cohort_managers_key', ['cohort_id', 'person_id'])
      .execute();
  },
};
