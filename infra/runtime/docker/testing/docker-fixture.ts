import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { ensureImages } from '../../../images/image-set.ts';
import type {
  ClusterRuntime,
  ContainerRuntime,
  ContainerSpec,
  ContainerState,
  ExecRequest,
  PodSandbox,
  PodSandboxSpec,
  RuntimeEvent,
} from '../../runtime.ts';
import { createDockerRuntime, type DockerRuntimeOptions } from '../docker-runtime.ts';
import { connectEngine } from '../engine.ts';

/** Tests that need an engine are left out only where there is none, and never in CI. */
export const withoutEngine = process.env.CI !== 'true' && !(await engineAnswers());

async function engineAnswers(): Promise<boolean> {
  return connectEngine()
    .calls.ping()
    .then(
      () => true,
      () => false,
    );
}

export const baseImage = 'registry.lab/base:1.0';
/** Far more than a test needs to be done with its container. */
const SLEEP = ['sleep', 'infinity'];

/** A runtime with an installation of its own, so that tests on one engine cannot meet; removes all of it at the end. */
export class DockerFixture implements AsyncDisposable {
  readonly installation = `test-${randomBytes(4).toString('hex')}`;
  readonly runtime: ContainerRuntime;
  readonly #options: Partial<DockerRuntimeOptions>;
  readonly #folders: string[] = [];

  private constructor(options: Partial<DockerRuntimeOptions>) {
    this.#options = options;
    this.runtime = this.createRuntime();
  }

  static async create(options: Partial<DockerRuntimeOptions> = {}): Promise<DockerFixture> {
    await ensureImages({ report: () => undefined });
    return new DockerFixture(options);
  }

  /** Another runtime of the same installation: what a restarted orchestrator makes. */
  createRuntime(): ContainerRuntime {
    const log = { info: () => undefined, warn: () => undefined };
    return createDockerRuntime({ installation: this.installation, allowPull: false, pullTimeoutMs: 5_000, log, ...this.#options });
  }

  async openCluster(clusterId: string, runtime = this.runtime): Promise<TestCluster> {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'drillhouse-docker-test-'));
    this.#folders.push(dataDir);
    return new TestCluster(await runtime.openCluster({ clusterId, dataDir }), dataDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.sweep(new Set());
    await this.runtime[Symbol.asyncDispose]();
    await Promise.all(this.#folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

export interface ExecOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A cluster with the few steps that most tests need. */
export class TestCluster {
  readonly runtime: ClusterRuntime;
  readonly dataDir: string;

  constructor(runtime: ClusterRuntime, dataDir: string) {
    this.runtime = runtime;
    this.dataDir = dataDir;
  }

  async runPod(overrides: Partial<PodSandboxSpec> = {}): Promise<PodSandbox> {
    const name = overrides.name ?? 'box';
    return this.runtime.runPodSandbox({
      podUid: randomUUID(),
      namespace: 'default',
      name,
      hostname: name,
      dnsSearchNamespace: overrides.namespace ?? 'default',
      labels: {},
      shareProcessNamespace: false,
      hostAliases: [],
      ...overrides,
    });
  }

  async createContainer(podUid: string, overrides: Partial<ContainerSpec> = {}): Promise<string> {
    const spec = {
      podUid,
      name: 'main',
      attempt: 0,
      image: baseImage,
      env: [],
      mounts: [],
      tty: false,
      stdin: false,
      pidLimit: 128,
      readOnlyRootFilesystem: false,
      addCapabilities: [],
      ...overrides,
    };
    return (await this.runtime.createContainer(overrides.command === undefined ? { ...spec, command: SLEEP } : spec)).id;
  }

  /** Creates and starts; a start that fails is the test's failure. */
  async runContainer(podUid: string, overrides: Partial<ContainerSpec> = {}): Promise<string> {
    const id = await this.createContainer(podUid, overrides);
    const outcome = await this.runtime.startContainer(id);
    if (outcome.kind === 'failed') throw new Error(outcome.message);
    return id;
  }

  /** A pod with one container. */
  async runBox(pod: Partial<PodSandboxSpec> = {}, container: Partial<ContainerSpec> = {}): Promise<PodSandbox & { readonly id: string }> {
    const sandbox = await this.runPod(pod);
    return { ...sandbox, id: await this.runContainer(sandbox.podUid, container) };
  }

  async exec(
    id: string,
    command: readonly string[],
    request: Partial<ExecRequest> & { readonly input?: string } = {},
  ): Promise<ExecOutcome> {
    const { input, ...rest } = request;
    await using session = await this.runtime.exec(id, { command, tty: false, stdin: input !== undefined, ...rest });
    session.stdin?.end(input);
    const [stdout, stderr, { exitCode }] = await Promise.all([
      text(session.stdout),
      session.stderr === null ? '' : text(session.stderr),
      session.exited,
    ]);
    return { exitCode, stdout, stderr };
  }

  sh(id: string, script: string): Promise<ExecOutcome> {
    return this.exec(id, ['bash', '-c', script]);
  }

  /** Waits for the container's end by its event and answers the state. */
  async ended(id: string): Promise<ContainerState & { readonly kind: 'exited' }> {
    await this.nextEvent(
      (event) => event.kind === 'container-exited' && event.id === id,
      async () => (await this.runtime.inspectContainer(id)).kind === 'exited',
    );
    const state = await this.runtime.inspectContainer(id);
    if (state.kind !== 'exited') throw new Error(`container is ${state.kind} after its exit event`);
    return state;
  }

  /** Resolves with the next matching event, or at once when `already` says that it has happened. */
  async nextEvent(matches: (event: RuntimeEvent) => boolean, already: () => Promise<boolean> = async () => false): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const subscription = this.runtime.subscribe((event) => {
        if (!matches(event)) return;
        subscription[Symbol.dispose]();
        resolve();
      });
      already().then((done) => done && resolve(), reject);
    });
  }
}
