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

export interface DatabaseLock {
  /** `alone`: nobody else may use the database. `several`: others that say so as well may, and nobody who is alone. */
  readonly mode: 'alone' | 'several';
  /** Called when the lock is somebody else's, because from then on this server must not go on. */
  readonly onLost: (error: Error) => void;
}

/** How soon a server among several asks again for the lock that went with its connection. */
const ASK_AGAIN_MS = 1_000;

/**
 * The same for PostgreSQL: an advisory lock on a connection of its own, which the database releases when the connection ends. A server that is alone has lost it
 * then, for another may start. Servers among several take it again as soon as the database lets them: what they store is guarded row by row.
 */
export async function lockDatabase(databaseUrl: string, lock: DatabaseLock): Promise<AsyncDisposable> {
  let closing = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  const lost = (error: Error): void => {
    if (closing) return;
    if (lock.mode === 'alone') lock.onLost(error);
    else timer = setTimeout(() => void regain(), ASK_AGAIN_MS).unref();
  };
  const regain = async (): Promise<void> => {
    try {
      client = await connectAndLock(databaseUrl, lock.mode, lost);
      if (closing) await client.end();
    } catch (error) {
      if (error instanceof DataInUseError) lock.onLost(error);
      else lost(error as Error);
    }
  };
  client = await connectAndLock(databaseUrl, lock.mode, lost);
  return {
    [Symbol.asyncDispose]: async () => {
      closing = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}

/** Throws DataInUseError when another server's lock stands against it. `onEnd` is called once when the connection breaks later on. */
async function connectAndLock(databaseUrl: string, mode: DatabaseLock['mode'], onEnd: (error: Error) => void): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000, keepAlive: true });
  let tellEnd: ((error: Error) => void) | undefined;
  client.on('error', (error) => {
    tellEnd?.(error);
    tellEnd = undefined;
  });
  try {
    await client.connect();
    const ask = mode === 'alone' ? 'pg_try_advisory_lock' : 'pg_try_advisory_lock_shared';
    const { rows } = await client.query<{ locked: boolean }>(`select ${ask}($1::bigint) as locked`, [ADVISORY_KEY]);
    if (rows[0]?.locked !== true) throw new DataInUseError(explainInUse(mode));
    tellEnd = onEnd;
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

function explainInUse(mode: DatabaseLock['mode']): string {
  const remedy =
    mode === 'alone'
      ? 'Stop it first, or give this one a database of its own. Several servers share one when each of them has REDIS_URL.'
      : 'It was started without REDIS_URL and shares with nobody. Stop it first, or give this one a database of its own.';
  return `Another Drillhouse server uses the database that DATABASE_URL names. ${remedy}`;
}
