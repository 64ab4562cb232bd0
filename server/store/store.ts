import { Kysely, Migrator, sql, type Dialect } from 'kysely';
import { messageOf } from '../app-error.ts';
import { opening } from '../lifetime.ts';
import type { Logger } from '../log.ts';
import { lockDatabase, lockDataFolder } from './data-lock.ts';
import { withFaultTranslation } from './fault-translation.ts';
import { foundation } from './migrations/0001-foundation.ts';
import { artefacts } from './migrations/0002-artefacts.ts';
import { incidents } from './migrations/0003-incidents.ts';
import { drills } from './migrations/0004-drills.ts';
import { certificates } from './migrations/0005-certificates.ts';
import { measurements } from './migrations/0007-measurements.ts';
import { apiTokens } from './migrations/0008-api-tokens.ts';
import { programmes } from './migrations/0009-programmes.ts';
import { training } from './migrations/0010-training.ts';
import { interviews } from './migrations/0011-interviews.ts';
import { insight } from './migrations/0012-insight.ts';
import { sharedRecordings } from './migrations/0013-shared-recordings.ts';
import { severalServers } from './migrations/0014-several-servers.ts';
import { attemptHolders } from './migrations/0015-attempt-holders.ts';
import { createPostgresDialect } from './postgres.ts';
import type { Db, Tables } from './schema.ts';
import { createSqliteDialect } from './sqlite.ts';

const migrations = {
  '0001-foundation': foundation,
  '0002-artefacts': artefacts,
  '0003-incidents': incidents,
  '0004-drills': drills,
  '0005-certificates': certificates,
  '0007-measurements': measurements,
  '0008-api-tokens': apiTokens,
  '0009-programmes': programmes,
  '0010-training': training,
  '0011-interviews': interviews,
  '0012-insight': insight,
  '0013-shared-recordings': sharedRecordings,
  '0014-several-servers': severalServers,
  '0015-attempt-holders': attemptHolders,
};

/** Where everything is kept. Disposing it lets go of the data, so that another server may have it. */
export interface Store extends AsyncDisposable {
  readonly db: Db;
  readonly engine: 'sqlite' | 'postgres';
  /** Whether the database answers. Throws when it does not. */
  answers(): Promise<boolean>;
  /** Makes what was committed survive a power cut too. PostgreSQL does that on every commit. */
  flush(): Promise<void>;
  /** Takes what was deleted out of SQLite's files as well, its log included. PostgreSQL's own vacuum does that in time. */
  purge(): Promise<void>;
}

export interface StoreOptions {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** Other servers may use the database as well, if they say the same. */
  readonly several?: boolean;
  readonly log: Logger;
  /** The database's lock was lost: another server may take the data, so this one must end. */
  readonly onLockLost: (error: Error) => void;
}

/** Locks the data, opens it and brings it to the newest migration. Throws DataInUseError when another server has it. */
export function openStore(options: StoreOptions): Promise<Store> {
  return opening(async (lifetime) => {
    const { databaseUrl } = options;
    lifetime.use(lockDataFolder(options.dataDir));
    const mode = options.several === true ? 'several' : 'alone';
    if (databaseUrl !== undefined) lifetime.use(await lockDatabase(databaseUrl, { mode, onLost: options.onLockLost }));
    const db = openDatabase(options);
    lifetime.defer(() => db.destroy());
    await migrate(db);
    return {
      db,
      engine: databaseUrl === undefined ? 'sqlite' : 'postgres',
      answers: async () => {
        await sql`select 1`.execute(db);
        return true;
      },
      flush: async () => {
        if (databaseUrl === undefined) await sql`pragma wal_checkpoint(passive)`.execute(db);
      },
      purge: async () => {
        if (databaseUrl === undefined) await sql`pragma wal_checkpoint(truncate)`.execute(db);
      },
      [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
    };
  });
}

/** The database alone, neither locked nor migrated. The caller destroys it. */
export function openDatabase(options: Pick<StoreOptions, 'databaseUrl' | 'dataDir' | 'log'>): Db {
  return new Kysely<Tables>({ dialect: withFaultTranslation(dialectFor(options)) });
}

function dialectFor({ databaseUrl, dataDir, log }: Pick<StoreOptions, 'databaseUrl' | 'dataDir' | 'log'>): Dialect {
  if (databaseUrl === undefined) return createSqliteDialect(dataDir);
  return createPostgresDialect(databaseUrl, (error) => log.warn({ err: error }, 'an idle database connection was lost'));
}

/** The database cannot be brought to this version. The message says what to do. */
export class MigrationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MigrationError';
  }
}

/**
 * Brings a PostgreSQL database to the newest migration without being a server, and answers what was run, in order. Takes no lock of a server's,
 * so that it may run beside the old one; PostgreSQL lets one migrate at a time, and whoever waited finds it done.
 */
export async function migrateDatabase(databaseUrl: string, log: Logger): Promise<readonly string[]> {
  const db = openDatabase({ databaseUrl, dataDir: '', log });
  try {
    return await migrate(db);
  } finally {
    await db.destroy();
  }
}

/**
 * To the newest migration, or to the one named, which must be of this version. Answers what was run, in order. Throws MigrationError.
 */
export async function migrate(db: Db, to?: string): Promise<readonly string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results = [] } = await (to === undefined ? migrator.migrateToLatest() : migrator.migrateTo(to));
  if (error !== undefined) throw explainMigration(error);
  return results.flatMap(({ migrationName, status }) => (status === 'Success' ? [migrationName] : []));
}

function explainMigration(error: unknown): MigrationError {
  const newer = error instanceof Error ? /previously executed migration (\S+) is missing/.exec(error.message)?.[1] : undefined;
  return newer === undefined
    ? new MigrationError(`The database could not be brought to this version: ${messageOf(error)}`, { cause: error })
    : new MigrationError(
        `The database was used by another version of Drillhouse, which knows the migration ${newer}. Start that version or a newer one, or restore the backup from before the upgrade.`,
        { cause: error },
      );
}
