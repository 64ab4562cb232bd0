import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult, TransactionSettings } from 'kysely';
import { AppError, codeOf } from '../app-error.ts';

/** SQLite: the disk or a quota is full, or a write failed for it. PostgreSQL 53100: disk_full, 53200: out_of_memory. */
const FULL = new Set(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC', 'EDQUOT', '53100']);
/** PostgreSQL 23505, SQLite's extended codes for unique and primary keys. */
const DUPLICATE = new Set(['23505', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY']);

/** A unique key was there already. The caller knows which and says so in its own words. */
export class DuplicateKeyError extends Error {
  constructor(cause: unknown) {
    super('A row with this key exists.', { cause });
    this.name = 'DuplicateKeyError';
  }
}

/** Translates what the drivers throw, once, here: a full disk becomes `StorageFull`, a duplicate key {@link DuplicateKeyError}. */
export function translateFault(error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (FULL.has(code)) return storageFull(error);
  return DUPLICATE.has(code) ? new DuplicateKeyError(error) : error;
}

export function storageFull(cause: unknown): AppError {
  return new AppError('StorageFull', 'The server has no room left to write to. What was saved before is safe; this was not saved.', {
    cause,
    remedy: 'Free space where the data folder (DATA_DIR) or the database lies. The server goes on by itself then.',
  });
}

/** A dialect whose queries throw translated errors. */
export function withFaultTranslation(dialect: Dialect): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => new TranslatingDriver(dialect.createDriver()),
  };
}

class TranslatingDriver implements Driver {
  readonly #inner: Driver;
  readonly #wrapped = new WeakMap<DatabaseConnection, TranslatingConnection>();

  constructor(inner: Driver) {
    this.#inner = inner;
  }

  init(): Promise<void> {
    return this.#inner.init();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await this.#inner.acquireConnection();
    const known = this.#wrapped.get(connection);
    if (known !== undefined) return known;
    const wrapped = new TranslatingConnection(connection);
    this.#wrapped.set(connection, wrapped);
    return wrapped;
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return translated(() => this.#inner.beginTransaction(innerOf(connection), settings));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return translated(() => this.#inner.commitTransaction(innerOf(connection)));
  }

  /** SQLite has rolled back by itself after a full disk; asking again fails and must not hide the first error. */
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await this.#inner.rollbackTransaction(innerOf(connection));
    } catch (error) {
      if (!/no transaction is active/i.test(error instanceof Error ? error.message : '')) throw error;
    }
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return this.#inner.releaseConnection(innerOf(connection));
  }

  destroy(): Promise<void> {
    return this.#inner.destroy();
  }
}

class TranslatingConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;

  constructor(inner: DatabaseConnection) {
    this.inner = inner;
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return translated(() => this.inner.executeQuery<R>(query));
  }

  streamQuery<R>(query: CompiledQuery, chunkSize?: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

function innerOf(connection: DatabaseConnection): DatabaseConnection {
  return connection instanceof TranslatingConnection ? connection.inner : connection;
}

/** Takes a function, because the SQLite driver throws at once instead of rejecting. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateFault(error);
  }
}
