import path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../app-error.ts';
import { FileRecordings } from '../terminals/file-recordings.ts';
import { MovedRecordings } from '../terminals/recording-store.ts';
import { StoredRecordings } from '../terminals/stored-recordings.ts';
import { NothingToReadError, openForReading } from './open-for-reading.ts';
import { verifyEvidence } from './verify-evidence.ts';

const usage = `usage:
  npm run evidence -- verify [OPTION ...]   walks the whole evidence log and compares it with what the pages show
    --data FOLDER        the data folder (default: DATA_DIR, or .data)
    --database URL       PostgreSQL (default: DATABASE_URL; without one the data folder's own database)
    --head SEQ:HASH      a head that was told earlier: shows that nothing before it was taken away since

It reads only and may run beside a server. It ends with 0 when everything holds, 1 when something does not, 2 when it could not look.`;

export interface Output {
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** Answers the exit code. */
export async function runEvidenceCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  { say, complain }: Output,
): Promise<number> {
  const given = readArguments(args, environment);
  if (given === undefined) {
    complain(usage);
    return 2;
  }
  try {
    await using db = await openForReading(given);
    const { entries, head, problems, remarks } = await verifyEvidence({
      db,
      recordings: new MovedRecordings(new FileRecordings(given.dataDir), new StoredRecordings(db)),
      ...(given.head === undefined ? {} : { anchor: given.head }),
    });
    for (const remark of remarks) say(`Note: ${remark}`);
    for (const problem of problems) complain(`Broken: ${problem}`);
    say(problems.length === 0 ? `The evidence log holds: ${entries} entries.` : `${entries} entries hold up to there.`);
    if (head !== null && problems.length === 0)
      say(`Its head is ${head}. Kept elsewhere, it shows later that nothing was taken away since.`);
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    complain(error instanceof NothingToReadError ? error.message : `The evidence log could not be read: ${messageOf(error)}`);
    return 2;
  }
}

interface Arguments {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly head: string | undefined;
}

function readArguments(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Arguments | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { data: { type: 'string' }, database: { type: 'string' }, head: { type: 'string' } },
    });
    if (positionals.length !== 1 || positionals[0] !== 'verify') return undefined;
    const databaseUrl = values.database ?? environment['DATABASE_URL'];
    return {
      dataDir: path.resolve(values.data ?? environment['DATA_DIR'] ?? '.data'),
      // A data folder that is named is the one that is meant.
      databaseUrl: values.database === undefined && values.data !== undefined ? undefined : databaseUrl === '' ? undefined : databaseUrl,
      head: values.head,
    };
  } catch {
    return undefined;
  }
}
