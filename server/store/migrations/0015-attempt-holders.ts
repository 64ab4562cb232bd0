import type { Migration } from 'kysely';

/** Which server keeps an attempt going, and when each server was last alive: so much is given back to the clocks of those whose server went. */
export const attemptHolders: Migration = {
  async up(db) {
    await db.schema
      .createTable('servers')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('alive_at_ms', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('attempt_holders')
      .addColumn('attempt_id', 'text', (c) => c.primaryKey())
      .addColumn('server_id', 'text', (c) => c.notNull())
      .execute();
  },
};
