import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { hostDebianSources } from '../images/apt-sources.ts';
import { withMachineLock } from './machine-lock.ts';
import { projectRoot } from './project-root.ts';

/** The suite that images are made of, so that both runtimes run one version; bookworm's package also knows no Kubernetes. */
const SUITE = 'trixie';
const cacheFolder = path.join(projectRoot, '.cache/prometheus');
const UNPACK_TIMEOUT_MS = 5 * 60_000;
/** Prometheus and what its page links to, through links between packages; documentation but the licence is left out. */
const members = ['./usr/bin/prometheus', './usr/bin/promtool', './usr/share'];
const leftOut = ['locale', 'man', 'info', 'perl5', 'zoneinfo', 'i18n'].map((folder) => `--exclude=./usr/share/${folder}`);

/** Debian's Prometheus for the process runtime, as a folder with `usr/bin` and `usr/share`; there once {@link ensurePrometheus} has run. */
export const prometheusFolder = path.join(cacheFolder, SUITE);

export function hasPrometheus(): boolean {
  return existsSync(path.join(prometheusFolder, 'usr/bin/prometheus'));
}

/** Unpacks Debian's package into the project's cache, without installing it: as a service it would listen on the whole machine. */
export async function ensurePrometheus(): Promise<string> {
  if (!hasPrometheus()) await withMachineLock('prometheus', () => undefined, unpack);
  return prometheusFolder;
}

async function unpack(): Promise<void> {
  if (hasPrometheus()) return;
  await mkdir(cacheFolder, { recursive: true });
  const work = await mkdtemp(path.join(cacheFolder, 'unpack-'));
  const run = promisify(execFile);
  const limits = { timeout: UNPACK_TIMEOUT_MS, maxBuffer: 16 * 1_048_576 };
  try {
    const [tar, unpacked] = [path.join(work, 'packages.tar'), path.join(work, 'files')];
    const options = [
      '--quiet',
      '--variant=extract',
      '--include=prometheus',
      '--aptopt=Acquire::Languages "none"',
      '--aptopt=Acquire::Retries "3"',
    ];
    await run('mmdebstrap', [...options, SUITE, tar, ...(await hostDebianSources(SUITE))], limits);
    await mkdir(unpacked, { mode: 0o755 });
    await run('tar', ['-xf', tar, '-C', unpacked, '--no-same-owner', ...leftOut, ...members], limits);
    // Whoever looks sees either nothing or all of it.
    await rename(unpacked, prometheusFolder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
