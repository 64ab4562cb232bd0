import type { Migration } from 'kysely';

/** Drills, and everything that happened in them, in order and only ever added to. */
export const drills: Migration = {
  async up(db) {
    await db.schema
      .createTable('drills')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('script_slug', 'text', (c) => c.notNull())
      .addColumn('created_at_ms', 'bigint', (c) => c.notNull())
      .addColumn('ended_at_ms', 'bigint')
      .addColumn('head', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('drills_by_creation').on('drills').column('created_at_ms').execute();
    await db.schema
      .createTable('drill_entries')
      .addColumn('drill_id', 'text', (c) => c.notNull().references('drills.id').onDelete('cascade'))
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('scenario_ms', 'bigint', (c) => c.notNull())
      .addColumn('played_ms', 'bigint', (c) => c.notNull())
      .addColumn('actor_id', 'text')
      .addColumn('document', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('drill_entries_key', ['drill_id', 'seq'])
      .execute();
  },
};
