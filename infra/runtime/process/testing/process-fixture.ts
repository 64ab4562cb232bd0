import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type {
  ClusterRuntime,
  ContainerRuntime,
  ContainerSpec,
  ContainerState,
  ExecRequest,
  PodSandbox,
  PodSandboxSpec,
} from '../../runtime.ts';
import { findTool } from '../host-tools.ts';
import { createProcessRuntime } from '../process-runtime.ts';

/** With and without bubblewrap; CI installs it, elsewhere only what is there is tested. */
export const testedModes: readonly { readonly mode: 'auto' | 'off' }[] =
  findTool('bwrap') !== undefined || process.env['CI'] === 'true' ? [{ mode: 'auto' }, { mode: 'off' }] : [{ mode: 'off' }];

export const quiet = { info: () => undefined, warn: () => undefined };

export interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real process runtime on a folder of its own, with one open cluster. Disposing ends all that it ran. */
export class ProcessFixture implements AsyncDisposable {
  readonly runtime: ContainerRuntime;
  readonly cluster: ClusterRuntime;
  readonly stateDir: string;
  #count = 0;

  private constructor(runtime: ContainerRuntime, cluster: ClusterRuntime, stateDir: string) {
    this.runtime = runtime;
    this.cluster = cluster;
    this.stateDir = stateDir;
  }

  static async open(bubblewrap: 'auto' | 'off'): Promise<ProcessFixture> {
    const stateDir = await mkdtemp(path.join(tmpdir(), 'drillhouse-process-'));
    const runtime = await createProcessRuntime({ stateDir, log: quiet, bubblewrap });
    const cluster = await runtime.openCluster({ clusterId: 'test', dataDir: stateDir });
    return new ProcessFixture(runtime, cluster, stateDir);
  }

  async runPod(name = `pod-${++this.#count}`, namespace = 'default', overrides: Partial<PodSandboxSpec> = {}): Promise<PodSandbox> {
    return this.cluster.runPodSandbox({
      podUid: `uid-${name}`,
      namespace,
      name,
      hostname: name,
      dnsSearchNamespace: namespace,
      labels: {},
      shareProcessNamespace: false,
      hostAliases: [],
      ...overrides,
    });
  }

  /** Creates and starts a container in a pod of its own, or in the one given. */
  async run(command: readonly string[], overrides: Partial<ContainerSpec> & { readonly pod?: PodSandbox } = {}): Promise<string> {
    const { pod = await this.runPod(), ...spec } = overrides;
    const { id } = await this.cluster.createContainer(containerSpec(pod.podUid, `c${++this.#count}`, { command, ...spec }));
    const started = await this.cluster.startContainer(id);
    if (started.kind === 'failed') throw new Error(started.message);
    return id;
  }

  async exec(id: string, command: readonly string[], input?: string, request: Partial<ExecRequest> = {}): Promise<Result> {
    await using session = await this.cluster.exec(id, { command, tty: false, stdin: input !== undefined, ...request });
    session.stdin?.end(input);
    const [stdout, stderr, { exitCode }] = await Promise.all([readAll(session.stdout), readAll(session.stderr), session.exited]);
    return { exitCode, stdout, stderr };
  }

  /** Waits for the end, by events rather than by asking again. */
  async ended(id: string): Promise<Extract<ContainerState, { kind: 'exited' }>> {
    return new Promise((resolve, reject) => {
      const look = async (): Promise<void> => {
        const state = await this.cluster.inspectContainer(id);
        if (state.kind !== 'exited') return;
        subscription[Symbol.dispose]();
        resolve(state);
      };
      const subscription = this.cluster.subscribe((event) => {
        if (event.kind === 'container-exited' && event.id === id) look().catch(reject);
      });
      look().catch(reject);
    });
  }

  async logs(id: string, request: Partial<Parameters<ClusterRuntime['logs']>[1]> = {}): Promise<string[]> {
    const lines: string[] = [];
    for await (const line of this.cluster.logs(id, { follow: false, ...request })) lines.push(`${line.stream}:${line.text.toString()}`);
    return lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
    await this.runtime[Symbol.asyncDispose]();
    await rm(this.stateDir, { recursive: true, force: true });
  }
}

export function containerSpec(podUid: string, name: string, overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    podUid,
    name,
    attempt: 0,
    image: 'registry.lab/base:1.0',
    env: [],
    mounts: [],
    tty: false,
    stdin: false,
    pidLimit: 1024,
    readOnlyRootFilesystem: false,
    addCapabilities: [],
    ...overrides,
  };
}

export async function readAll(source: AsyncIterable<Buffer> | null): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of source ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
