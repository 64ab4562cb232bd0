import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startPostgres } from '../support/postgres.ts';
import { measureTrainees, type LoadReport } from './load.ts';
import { formatLoad } from './load-report.ts';

const usage = `usage: npm run bench -- load [OPTION ...]   simulated trainees, each through one whole attempt at the lab endpoint
  --trainees N         how many (default 3)
  --ramp SECONDS       they begin spread over this (default: one second each)
  --keys N             what each types before mending, about five keys a second (default 100)
  --runtime R          process or docker (default process)
  --database D         sqlite or postgres, a private one from Debian's packages (default sqlite)
  --servers 1          one; this version of Drillhouse runs as one server
  --json FILE          the figures for machines

It ends with 1 when anything failed.`;

interface LoadArguments {
  readonly trainees: number;
  readonly rampSeconds: number;
  readonly keys: number;
  readonly runtime: 'process' | 'docker';
  readonly database: 'sqlite' | 'postgres';
  readonly jsonFile: string | undefined;
}

/** Answers the exit code. */
export async function runLoadCommand(args: readonly string[]): Promise<number> {
  const given = readArguments(args);
  if (typeof given === 'string') {
    console.error(given === '' ? usage : `${given}\n\n${usage}`);
    return given === '' ? 0 : 2;
  }
  const report = await measure(given);
  console.log(formatLoad(report.actions, report.usage));
  for (const reason of report.reasons) console.log(`Failed: ${reason}`);
  if (given.jsonFile !== undefined)
    writeFileSync(
      given.jsonFile,
      `${JSON.stringify({ at: new Date().toISOString(), node: process.version, given, ...report }, null, 2)}\n`,
    );
  return report.reasons.length === 0 ? 0 : 1;
}

async function measure({ database, ...options }: LoadArguments): Promise<LoadReport> {
  const common = { ...options, report: (line: string): void => console.error(line) };
  if (database === 'sqlite') return measureTrainees(common);
  await using postgres = await startPostgres();
  return await measureTrainees({ ...common, databaseUrl: await postgres.createDatabase() });
}

/** What is wrong as a sentence; empty when only the usage was asked for. */
export function readArguments(args: readonly string[]): LoadArguments | string {
  const options = {
    trainees: { type: 'string', default: '3' },
    ramp: { type: 'string' },
    keys: { type: 'string', default: '100' },
    runtime: { type: 'string', default: 'process' },
    database: { type: 'string', default: 'sqlite' },
    servers: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  } as const;
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (values.help) return '';
  const [trainees, keys] = [Number(values.trainees), Number(values.keys)];
  const rampSeconds = values.ramp === undefined ? trainees : Number(values.ramp);
  if (!Number.isInteger(trainees) || trainees < 1 || trainees > 1000) return '--trainees is a whole number from 1 to 1000.';
  if (!Number.isInteger(keys) || keys < 1) return '--keys is a whole number from 1.';
  if (!Number.isFinite(rampSeconds) || rampSeconds < 0) return '--ramp is a number of seconds.';
  if (values.runtime !== 'process' && values.runtime !== 'docker') return '--runtime is process or docker.';
  if (values.database !== 'sqlite' && values.database !== 'postgres') return '--database is sqlite or postgres.';
  if (values.servers !== '1') return `--servers ${values.servers}: this version of Drillhouse runs as one server.`;
  return { trainees, keys, rampSeconds, runtime: values.runtime, database: values.database, jsonFile: values.json };
}
