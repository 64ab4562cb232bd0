import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { projectRoot } from '../infra/setup/project-root.ts';
import { scratchFolder } from '../infra/setup/scratch-folder.ts';
import { loadCatalogue, ownLabsDir } from './catalogue.ts';
import { describeProblem } from './describe-problem.ts';
import { findLabRefusal } from './lab-ground.ts';
import { labJsonSchema } from './lab-schema.ts';
import type { Lab } from './lab.ts';
import { createLab, NewLabError } from './new/new-lab.ts';
import { proveLabs, type ProofOutcome } from './prove/prove.ts';
import { toTable } from './prove/table.ts';

const usage = `usage:
  npm run lab -- new NAME [--dir D]       writes a lab that passes check and prove as it is
  npm run lab -- check [FOLDER ...]       reads all labs and tells what is wrong with them, by file and line
  npm run lab -- prove LAB [LAB ...]      healthy, fault, solution, alternatives and cheats in real sandboxes
    --all                                 every lab
    --fault F                             only this fault's cases, and no build steps
    --runtime process|docker              default: process
    --clusters FILE                       instead on a company's own clusters, as KUBERNETES_CLUSTERS lists them
    --times N                             grades every state N times; all verdicts must agree (default 1)
    --jobs N                              sandboxes at once (default 4 a lab, at most 12, on clusters 8)
    --seed S                              which variants are tried (default: prove)
    --json                                the outcome as JSON
    --dir D                               a folder of labs besides our own; may be given again
  npm run lab -- preview LAB [--port P]   a page that shows it as trainees will see it, anew whenever a file changes
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
      clusters: { type: 'string' },
      times: { type: 'string', default: '1' },
      jobs: { type: 'string' },
      all: { type: 'boolean', default: false },
      seed: { type: 'string', default: 'prove' },
      json: { type: 'boolean', default: false },
      port: { type: 'string', default: '0' },
      dir: { type: 'string', multiple: true, default: [] },
    },
  });
  const [command, ...names] = positionals;
  switch (command) {
    case 'new':
      return createNew(names[0], values.dir, output);
    case 'check':
      return check(names.length === 0 && values.dir.length === 0 ? [ownLabsDir] : [...names, ...values.dir], output);
    case 'prove':
      return prove(await requireLabs(values.all ? undefined : names, values.dir), values, output);
    case 'preview':
      return preview(await requireFolder(names[0], values.dir), values, output);
    case 'schema':
      output.say(JSON.stringify(labJsonSchema(), null, 2));
      return 0;
    default:
      throw new UsageError(command === undefined ? 'Name a command.' : `There is no command ${command}.`);
  }
}

async function createNew(slug: string | undefined, dirs: readonly string[], { say }: Output): Promise<number> {
  if (slug === undefined) throw new UsageError('Name the new lab.');
  const dir = dirs[0] ?? ownLabsDir;
  const files = await createLab(slug, dir).catch((error: unknown) => {
    throw error instanceof NewLabError ? new UsageError(error.message) : error;
  });
  for (const file of files) say(path.join(dir, file));
  const given = dirs.length === 0 ? '' : ` --dir ${dir}`;
  say(`\nNext: npm run lab -- check${given}, then npm run lab -- prove ${slug}${given}. labs/AUTHORING.md leads on from here.`);
  return 0;
}

async function check(dirs: readonly string[], { say }: Output): Promise<number> {
  const { labs, problems } = await loadCatalogue(dirs);
  for (const { summary, example } of labs) {
    const shared = example.shared.length === 0 ? '' : `, with _shared/${example.shared.join(', _shared/')}`;
    say(
      `${summary.slug} ${summary.version}: ${summary.steps.length} steps, ${summary.faults.length} faults, sha256 ${summary.hash.slice(0, 12)}${shared}`,
    );
  }
  for (const problem of problems) say(describeProblem(problem));
  return problems.length === 0 ? 0 : 1;
}

/** Undefined: all there are. */
async function requireLabs(slugs: readonly string[] | undefined, dirs: readonly string[]): Promise<readonly Lab[]> {
  if (slugs?.length === 0) return [await requireLab(undefined, dirs)];
  const names = slugs ?? (await loadCatalogue([...dirs, ownLabsDir])).labs.map(({ summary }) => summary.slug);
  return Promise.all([...new Set(names)].map((slug) => requireLab(slug, dirs)));
}

/** Of the folders that were given first, so that a lab of one's own may stand in for one of ours. */
async function requireLab(slug: string | undefined, dirs: readonly string[]): Promise<Lab> {
  const { labs, problems } = await loadCatalogue([...dirs, ownLabsDir]);
  const lab = labs.find(({ summary }) => summary.slug === slug);
  if (lab !== undefined) return lab;
  const own = problems.filter(({ file }) => file.startsWith(`${slug ?? ''}/`));
  throw new UsageError(
    [
      `There is no lab ${slug ?? '(none named)'}; there are: ${labs.map(({ summary }) => summary.slug).join(', ')}.`,
      ...own.map(describeProblem),
    ].join('\n'),
  );
}

/** A lab that does not load can be previewed all the same: what is wrong with it is shown until it is mended. */
async function requireFolder(slug: string | undefined, dirs: readonly string[]): Promise<string> {
  if (slug !== undefined && [...dirs, ownLabsDir].some((dir) => existsSync(path.join(dir, slug, 'lab.yaml')))) return slug;
  return (await requireLab(slug, dirs)).summary.slug;
}

async function preview(slug: string, { port, dir }: { port: string; dir: readonly string[] }, { say, tell }: Output): Promise<number> {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError('--port must be a number from 0 to 65535.');
  const webDir = path.join(projectRoot, 'dist', 'web');
  const { PagesMissingError, startPreview } = await import('./preview/preview-server.ts');
  try {
    await using running = await startPreview({ slug, dirs: [...dir, ownLabsDir], webDir, port: Number(port) });
    say(running.url);
    tell('Edit the lab; the page follows. Ctrl+C ends it.');
    await new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
    });
    return 0;
  } catch (error) {
    if (!(error instanceof PagesMissingError)) throw error;
    tell(error.message);
    return 1;
  }
}

interface ProveValues {
  readonly fault?: string | undefined;
  readonly runtime: string;
  readonly clusters?: string | undefined;
  readonly times: string;
  readonly jobs?: string | undefined;
  readonly seed: string;
  readonly json: boolean;
}

/** Of two processors each is busy then. What is measured of time on so full a machine comes out as undecided, and is asked once more at the end. */
const MOST_JOBS = 12;
/** On clusters that others use too. */
const MOST_JOBS_ON_CLUSTERS = 8;
const JOBS_PER_LAB = 4;

async function prove(labs: readonly Lab[], values: ProveValues, { say, tell }: Output): Promise<number> {
  const { runtime, clusters, fault, seed, json } = values;
  if (runtime !== 'process' && runtime !== 'docker') throw new UsageError(`There is no runtime ${runtime}.`);
  const without = labs.filter(({ example }) => fault !== undefined && !example.faults.some(({ id }) => id === fault));
  if (without.length > 0)
    throw new UsageError(without.map(({ summary }) => `The lab ${summary.slug} has no fault ${fault ?? ''}.`).join(' '));
  const jobs = values.jobs ?? String(Math.min(clusters === undefined ? MOST_JOBS : MOST_JOBS_ON_CLUSTERS, JOBS_PER_LAB * labs.length));
  const numbers = { times: toCount('times', values.times), jobs: toCount('jobs', jobs) };
  // Runtimes and the control plane are a second of loading that no other command needs.
  const { openKubernetesSubstrate, openSubstrate } = await import('../infra/substrate/open-substrate.ts');
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  const dataDir = await mkdtemp(path.join(scratchFolder(), 'drillhouse-prove-'));
  const startedAt = performance.now();
  try {
    const log = pino({ level: process.env['LOG_LEVEL'] ?? 'fatal' }, pino.destination(2));
    await using substrate =
      clusters === undefined
        ? await openSubstrate({ runtime, dataDir, log, report: tell })
        : await openKubernetesSubstrate({ file: clusters, log });
    for (const { summary } of labs) {
      const refusal = summary.demands === undefined ? undefined : findLabRefusal(summary.demands, substrate.ground, fault);
      if (refusal !== undefined) throw new UsageError(`${summary.slug}: ${refusal}`);
    }
    tell(`${labs.map(({ summary }) => summary.slug).join(', ')} on ${substrate.name}. ${substrate.isolation}`);
    const outcomes = await proveLabs(labs, {
      substrate,
      seed,
      signal: stop.signal,
      report: (outcome) => tell(inALine(outcome)),
      ...numbers,
      ...(fault === undefined ? {} : { fault }),
    });
    const ok = outcomes.every((outcome) => outcome.ok);
    const tookMs = Math.round(performance.now() - startedAt);
    const hashes = Object.fromEntries(labs.map(({ summary }) => [summary.slug, summary.hash]));
    if (json) say(JSON.stringify({ hashes, substrate: substrate.name, ...numbers, ok, tookMs, cases: outcomes }, null, 2));
    else say(`\n${toTable(outcomes)}\n\n${inNumbers(outcomes, tookMs)}`);
    return ok ? 0 : 1;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function inALine({ ok, lab, group, fault, title, tookMs }: ProofOutcome): string {
  return `${ok ? 'ok   ' : 'WRONG'} ${lab} ${group} ${fault ?? ''} ${title} (${(tookMs / 1000).toFixed(1)} s)`;
}

function inNumbers(outcomes: readonly ProofOutcome[], tookMs: number): string {
  return `${outcomes.filter(({ ok }) => ok).length} of ${outcomes.length} as they must be, in ${(tookMs / 1000).toFixed(0)} s`;
}

function toCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 100) throw new UsageError(`--${name} must be a number from 1 to 100.`);
  return count;
}
