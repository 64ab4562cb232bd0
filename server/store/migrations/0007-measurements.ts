import type { Migration } from 'kysely';

/** What was measured in attempts, run by run. */
export const measurements: Migration = {
  async up(db) {
    await db.schema
      .createTable('measurements')
      .addColumn('attempt_id', 'text', (c) => c.notNull().references('attempts.id').onDelete('cascade'))
      .addColumn('number', 'integer', (c) => c.notNull())
      .addColumn('label', 'text', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addColumn('started_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('finished_at_ms', 'bigint')
      .addColumn('reason', 'text')
      .addColumn('workloads', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('measurements_key', ['attempt_id', 'number'])
      .execute();
  },
};
