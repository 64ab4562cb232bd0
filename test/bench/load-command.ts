import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { GroundWanted } from './load-ground.ts';
import { measureTrainees } from './load.ts';
import { formatLoad } from './load-report.ts';

const usage = `usage: npm run bench -- load [OPTION ...]   simulated trainees, each through one whole attempt at the lab endpoint
  --trainees N         how many (default 3)
  --ramp SECONDS       they begin spread over this (default: one second each)
  --keys N             what each types before mending, about five keys a second (default 100)
  --servers N          more than one share a private PostgreSQL and Redis from Debian's packages, behind a front that asks each in turn (default 1)
  --substrate S        embedded, or kubernetes: namespaces of a cluster in a process of its own (default embedded; kubernetes with several servers)
  --runtime R          process or docker, of embedded sandboxes (default process)
  --database D         sqlite or postgres (default sqlite; postgres on kubernetes)
  --json FILE          the figures for machines

It ends with 1 when anything failed.`;

/** All of them, and everything they need, are on this machine. */
const MAX_SERVERS = 8;

interface LoadArguments {
  readonly trainees: number;
  readonly rampSeconds: number;
  readonly keys: number;
  readonly ground: GroundWanted;
  readonly jsonFile: string | undefined;
}

/** Answers the exit code. */
export async function runLoadCommand(args: readonly string[]): Promise<number> {
  const given = readArguments(args);
  if (typeof given === 'string') {
    console.error(given === '' ? usage : `${given}\n\n${usage}`);
    return given === '' ? 0 : 2;
  }
  const report = await measureTrainees({ ...given, report: (line) => console.error(line) });
  console.log(formatLoad(report.actions, report.usage));
  for (const reason of report.reasons) console.log(`Failed: ${reason}`);
  if (given.jsonFile !== undefined)
    writeFileSync(
      given.jsonFile,
      `${JSON.stringify({ at: new Date().toISOString(), node: process.version, given, ...report }, null, 2)}\n`,
    );
  return report.reasons.length === 0 ? 0 : 1;
}

/** What is wrong as a sentence; empty when only the usage was asked for. */
export function readArguments(args: readonly string[]): LoadArguments | string {
  const options = {
    trainees: { type: 'string', default: '3' },
    ramp: { type: 'string' },
    keys: { type: 'string', default: '100' },
    servers: { type: 'string', default: '1' },
    substrate: { type: 'string' },
    runtime: { type: 'string' },
    database: { type: 'string' },
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
  const ground = readGround(values);
  return typeof ground === 'string' ? ground : { trainees, keys, rampSeconds, ground, jsonFile: values.json };
}

interface GroundValues {
  readonly servers: string;
  readonly substrate?: string | undefined;
  readonly runtime?: string | undefined;
  readonly database?: string | undefined;
}

function readGround({ servers: serversText, substrate: asked, runtime, database }: GroundValues): GroundWanted | string {
  const servers = Number(serversText);
  if (!Number.isInteger(servers) || servers < 1 || servers > MAX_SERVERS) return `--servers is a whole number from 1 to ${MAX_SERVERS}.`;
  const substrate = asked ?? (servers > 1 ? 'kubernetes' : 'embedded');
  if (substrate !== 'embedded' && substrate !== 'kubernetes') return '--substrate is embedded or kubernetes.';
  if (runtime !== undefined && runtime !== 'process' && runtime !== 'docker') return '--runtime is process or docker.';
  if (database !== undefined && database !== 'sqlite' && database !== 'postgres') return '--database is sqlite or postgres.';
  if (substrate === 'embedded') {
    if (servers > 1) return "--substrate: embedded sandboxes are within one server's reach; several servers need kubernetes.";
    return { substrate, runtime: runtime ?? 'process', database: database ?? 'sqlite' };
  }
  if (runtime !== undefined) return '--runtime is for embedded sandboxes.';
  if (database === 'sqlite')
    return '--database: on kubernetes it is postgres, since several servers share PostgreSQL and one is measured on the same ground.';
  return { substrate, servers };
}
