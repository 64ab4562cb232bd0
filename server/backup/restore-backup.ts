import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { codeOf, messageOf } from '../app-error.ts';
import { opening } from '../lifetime.ts';
import { lockDatabase, lockDataFolder } from '../store/data-lock.ts';
import type { Db } from '../store/schema.ts';
import { migrate, MigrationError, openDatabase } from '../store/store.ts';
import { BackupError } from './backup-error.ts';
import { keptFolders, manifestSchema, parseEntryName, rowSchema, type BackupManifest } from './backup-format.ts';
import type { BackupPlace, SavedBackup } from './save-backup.ts';
import { countRows, migrationOf, tablesAt, writeRows } from './tables.ts';

/**
 * Takes a backup back into a data folder and database that hold nothing yet, then brings it to this version. Locks both as a server does. All rows
 * come in one transaction: a restore that fails leaves an empty database, and may be tried again once the folders are empty.
 */
export function restoreBackup(place: BackupPlace, file: string): Promise<SavedBackup> {
  return opening(async (lifetime) => {
    if (!existsSync(file)) throw new BackupError(`There is no file ${file}.`);
    await requireEmptyFolders(place.dataDir);
    lifetime.use(lockDataFolder(place.dataDir));
    if (place.databaseUrl !== undefined) lifetime.use(await lockDatabase(place.databaseUrl, { mode: 'alone', onLost: () => undefined }));
    const db = openDatabase(place);
    lifetime.defer(() => db.destroy());
    if ((await migrationOf(db)) !== undefined)
      throw new BackupError('The database is in use already. Restore into a new one: nothing is ever overwritten.');
    const restored = await readArchive(db, place.dataDir, file);
    await migrate(db);
    await lifetime[Symbol.asyncDispose]();
    return restored;
  });
}

async function requireEmptyFolders(dataDir: string): Promise<void> {
  for (const folder of keptFolders) {
    const found = await readdir(path.join(dataDir, folder)).catch(() => []);
    if (found.length > 0)
      throw new BackupError(`${path.join(dataDir, folder)} is not empty. Restore into a new data folder: nothing is ever overwritten.`);
  }
}

async function readArchive(db: Db, dataDir: string, file: string): Promise<SavedBackup> {
  const entries = extract();
  const unpacked = pipeline(createReadStream(file), createGunzip(), entries);
  // Its failure is told by the entries, which end with it.
  unpacked.catch(() => undefined);
  let manifest: BackupManifest | undefined;
  let files = 0;
  try {
    const iterator = entries[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done === true || parseEntryName(first.value.header.name).kind !== 'manifest')
      throw new BackupError(`${file} is no backup of Drillhouse.`);
    manifest = await prepare(db, await text(first.value));
    const rows = new Set(Object.keys(manifest.rows));
    await db.transaction().execute(async (held) => {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        const entry = next.value;
        const name = parseEntryName(entry.header.name);
        if (name.kind === 'rows' && rows.has(name.table)) await writeRows(held, name.table, parseRows(await text(entry)));
        else if (name.kind === 'file') {
          await writeFile(entry, path.join(dataDir, name.path));
          files += 1;
        } else throw new BackupError(`${file} holds ${entry.header.name}, which no backup has.`);
      }
      await unpacked;
      await requireAllRows(held, manifest?.rows ?? {});
    });
  } catch (error) {
    if (error instanceof BackupError || error instanceof MigrationError) throw error;
    throw new BackupError(`${file} cannot be restored: ${messageOf(error)}`, { cause: error });
  }
  return { manifest, files };
}

/** Makes the tables as they were. */
async function prepare(db: Db, content: string): Promise<BackupManifest> {
  const parsed = manifestSchema.safeParse(JSON.parse(content));
  if (!parsed.success)
    throw new BackupError('The backup is of a form that this version does not know. Restore it with the version that made it.');
  const manifest = parsed.data;
  await tablesAt(manifest.migration).catch(() => {
    throw new BackupError(
      `The backup was made by version ${manifest.version}, whose migration ${manifest.migration} this version does not know. Restore it with that version or a newer one.`,
    );
  });
  await migrate(db, manifest.migration);
  return manifest;
}

function parseRows(content: string): ReturnType<typeof rowSchema.parse>[] {
  return content
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => rowSchema.parse(JSON.parse(line)));
}

async function writeFile(content: AsyncIterable<unknown>, file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    await pipeline(content, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? new BackupError(`The backup holds ${file} twice.`, { cause: error }) : error;
  }
}

async function requireAllRows(db: Db, rows: Readonly<Record<string, number>>): Promise<void> {
  for (const [table, wanted] of Object.entries(rows)) {
    const found = await countRows(db, table);
    if (found !== wanted) throw new BackupError(`The backup is damaged: ${table} has ${found} rows, ${wanted} were saved.`);
  }
}
