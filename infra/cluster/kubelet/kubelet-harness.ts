import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeApiClient } from '../client/fake-api-client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { resources } from '../client/resources.ts';
import { silentLog } from '../client/silent-log.ts';
import type { NodeSpec } from '../cluster-options.ts';
import type { Container, ContainerStatus, Event, Pod, PodSpec } from '../meta/generated/types.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import { FakeRuntime } from './fake-runtime.ts';
import { startKubelet, type Kubelet } from './kubelet.ts';

const nodeSpec: NodeSpec = { name: 'node-1', cpuMilli: 2000, memoryBytes: 4 * 1024 ** 3, maxPods: 110 };
/** How long a test waits in real time: the kubelet writes volumes to a real disk while the clock stands still. */
const PATIENCE_MS = 15_000;
const SETTLE_MS = 200;

/** A kubelet on a fake API server, a fake runtime and a clock that the test moves. For tests only. */
export class KubeletHarness implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly api = new FakeApiClient(this.clock);
  readonly runtime = new FakeRuntime(this.clock);
  readonly dataDir: string;
  #informers = new InformerFactory({ api: this.api, clock: this.clock, log: silentLog });
  #kubelet: Kubelet | undefined;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
    this.runtime.present.add('base');
  }

  static async start(): Promise<KubeletHarness> {
    const harness = new KubeletHarness(await mkdtemp(join(tmpdir(), 'kubelet-')));
    await harness.startKubelet();
    return harness;
  }

  get kubelet(): Kubelet {
    if (this.#kubelet === undefined) throw new Error('the kubelet has not been started');
    return this.#kubelet;
  }

  async startKubelet(nodes: readonly NodeSpec[] = [nodeSpec]): Promise<void> {
    const { api, runtime, clock, dataDir } = this;
    this.#kubelet = await startKubelet({ api, informers: this.#informers, runtime, nodes, dataDir, clock, log: silentLog });
  }

  /** Stops the kubelet as an orchestrator that restarts does: containers go on. */
  async stopKubelet(): Promise<void> {
    await this.#kubelet?.[Symbol.asyncDispose]();
    await this.#informers[Symbol.asyncDispose]();
    this.#informers = new InformerFactory({ api: this.api, clock: this.clock, log: silentLog });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopKubelet();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  createPod(spec: Partial<PodSpec> & { readonly containers: Container[] }, name = 'p', labels: Record<string, string> = {}): Promise<Pod> {
    return this.api.create<Pod>(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'ns', labels },
      spec: { nodeName: 'node-1', restartPolicy: 'Always', ...spec },
      status: {
        phase: 'Pending',
        qosClass: 'BestEffort',
        conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      },
    });
  }

  pod(name = 'p'): Promise<Pod> {
    return this.api.get<Pod>(resources.pods, name, 'ns');
  }

  async status(container: string, name = 'p'): Promise<ContainerStatus | undefined> {
    const { status } = await this.pod(name);
    const all = [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
    ];
    return all.find((each) => each.name === container);
  }

  /** `Ready=True`, `Initialized=False ContainersNotInitialized`. */
  async conditions(name = 'p'): Promise<string[]> {
    const { status } = await this.pod(name);
    return (status?.conditions ?? []).map(
      ({ type, status: value, reason }) => `${type}=${value}${reason === undefined ? '' : ` ${reason}`}`,
    );
  }

  /** `Warning BackOff Back-off restarting… x2`, oldest first. */
  async events(): Promise<string[]> {
    const { items } = await this.api.list<Event>(resources.events);
    return items.map(
      ({ type = '', reason = '', message = '', count = 1 }) => `${type} ${reason} ${message}${count > 1 ? ` x${count}` : ''}`,
    );
  }

  /** Waits, with the clock standing still, until the condition holds. */
  async until(condition: () => boolean | Promise<boolean>, what = 'condition'): Promise<void> {
    const giveUpAtMs = Date.now() + PATIENCE_MS;
    for (;;) {
      await this.clock.advance(0);
      if (await condition()) return;
      if (Date.now() > giveUpAtMs) {
        const pod = await this.pod().catch(() => undefined);
        throw new Error(
          `${what} did not come true; pod: ${JSON.stringify(pod?.status)}; calls: ${this.runtime.calls.join(', ')}; events: ${(await this.events()).join('; ')}`,
        );
      }
    }
  }

  /** Lets everything that is under way come to rest, then moves the clock. */
  async advance(ms: number, stepMs = ms): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
      await this.clock.advance(Math.min(stepMs, leftMs));
      await this.settle();
    }
  }

  /**
   * Work on the disk takes turns of the event loop that no fake clock sees: waits until the kubelet rests, or for a while where it
   * waits for the clock itself, as in a grace period.
   */
  async settle(): Promise<void> {
    const giveUpAtMs = Date.now() + SETTLE_MS;
    for (;;) {
      await this.clock.advance(0);
      if (this.#kubelet?.isIdle !== false || Date.now() > giveUpAtMs) return;
    }
  }
}

export function container(name: string, more: Partial<Container> = {}): Container {
  return { name, image: 'base', ...more };
}
