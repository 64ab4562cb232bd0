import type { Migration } from 'kysely';

/** Programmes of ninety days, and what is known of tickets and changes from elsewhere. */
export const programmes: Migration = {
  async up(db) {
    await db.schema
      .createTable('programmes')
      .addColumn('cohort_id', 'text', (c) => c.primaryKey().references('cohorts.id').onDelete('cascade'))
      .addColumn('document', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('imports')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('source', 'text', (c) => c.notNull())
      .addColumn('row_count', 'integer', (c) => c.notNull())
      .addColumn('known', 'integer', (c) => c.notNull())
      .addColumn('by_id', 'text', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('import_rows')
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('source', 'text', (c) => c.notNull())
      .addColumn('row_id', 'text', (c) => c.notNull())
      .addColumn('import_id', 'text', (c) => c.notNull().references('imports.id').onDelete('cascade'))
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('team', 'text')
      .addColumn('failed', 'integer')
      .addPrimaryKeyConstraint('import_rows_key', ['kind', 'source', 'row_id'])
      .execute();
    await db.schema.createIndex('import_rows_by_time').on('import_rows').columns(['kind', 'at_ms']).execute();
  },
};
