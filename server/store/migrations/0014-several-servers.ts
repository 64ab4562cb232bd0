import type { Migration } from 'kysely';

/** What a server that is alone keeps in files, for servers that share a database: the private halves of keys, sealed, and labs as they were when somebody began one. */
export const severalServers: Migration = {
  async up(db) {
    await db.schema
      .createTable('private_keys')
      .addColumn('key_id', 'text', (c) => c.primaryKey())
      .addColumn('sealed', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('lab_versions')
      .addColumn('hash', 'text', (c) => c.primaryKey())
      .addColumn('document', 'text', (c) => c.notNull())
      .addColumn('begun_at_ms', 'bigint', (c) => c.notNull())
      .execute();
  },
};
