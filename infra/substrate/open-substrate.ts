import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ensureImages } from '../images/image-set.ts';
import { createDockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { createProcessRuntime } from '../runtime/process/process-runtime.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import type { ClusterLog } from '../cluster/cluster-options.ts';
import { EmbeddedSubstrate } from './embedded.ts';
import { ClustersFileError, parseClustersFile } from './kubernetes/clusters-file.ts';
import { KubernetesSubstrate, type KubernetesSubstrateOptions } from './kubernetes/kubernetes-substrate.ts';

export interface OpenSubstrateOptions {
  /** `auto`: docker where an engine answers, else process. */
  readonly runtime: 'auto' | 'docker' | 'process';
  /** The engine's OCI runtime. */
  readonly dockerRuntime?: 'runc' | 'runsc';
  readonly dataDir: string;
  readonly log: ClusterLog;
  /** What is being built, line by line; the first start on Docker builds images. */
  readonly report: (line: string) => void;
}

/** The engine was asked for by name and does not answer. The message says what to do. */
export class EngineMissingError extends Error {
  constructor(reason: string) {
    super(`RUNTIME=docker, but no Docker engine answers: ${reason}. Start the engine, or leave RUNTIME out to run sandboxes as processes.`);
    this.name = 'EngineMissingError';
  }
}

const PULL_TIMEOUT_MS = 120_000;

/** Embedded clusters on the runtime that was asked for, with the images it needs in place. */
export async function openSubstrate(options: OpenSubstrateOptions): Promise<EmbeddedSubstrate> {
  const runtime = await chooseRuntime(options);
  return new EmbeddedSubstrate({ runtime, clustersDir: path.join(options.dataDir, 'clusters'), log: options.log });
}

/** Namespaces on the clusters that a file lists. Throws ClustersFileError with all that is wrong in it, SubstrateError when no cluster can be used. */
export async function openKubernetesSubstrate({
  file,
  ...options
}: Omit<KubernetesSubstrateOptions, 'file'> & { readonly file: string }): Promise<KubernetesSubstrate> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ClustersFileError(file, [`it cannot be read: ${(error as Error).message}`]);
  });
  return KubernetesSubstrate.open({ file: parseClustersFile(file, text), ...options });
}

async function chooseRuntime(options: OpenSubstrateOptions): Promise<ContainerRuntime> {
  const openProcess = async (): Promise<ContainerRuntime> =>
    createProcessRuntime({ stateDir: path.join(options.dataDir, 'runtime'), log: options.log });
  if (options.runtime === 'process') return openProcess();
  const docker = createDockerRuntime({
    installation: installationOf(options.dataDir),
    allowPull: false,
    pullTimeoutMs: PULL_TIMEOUT_MS,
    log: options.log,
    ...(options.dockerRuntime === undefined ? {} : { ociRuntime: options.dockerRuntime }),
  });
  const health = await docker.health();
  if (health.ok) {
    await ensureImages({ report: options.report });
    return docker;
  }
  await docker[Symbol.asyncDispose]();
  if (options.runtime === 'docker') throw new EngineMissingError(health.reason);
  return openProcess();
}

/** Engines may be shared: what one installation made, told by its data folder, no other removes. */
function installationOf(dataDir: string): string {
  return `dh-${createHash('sha256').update(path.resolve(dataDir)).digest('hex').slice(0, 12)}`;
}
