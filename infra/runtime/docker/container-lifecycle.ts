import type { Container } from 'dockerode';
import { RuntimeError, type ContainerSpec, type ContainerState, type StartOutcome } from '../runtime.ts';
import { containerName, planContainer } from './container-config.ts';
import { startErrorMessage, toContainerState } from './container-state.ts';
import type { ClusterContext } from './cluster-context.ts';
import { engineMessage, forgiving, statusCodeOf, toRuntimeError, translating } from './engine.ts';
import { resolveMount } from './mounts.ts';
import type { ContainerRecord } from './pod-registry.ts';
import type { PodSandboxes } from './pod-sandboxes.ts';

/** The engine needs a moment after SIGKILL; longer means that the engine itself has stopped working. */
const KILL_TIMEOUT_MS = 30_000;

/** Containers of one cluster from creation to removal. */
export class ContainerLifecycle {
  readonly #context: ClusterContext;
  readonly #pods: PodSandboxes;
  /** Containers that the engine reported an OOM kill in, until they are removed. */
  readonly #oomSeen = new Set<string>();
  /** Containers that run as far as is known: what to look after when events may have been missed. */
  readonly #running = new Set<string>();
  readonly #ttys = new Map<string, boolean>();
  /** The pod that each container belongs to. */
  readonly #podUids = new Map<string, string>();

  constructor(context: ClusterContext, pods: PodSandboxes) {
    this.#context = context;
    this.#pods = pods;
  }

  async create(spec: ContainerSpec): Promise<{ readonly id: string }> {
    const pod = this.#pods.require(spec.podUid);
    const { engine, placement, puller, dataDir } = this.#context;
    const image = await puller.get(spec.image);
    if (image === undefined) throw new RuntimeError('InvalidRequest', `Image ${spec.image} is not here; pull it first.`);
    const options = planContainer(spec, placement, {
      pauseId: pod.pauseId,
      shareProcessNamespace: pod.shareProcessNamespace,
      hostname: pod.names.hostname,
      imageUser: image.user,
      binds: await Promise.all(spec.mounts.map((mount) => resolveMount(mount, dataDir))),
    });
    try {
      const { id } = await engine.calls.createContainer(options);
      this.#ttys.set(id, spec.tty);
      this.#podUids.set(id, spec.podUid);
      return { id };
    } catch (error) {
      if (statusCodeOf(error) !== 409) throw toRuntimeError(error, `creating container ${spec.name}`);
      const id = await this.#idOf(containerName(placement.ownership, spec));
      this.#podUids.set(id, spec.podUid);
      return { id };
    }
  }

  async #idOf(name: string): Promise<string> {
    return translating('looking a container up', async () => (await this.#container(name).inspect()).Id);
  }

  /** Not before the pod's namespace is closed. */
  async start(id: string): Promise<StartOutcome> {
    const podUid = this.#podUids.get(id);
    if (podUid !== undefined) await this.#context.programmer.ready(podUid);
    this.#running.add(id);
    try {
      await this.#container(id).start();
      return { kind: 'started' };
    } catch (error) {
      const status = statusCodeOf(error);
      if (status === 304) return { kind: 'started' };
      this.#running.delete(id);
      const message = engineMessage(error);
      // Without these words the failure is the engine's, not the container's.
      if (status !== undefined && /OCI runtime create failed|starting container process|exec format error/.test(message)) {
        return { kind: 'failed', message: startErrorMessage(message) };
      }
      throw toRuntimeError(error, 'starting a container');
    }
  }

  async stop(id: string, { graceSeconds, signal }: { readonly graceSeconds: number; readonly signal?: string }): Promise<void> {
    if (graceSeconds > 0) {
      if (!(await this.#signal(id, signal ?? 'SIGTERM'))) return;
      if (await this.#ends(id, graceSeconds * 1000)) return;
    }
    if (!(await this.#signal(id, 'SIGKILL'))) return;
    if (!(await this.#ends(id, KILL_TIMEOUT_MS))) throw new RuntimeError('EngineFailed', 'A container outlived SIGKILL.');
  }

  /** False when there is nothing left to signal. */
  async #signal(id: string, signal: string): Promise<boolean> {
    try {
      await this.#container(id).kill({ signal });
      return true;
    } catch (error) {
      if ([404, 409].includes(statusCodeOf(error) ?? 0)) return false;
      throw toRuntimeError(error, `sending ${signal}`);
    }
  }

  async #ends(id: string, withinMs: number): Promise<boolean> {
    const limit = AbortSignal.timeout(withinMs);
    try {
      await this.#context.engine.streams.getContainer(id).wait({ condition: 'not-running', abortSignal: limit });
      return true;
    } catch (error) {
      if (limit.aborted) return false;
      if (statusCodeOf(error) === 404) return true;
      throw toRuntimeError(error, 'waiting for a container to end');
    }
  }

  async remove(id: string): Promise<void> {
    await forgiving('removing a container', () => this.#container(id).remove({ force: true, v: true }), [404, 409]);
    this.forget(id);
  }

  forget(id: string): void {
    this.#oomSeen.delete(id);
    this.#running.delete(id);
    this.#ttys.delete(id);
    this.#podUids.delete(id);
  }

  async inspect(id: string): Promise<ContainerState> {
    try {
      const { State, Created } = await this.#container(id).inspect();
      return toContainerState(State, new Date(Created), this.#oomSeen.has(id));
    } catch (error) {
      if (statusCodeOf(error) === 404) return { kind: 'absent' };
      throw toRuntimeError(error, 'inspecting a container');
    }
  }

  /** Whether the container has a TTY, which changes how its output is read. */
  async hasTty(id: string): Promise<boolean> {
    const known = this.#ttys.get(id);
    if (known !== undefined) return known;
    const { Config } = await translating('inspecting a container', () => this.#container(id).inspect());
    this.#ttys.set(id, Config.Tty);
    return Config.Tty;
  }

  adopt({ id, podUid, running }: ContainerRecord): void {
    this.#podUids.set(id, podUid);
    if (running) this.#running.add(id);
  }

  noteOom(id: string): void {
    if (this.#running.has(id)) this.#oomSeen.add(id);
  }

  /** Answers whether that was news. */
  noteExit(id: string): boolean {
    return this.#running.delete(id);
  }

  /** Those that were thought to run and are not among `running`. */
  missedExits(running: ReadonlySet<string>): readonly string[] {
    return [...this.#running].filter((id) => !running.has(id));
  }

  #container(id: string): Container {
    return this.#context.engine.calls.getContainer(id);
  }
}
