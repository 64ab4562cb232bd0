import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'libsql';
import pg from 'pg';
import { codeOf } from '../app-error.ts';

/** Another server holds the data. The message says which and what to do. */
export class DataInUseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DataInUseError';
  }
}

/**
 * One server at a time may use a data folder or database: it alone gives out sequence numbers and runs the attempts. The lock of the folder is an
 * exclusive SQLite transaction that stays open, which is to say a lock the kernel takes away when the process ends, however it ends: no
 * heartbeat to wait for and no stale file to judge. The file beside it only tells people who holds it.
 */
export function lockDataFolder(dataDir: string): Disposable {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const holderFile = path.join(dataDir, 'server.pid');
  const database = new Database(path.join(dataDir, 'server.lock'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (codeOf(error) !== 'SQLITE_BUSY') throw error;
    throw new DataInUseError(
      `Another Drillhouse server${nameHolder(holderFile)} uses the data folder ${dataDir}. Stop it first, or give this one a folder of its own with DATA_DIR.`,
    );
  }
  writeFileSync(holderFile, `${process.pid}\n`);
  return { [Symbol.dispose]: () => database.close() };
}

function nameHolder(holderFile: string): string {
  try {
    return ` (process ${readFileSync(holderFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
}

/** Chosen at random once; any other application's advisory locks in the same database are unlikely to collide. */
const ADVISORY_KEY = '7283051946';

/**
 * The same for PostgreSQL: an advisory lock on a connection of its own, which the database releases when the connection ends. `onLost` is
 * called when it ended without us, because from then on another server may start.
 */
export async function lockDatabase(databaseUrl: string, onLost: (error: Error) => void): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000, keepAlive: true });
  let closing = false;
  client.on('error', (error) => {
    if (!closing) onLost(error);
  });
  await client.connect();
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1::bigint) as locked', [ADVISORY_KEY]);
  closing = rows[0]?.locked !== true;
  if (closing) {
    await client.end();
    throw new DataInUseError(
      'Another Drillhouse server uses the database that DATABASE_URL names. Stop it first, or give this one a database of its own.',
    );
  }
  return {
    [Symbol.asyncDispose]: async () => {
      closing = true;
      await client.end();
    },
  };
}
