import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { codeOf } from '../app-error.ts';
import type { Logger } from '../log.ts';
import { sqliteFile } from '../store/sqlite.ts';
import { openDatabase } from '../store/store.ts';
import type { Db } from '../store/schema.ts';
import { BackupError } from './backup-error.ts';
import { keptFolders, manifestName, type BackupManifest } from './backup-format.ts';
import { atOneMoment, countRows, migrationOf, readPages, tablesAt } from './tables.ts';

export interface BackupPlace {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly log: Logger;
}

export interface SavedBackup {
  readonly manifest: BackupManifest;
  readonly files: number;
}

const nothingThere = 'There is nothing to back up: the database was never used. Check --data and --database.';

/**
 * Writes everything that outlives a server into one file, beside a server that runs or without one: the database as of one moment, then the files.
 * They hold the keys that certificates are signed with, so the file is for its owner alone. A file that is there is not replaced.
 */
export async function saveBackup(place: BackupPlace, file: string, version: string, now: Date): Promise<SavedBackup> {
  const draft = `${file}.part`;
  // Opening SQLite would make a database where there is none.
  if (place.databaseUrl === undefined && !existsSync(path.join(place.dataDir, sqliteFile))) throw new BackupError(nothingThere);
  const db = openDatabase(place);
  try {
    await claim(file);
    const engine = place.databaseUrl === undefined ? 'sqlite' : 'postgres';
    if ((await migrationOf(db)) === undefined) throw new BackupError(nothingThere);
    const out = pack();
    const written = pipeline(out, createGzip(), createWriteStream(draft, { mode: 0o600 }));
    const write = async (): Promise<SavedBackup> => {
      const manifest = await atOneMoment(db, engine, (held) => writeTables(held, out, version, now));
      const files = await writeFiles(out, place.dataDir);
      out.finalize();
      return { manifest, files };
    };
    // A disk that is full ends the one and leaves the other waiting.
    const [saved] = await Promise.all([write(), written]);
    await rename(draft, file);
    return saved;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await db.destroy();
  }
}

/** Fails before the work rather than after it. */
async function claim(file: string): Promise<void> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.close();
    await rm(file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new BackupError(`${file} is there already. Name another file, or move it away first.`, { cause: error });
    throw new BackupError(`${file} cannot be written: ${codeOf(error) ?? String(error)}.`, { cause: error });
  }
}

async function writeTables(db: Db, out: Pack, version: string, now: Date): Promise<BackupManifest> {
  const migration = (await migrationOf(db)) ?? '';
  const tables = await tablesAt(migration);
  const rows: Record<string, number> = {};
  for (const table of tables) rows[table] = await countRows(db, table);
  const manifest: BackupManifest = { format: 'drillhouse-backup-1', version, at: now.toISOString(), migration, rows };
  await writeEntry(out, manifestName, JSON.stringify(manifest, null, 2));
  for (const table of tables) {
    let page = 0;
    for await (const found of readPages(db, table)) {
      await writeEntry(out, `tables/${table}/${page}.ndjson`, found.map((row) => `${JSON.stringify(row)}\n`).join(''));
      page += 1;
    }
  }
  return manifest;
}

/** Resolves when it is in the archive, so that no more than one entry waits in memory. */
function writeEntry(out: Pack, name: string, content: string): Promise<void> {
  return new Promise((resolve, reject) => {
    out.entry({ name, mode: 0o600 }, content, (error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
}

/** Recordings grow while they are read: what was there when a file was opened is taken. */
async function writeFiles(out: Pack, dataDir: string): Promise<number> {
  let count = 0;
  for (const folder of keptFolders) {
    const entries = await readdir(path.join(dataDir, folder), { recursive: true, withFileTypes: true }).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    for (const entry of entries.filter((each) => each.isFile())) {
      await writeFile(out, dataDir, path.join(entry.parentPath, entry.name));
      count += 1;
    }
  }
  return count;
}

async function writeFile(out: Pack, dataDir: string, file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const name = `files/${path.relative(dataDir, file).split(path.sep).join('/')}`;
    if (size === 0) await writeEntry(out, name, '');
    else await pipeline(createReadStream(file, { end: size - 1 }), out.entry({ name, size, mode: 0o600 }));
  } finally {
    await handle.close();
  }
}
