import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Logger } from '../log.ts';
import { BackupError } from './backup-error.ts';
import { restoreBackup } from './restore-backup.ts';
import { saveBackup, type BackupPlace } from './save-backup.ts';

export const backupUsage = `usage:
  backup FILE [--data FOLDER] [--database URL]    all that outlives a server, into a new file; a server may run meanwhile
  restore FILE [--data FOLDER] [--database URL]   back into a data folder and database that hold nothing yet; no server may run

The data folder is DATA_DIR or .data, the database DATABASE_URL, or SQLite in the data folder. A backup of the one may be restored into the other.
The file holds the keys that certificates are signed with and the hashes of passwords: keep it as you keep those.`;

export interface BackupContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly log: Logger;
  readonly now: Date;
}

/** Answers what was done, as a sentence. Throws BackupError. */
export async function runBackupCommand(command: 'backup' | 'restore', args: readonly string[], context: BackupContext): Promise<string> {
  const { file, place } = readArguments(args, context);
  const { manifest, files } = await (command === 'backup'
    ? saveBackup(place, file, context.version, context.now)
    : restoreBackup(place, file));
  const rows = Object.values(manifest.rows).reduce((sum, count) => sum + count, 0);
  const what = `${rows} rows and ${files} files`;
  return command === 'backup' ? `Saved ${what} to ${file}.` : `Restored ${what}, saved at ${manifest.at} by version ${manifest.version}.`;
}

function readArguments(
  args: readonly string[],
  { environment, log }: BackupContext,
): { readonly file: string; readonly place: BackupPlace } {
  const given = parse(args);
  const [file, ...more] = given.positionals;
  if (file === undefined || more.length > 0) throw new BackupError(backupUsage);
  const databaseUrl = given.values.database ?? environment.DATABASE_URL ?? '';
  return {
    file: path.resolve(file),
    place: {
      dataDir: path.resolve(given.values.data ?? environment.DATA_DIR ?? '.data'),
      databaseUrl: databaseUrl === '' ? undefined : databaseUrl,
      log,
    },
  };
}

function parse(args: readonly string[]): {
  readonly positionals: readonly string[];
  readonly values: { data?: string; database?: string };
} {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { data: { type: 'string' }, database: { type: 'string' } } });
  } catch (error) {
    throw new BackupError(`${error instanceof Error ? error.message : String(error)}\n\n${backupUsage}`, { cause: error });
  }
}
