import type { Migration } from 'kysely';

/**
 * Recordings of terminals for servers that share a database, in pieces that are only ever added: asciicast as text, and the newest raw output as
 * base64 with the number of the byte after it. Who writes a terminal's recording has the newest number in `writer`.
 */
export const sharedRecordings: Migration = {
  async up(db) {
    await db.schema
      .createTable('recording_writers')
      .addColumn('terminal_id', 'text', (c) => c.primaryKey())
      .addColumn('writer', 'integer', (c) => c.notNull())
      .addColumn('cast_bytes', 'bigint', (c) => c.notNull())
      .addColumn('end_seq', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('recording_chunks')
      .addColumn('terminal_id', 'text', (c) => c.notNull())
      .addColumn('at_byte', 'bigint', (c) => c.notNull())
      .addColumn('end_byte', 'bigint', (c) => c.notNull())
      .addColumn('text', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('recording_chunks_key', ['terminal_id', 'at_byte'])
      .execute();
    await db.schema
      .createTable('replay_chunks')
      .addColumn('terminal_id', 'text', (c) => c.notNull())
      .addColumn('end_seq', 'bigint', (c) => c.notNull())
      .addColumn('base64', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('replay_chunks_key', ['terminal_id', 'end_seq'])
      .execute();
  },
};
