import { PostgresDialect, type Dialect } from 'kysely';
import pg from 'pg';

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;

/** PostgreSQL's bigint arrives as text by default; all of ours are milliseconds or counters, which a number holds exactly. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

export function createPostgresDialect(databaseUrl: string, onIdleError: (error: Error) => void): Dialect {
  return new PostgresDialect({
    pool: async () => {
      const pool = new pg.Pool({
        connectionString: databaseUrl,
        max: MAX_CONNECTIONS,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        statement_timeout: STATEMENT_TIMEOUT_MS,
        types,
      });
      // Without a listener an idle connection that drops would end the process.
      pool.on('error', onIdleError);
      return pool;
    },
  });
}
