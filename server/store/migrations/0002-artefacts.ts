import type { Migration } from 'kysely';

/** What is written in attempts, every version that matters, and how people rated it. */
export const artefacts: Migration = {
  async up(db) {
    await db.schema
      .createTable('artefacts')
      .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempts.id').onDelete('cascade'))
      .addColumn('artefact_id', 'text', (c) => c.notNull())
      .addColumn('position', 'integer', (c) => c.notNull())
      .addColumn('offered', 'text', (c) => c.notNull())
      .addColumn('revision', 'integer', (c) => c.notNull())
      .addColumn('submitted_version', 'integer')
      .addColumn('submitted_at_ms', 'bigint')
      .addPrimaryKeyConstraint('artefacts_key', ['attempt_id', 'artefact_id'])
      .execute();
    await db.schema
      .createTable('artefact_versions')
      .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempts.id').onDelete('cascade'))
      .addColumn('artefact_id', 'text', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addColumn('started_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('saved_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('submitted', 'integer', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('artefact_versions_key', ['attempt_id', 'artefact_id', 'version'])
      .execute();
    await db.schema
      .createTable('artefact_ratings')
      .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempts.id').onDelete('cascade'))
      .addColumn('artefact_id', 'text', (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addColumn('scores', 'text', (c) => c.notNull())
      .addColumn('comment', 'text', (c) => c.notNull())
      .addColumn('accepted', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('artefact_ratings_key', ['attempt_id', 'artefact_id', 'seq'])
      .execute();
  },
};
