import { Kysely, Migrator, sql, type Dialect } from 'kysely';
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
};

/** Where everything is kept. Disposing it lets go of the data, so that another server may have it. */
export interface Store extends AsyncDisposable {
  readonly db: Db;
  readonly engine: 'sqlite' | 'postgres';
  /** Makes what was committed survive a power cut too. PostgreSQL does that on every commit. */
  flush(): Promise<void>;
}

export interface StoreOptions {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly log: Logger;
  /** The database's lock was lost: another server may take the data, so this one must end. */
  readonly onLockLost: (error: Error) => void;
}

/** Locks the data, opens it and brings it to the newest migration. Throws DataInUseError when another server has it. */
export function openStore(options: StoreOptions): Promise<Store> {
  return opening(async (lifetime) => {
    const { databaseUrl } = options;
    lifetime.use(lockDataFolder(options.dataDir));
    if (databaseUrl !== undefined) lifetime.use(await lockDatabase(databaseUrl, options.onLockLost));
    const db = new Kysely<Tables>({ dialect: withFaultTranslation(dialectFor(options)) });
    lifetime.defer(() => db.destroy());
    await migrate(db);
    return {
      db,
      engine: databaseUrl === undefined ? 'sqlite' : 'postgres',
      flush: async () => {
        if (databaseUrl === undefined) await sql`pragma wal_checkpoint(passive)`.execute(db);
      },
      [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
    };
  });
}

function dialectFor({ databaseUrl, dataDir, log }: StoreOptions): Dialect {
  if (databaseUrl === undefined) return createSqliteDialect(dataDir);
  return createPostgresDialect(databaseUrl, (error) => log.warn({ err: error }, 'an idle database connection was lost'));
}

async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error('The database could not be brought to this version.', { cause: error });
}
