import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { loadCatalogue, ownLabsDir } from './catalogue.ts';
import { labJsonSchema } from './lab-schema.ts';
import type { LabProblem } from './lab-stage.ts';
import type { Lab } from './lab.ts';
import { proveLab, type ProofOutcome } from './prove/prove.ts';
import { toTable } from './prove/table.ts';

const usage = `usage:
  npm run lab -- check [FOLDER ...]       reads all labs and tells what is wrong with them, by file and line
  npm run lab -- prove LAB [OPTION ...]   healthy, fault, solution, alternatives and cheats in real sandboxes
    --fault F                             only this fault's cases, and no build steps
    --runtime process|docker              default: process
    --times N                             grades every state N times; all verdicts must agree (default 1)
    --jobs N                              sandboxes at once (default 4)
    --seed S                              which variants are tried (default: prove)
    --json                                the outcome as JSON
  npm run lab -- schema                   the JSON Schema of lab.yaml`;

/** Where words go: what was asked for, and what is told on the way. */
export interface Output {
  readonly say: (text: string) => void;
  readonly tell: (text: string) => void;
}

class UsageError extends Error {}

/** Runs one command line and answers its exit code: 0 as it must be, 1 not, 2 asked wrongly. */
export async function runLabCommand(argv: readonly string[], output: Output): Promise<number> {
  try {
    return await dispatch(argv, output);
  } catch (error) {
    const isUsage = error instanceof UsageError || (error as { readonly code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
    output.tell(
      isUsage ? `${(error as Error).message}\n${usage}` : error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
    return isUsage ? 2 : 1;
  }
}

async function dispatch(argv: readonly string[], output: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      fault: { type: 'string' },
      runtime: { type: 'string', default: 'process' },
      times: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '4' },
      seed: { type: 'string', default: 'prove' },
      json: { type: 'boolean', default: false },
    },
  });
  const [command, ...names] = positionals;
  switch (command) {
    case 'check':
      return check(names.length === 0 ? [ownLabsDir] : names, output);
    case 'prove':
      return prove(await requireLab(names[0]), values, output);
    case 'schema':
      output.say(JSON.stringify(labJsonSchema(), null, 2));
      return 0;
    default:
      throw new UsageError(command === undefined ? 'Name a command.' : `There is no command ${command}.`);
  }
}

async function check(dirs: readonly string[], { say }: Output): Promise<number> {
  const { labs, problems } = await loadCatalogue(dirs);
  for (const { summary } of labs)
    say(
      `${summary.slug} ${summary.version}: ${summary.steps.length} steps, ${summary.faults.length} faults, sha256 ${summary.hash.slice(0, 12)}`,
    );
  for (const problem of problems) say(describe(problem));
  return problems.length === 0 ? 0 : 1;
}

async function requireLab(slug: string | undefined): Promise<Lab> {
  const { labs, problems } = await loadCatalogue([ownLabsDir]);
  const lab = labs.find(({ summary }) => summary.slug === slug);
  if (lab !== undefined) return lab;
  const own = problems.filter(({ file }) => file.startsWith(`${slug ?? ''}/`));
  throw new UsageError(
    [
      `There is no lab ${slug ?? '(none named)'}; there are: ${labs.map(({ summary }) => summary.slug).join(', ')}.`,
      ...own.map(describe),
    ].join('\n'),
  );
}

interface ProveValues {
  readonly fault?: string | undefined;
  readonly runtime: string;
  readonly times: string;
  readonly jobs: string;
  readonly seed: string;
  readonly json: boolean;
}

async function prove(lab: Lab, values: ProveValues, { say, tell }: Output): Promise<number> {
  const { runtime, fault, seed, json } = values;
  if (runtime !== 'process' && runtime !== 'docker') throw new UsageError(`There is no runtime ${runtime}.`);
  if (fault !== undefined && !lab.example.faults.some(({ id }) => id === fault)) throw new UsageError(`The lab has no fault ${fault}.`);
  const numbers = { times: toCount('times', values.times), jobs: toCount('jobs', values.jobs) };
  // Runtimes and the control plane are a second of loading that no other command needs.
  const { openSubstrate } = await import('../infra/substrate/open-substrate.ts');
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'drillhouse-prove-'));
  const startedAt = performance.now();
  try {
    const log = pino({ level: process.env['LOG_LEVEL'] ?? 'fatal' }, pino.destination(2));
    await using substrate = await openSubstrate({ runtime, dataDir, log, report: tell });
    tell(`${lab.summary.slug} on ${substrate.name}. ${substrate.isolation}`);
    const report = ({ ok, group, fault: on, title, tookMs }: ProofOutcome): void =>
      tell(`${ok ? 'ok   ' : 'WRONG'} ${group} ${on ?? ''} ${title} (${(tookMs / 1000).toFixed(1)} s)`);
    const outcomes = await proveLab({
      lab,
      substrate,
      seed,
      signal: stop.signal,
      report,
      ...numbers,
      ...(fault === undefined ? {} : { fault }),
    });
    const ok = outcomes.every((outcome) => outcome.ok);
    const tookMs = Math.round(performance.now() - startedAt);
    if (json)
      say(
        JSON.stringify(
          { lab: lab.summary.slug, hash: lab.summary.hash, substrate: substrate.name, ...numbers, ok, tookMs, cases: outcomes },
          null,
          2,
        ),
      );
    else
      say(
        `\n${toTable(outcomes)}\n\n${outcomes.filter((outcome) => outcome.ok).length} of ${outcomes.length} as they must be, in ${(tookMs / 1000).toFixed(0)} s`,
      );
    return ok ? 0 : 1;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function toCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 100) throw new UsageError(`--${name} must be a number from 1 to 100.`);
  return count;
}

function describe({ file, line, column, path: where, message, remedy }: LabProblem): string {
  const at = [file, line, column].filter((part) => part !== undefined).join(':');
  return `${at}: ${where === undefined || where === '' ? '' : `${where}: `}${message} ${remedy}`;
}
