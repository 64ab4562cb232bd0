import { existsSync } from 'node:fs';
import path from 'node:path';
import { Kysely, SqliteDialect, type Dialect } from 'kysely';
import Database from 'libsql';
import { createPostgresDialect } from '../store/postgres.ts';
import { sqliteFile } from '../store/sqlite.ts';
import type { Db, Tables } from '../store/schema.ts';

/** There is nothing to read where it was looked for. The message says what to do. */
export class NothingToReadError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NothingToReadError';
  }
}

/**
 * The store as it stands, beside a server that runs on it or without one: nothing is locked, migrated or written. Throws NothingToReadError
 * when there is no database.
 */
export async function openForReading(source: {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
}): Promise<Db & AsyncDisposable> {
  const db = new Kysely<Tables>({ dialect: dialectFor(source) });
  try {
    await db.selectFrom('evidence').select('seq').limit(1).execute();
  } catch (error) {
    await db.destroy();
    throw new NothingToReadError(
      `There is no evidence log to read: ${error instanceof Error ? error.message : String(error)}. Check --data and --database.`,
    );
  }
  return Object.assign(db, { [Symbol.asyncDispose]: () => db.destroy() });
}

function dialectFor({ dataDir, databaseUrl }: { readonly dataDir: string; readonly databaseUrl: string | undefined }): Dialect {
  if (databaseUrl !== undefined) return createPostgresDialect(databaseUrl, () => undefined);
  const file = path.join(dataDir, sqliteFile);
  if (!existsSync(file)) throw new NothingToReadError(`There is no database in ${dataDir}. Name the data folder with --data.`);
  return new SqliteDialect({ database: async () => Promise.resolve(new Database(file, { readonly: true })) });
}
