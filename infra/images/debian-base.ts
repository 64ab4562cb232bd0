import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Engine } from '../runtime/docker/engine.ts';
import { label } from '../runtime/docker/labels.ts';
import { hostDebianSources } from './apt-sources.ts';
import { ImageBuildError, imageHash, importImage, inspectImage, tryPull } from './engine-images.ts';
import { debianReference } from './image-plan.ts';

/** Where the Debian below all images comes from. */
export interface DebianBaseOptions {
  /** A real base image, e.g. `debian:trixie-slim`. Without it, or when it cannot be had, mmdebstrap makes one. */
  readonly pullReference?: string;
  readonly pullTimeoutMs: number;
  readonly report: (line: string) => void;
}

const suite = 'trixie';
const packages = ['ca-certificates'];
/** Documentation, translations and apt's caches would be a third of the image. Licences stay. */
const dpkgOptions = [
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/locale/*/LC_MESSAGES/*',
];
const aptOptions = ['Dir::Cache::pkgcache ""', 'Dir::Cache::srcpkgcache ""', 'Acquire::Languages "none"', 'Acquire::Retries "3"'];
const mmdebstrapHash = createHash('sha256').update(JSON.stringify({ suite, packages, dpkgOptions, aptOptions })).digest('hex');

/** Makes sure that the engine has {@link debianReference}, and answers the hash that stands for its content. */
export async function ensureDebianBase(engine: Engine, options: DebianBaseOptions, signal: AbortSignal): Promise<string> {
  if (options.pullReference !== undefined) {
    const hash = await pullDebian(engine, options.pullReference, options, signal);
    if (hash !== undefined) return hash;
  }
  if ((await imageHash(engine, debianReference)) === mmdebstrapHash) return mmdebstrapHash;
  await bootstrapDebian(engine, options, signal);
  return mmdebstrapHash;
}

async function pullDebian(engine: Engine, reference: string, options: DebianBaseOptions, signal: AbortSignal): Promise<string | undefined> {
  let image = await inspectImage(engine, reference);
  if (image === undefined) {
    const startedAt = Date.now();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(options.pullTimeoutMs)]);
    const failure = await tryPull(engine, reference, limit);
    if (failure !== undefined)
      options.report(`${reference} cannot be pulled (${failure.split('\n')[0] ?? ''}); making the base with mmdebstrap instead`);
    else options.report(`pulled ${reference} in ${seconds(startedAt)}`);
    image = failure === undefined ? await inspectImage(engine, reference) : undefined;
  }
  if (image === undefined) return undefined;
  const [repo = '', tag = ''] = debianReference.split(':');
  await engine.calls.getImage(image.id).tag({ repo, tag });
  return image.id;
}

async function bootstrapDebian(engine: Engine, options: DebianBaseOptions, signal: AbortSignal): Promise<void> {
  const startedAt = Date.now();
  const folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-debian-'));
  try {
    const tar = path.join(folder, 'debian.tar');
    await runMmdebstrap(tar, await hostDebianSources(suite), signal);
    const changes = ['CMD ["bash"]', `LABEL ${label.hash}=${mmdebstrapHash}`, `LABEL ${label.image}=debian`];
    await importImage(engine, { reference: debianReference, tar: createReadStream(tar), changes }, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  options.report(`made ${debianReference} with mmdebstrap in ${seconds(startedAt)}`);
}

/** mmdebstrap's own default mirror is used where the host's apt names none for Debian. */
async function runMmdebstrap(tar: string, sources: readonly string[], signal: AbortSignal): Promise<void> {
  const args = [
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    ...dpkgOptions.map((option) => `--dpkgopt=${option}`),
    ...aptOptions.map((option) => `--aptopt=${option}`),
    '--customize-hook=rm -rf "$1"/var/log/apt "$1"/var/log/dpkg.log',
    suite,
    tar,
    ...sources,
  ];
  const { code, output } = await run('mmdebstrap', args, signal);
  if (code !== 0) throw new ImageBuildError(`mmdebstrap ended with ${code ?? 'a signal'}:\n${output.split('\n').slice(-15).join('\n')}`);
}

const missingMmdebstrap =
  'mmdebstrap is not installed, and no base image was named. Install it with `apt-get install mmdebstrap` (or run `npm run setup`), ' +
  'or name a Debian trixie image to pull: `npm run images -- --base debian:trixie-slim`.';

/** The output is bounded by keeping its end. */
function run(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let output = '';
    const keep = (data: Buffer): void => {
      output = (output + data.toString()).slice(-16_384);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? new ImageBuildError(missingMmdebstrap) : error));
    child.on('close', (code) => resolve({ code, output }));
  });
}

function seconds(startedAt: number): string {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
}
