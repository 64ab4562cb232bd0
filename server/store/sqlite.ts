import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { SqliteDialect, type Dialect } from 'kysely';
import Database from 'libsql';

/** How long a write waits for another connection's lock, e.g. a backup's, before it fails. */
const BUSY_TIMEOUT_MS = 5_000;

/** Below the data folder. */
export const sqliteFile = 'drillhouse.db';

/**
 * SQLite below the data folder. WAL with synchronous=NORMAL: what was committed survives `kill -9`, because the operating system holds it;
 * a power cut can lose the last seconds but never corrupts. FULL would sync on every commit, and the driver is synchronous, so each sync
 * would stall every terminal; verdicts and overrides are synced by {@link Store.flush} instead.
 */
export function createSqliteDialect(dataDir: string): Dialect {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return new SqliteDialect({
    database: async () => {
      const database = new Database(path.join(dataDir, sqliteFile));
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = NORMAL');
      database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
      database.pragma('foreign_keys = ON');
      // What is erased must not be read from the file's free pages: SQLite would leave it there until they are used again.
      database.pragma('secure_delete = ON');
      return database;
    },
  });
}
