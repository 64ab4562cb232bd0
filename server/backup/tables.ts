import { CompiledQuery, Kysely, SqliteDialect, sql } from 'kysely';
import Database from 'libsql';
import { migrate } from '../store/store.ts';
import type { Db, Tables } from '../store/schema.ts';
import { ROWS_PER_PAGE, rowSchema, type Row } from './backup-format.ts';

/** Kysely's own two tables are not data. */
const own = /^kysely_|^sqlite_/;

/** All tables after a migration, in the order in which migrations made them: none refers to a later one. Asked of an empty database in memory. */
export async function tablesAt(migration: string): Promise<readonly string[]> {
  const empty = new Kysely<Tables>({ dialect: new SqliteDialect({ database: async () => Promise.resolve(new Database(':memory:')) }) });
  try {
    await migrate(empty, migration);
    const { rows } = await sql<{ name: string }>`select name from sqlite_master where type = 'table' order by rowid`.execute(empty);
    return rows.map(({ name }) => name).filter((name) => !own.test(name));
  } finally {
    await empty.destroy();
  }
}

/** The newest migration that has run; undefined in a database that was never used. */
export async function migrationOf(db: Db): Promise<string | undefined> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return undefined;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name desc limit 1`.execute(db);
  return rows[0]?.name;
}

export async function countRows(db: Db, table: string): Promise<number> {
  const { rows } = await sql<{ count: number | string }>`select count(*) as count from ${sql.table(table)}`.execute(db);
  return Number(rows[0]?.count ?? 0);
}

/** A table, page by page. The caller's transaction holds it still. */
export async function* readPages(db: Db, table: string): AsyncGenerator<readonly Row[]> {
  const columns = await columnsOf(db, table);
  const order = sql.join(columns.map((name) => sql.ref(name)));
  for (let offset = 0; ; offset += ROWS_PER_PAGE) {
    const { rows } =
      await sql<Row>`select * from ${sql.table(table)} order by ${order} limit ${sql.lit(ROWS_PER_PAGE)} offset ${sql.lit(offset)}`.execute(
        db,
      );
    if (rows.length > 0) yield rows.map((row) => rowSchema.parse(row));
    if (rows.length < ROWS_PER_PAGE) return;
  }
}

async function columnsOf(db: Db, table: string): Promise<readonly string[]> {
  const tables = await db.introspection.getTables();
  return tables.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? [];
}

/** One row a statement: rows differ in what they hold, and databases in how many values one statement takes. */
export async function writeRows(db: Db, table: string, rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    const names = Object.keys(row);
    const values = sql.join(names.map((name) => sql.val(row[name])));
    await sql`insert into ${sql.table(table)} (${sql.join(names.map((name) => sql.ref(name)))}) values (${values})`.execute(db);
  }
}

/** Reads see one moment for as long as the work takes; other connections write on. */
export function atOneMoment<T>(db: Db, engine: 'sqlite' | 'postgres', work: (db: Db) => Promise<T>): Promise<T> {
  const transaction = engine === 'postgres' ? db.transaction().setIsolationLevel('repeatable read') : db.transaction();
  return transaction.execute(async (held) => {
    // SQLite takes its snapshot with the first read.
    await held.executeQuery(CompiledQuery.raw('select 1 from kysely_migration limit 1'));
    return work(held);
  });
}
