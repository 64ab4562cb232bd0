import { parseArgs } from 'node:util';
import { connectEngine } from '../runtime/docker/engine.ts';
import { imageCatalogue } from './catalogue.ts';
import { ensureImages, ensureServerImage, type ImageSetOptions } from './image-set.ts';
import { explainRegistry, pushImages, readLogin } from './push-images.ts';

const usage = `usage: npm run images [-- [COMMAND] [OPTION ...]]

Builds every image that sandboxes run, where it is not there yet or has changed.

  server                 builds the image of the server too
  push                   that, and pushes all of them to a registry, each with the digest that the same sources always have
    --registry NAME      host, and a path where the registry wants one; a login is taken from Docker's own configuration
  --base REFERENCE       a Debian trixie image to pull as the base, e.g. debian:trixie-slim; DRILLHOUSE_BASE_IMAGE says the same.
                         Without it, or when it cannot be pulled, mmdebstrap makes the base from Debian's packages.

SOURCE_DATE_EPOCH (seconds since 1970) is the youngest time that anything in a pushed image has; without it, the start of 2026.`;

const PUSH_TIMEOUT_MS = 60 * 60_000;
const DEFAULT_EPOCH_SECONDS = Date.UTC(2026, 0, 1) / 1000;

const report = (line: string): void => void process.stdout.write(`  ${line}\n`);

/** What the command is not given as it must be, as a sentence. */
class UsageError extends Error {}

async function run(command: string | undefined, values: { readonly base?: string; readonly registry?: string }): Promise<void> {
  if (command !== undefined && command !== 'server' && command !== 'push') throw new UsageError(`${command}: there is no such command.`);
  if (command === 'push') requireRegistry(values.registry);
  const startedAt = Date.now();
  const base = values.base ?? process.env.DRILLHOUSE_BASE_IMAGE;
  const options: ImageSetOptions = { report, ...(base === undefined ? {} : { pullReference: base }) };
  const { built } = await ensureImages(options);
  const server = command === undefined ? undefined : await ensureServerImage(options);
  const all = server?.isNew === true ? [...built, server.reference] : built;
  const took = `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
  process.stdout.write(all.length === 0 ? `Images are up to date (${took}).\n` : `${all.length} images built in ${took}.\n`);
  if (command === 'push' && server !== undefined) await push(server.reference, requireRegistry(values.registry));
}

async function push(server: string, registry: string): Promise<void> {
  const references = [...imageCatalogue.map(({ reference }) => reference), server];
  const login = await readLogin(registry, process.env);
  const pushed = await pushImages(
    connectEngine(),
    references,
    { registry, epochSeconds: readEpoch(process.env.SOURCE_DATE_EPOCH), login, report },
    AbortSignal.timeout(PUSH_TIMEOUT_MS),
  );
  process.stdout.write(`${pushed.length} images pushed to ${registry}.\n`);
}

function requireRegistry(registry: string | undefined): string {
  if (registry === undefined) throw new UsageError('push needs --registry.');
  const problem = explainRegistry(registry);
  if (problem !== undefined) throw new UsageError(problem);
  return registry;
}

function readEpoch(given: string | undefined): number {
  if (given === undefined || given === '') return DEFAULT_EPOCH_SECONDS;
  if (!/^\d{1,10}$/.test(given)) throw new UsageError(`SOURCE_DATE_EPOCH is ${given}, which is no number of seconds since 1970.`);
  return Number(given);
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { base: { type: 'string' }, registry: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) process.stdout.write(`${usage}\n`);
  else await run(positionals[0], values);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof UsageError ? `${message}\n\n${usage}\n` : `Images could not be built or pushed: ${message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
