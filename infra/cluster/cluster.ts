import { existsSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { chaosGroup } from '../chaos/chaos-types.ts';
import { dnsServiceIp } from '../runtime/dns/resolv-conf.ts';
import type { ClusterRuntime } from '../runtime/runtime.ts';
import { loadIdentity, savedPort, savePort, type ClusterIdentity } from './api/identity-files.ts';
import { mastersGroup } from './api/user.ts';
import { bootstrap } from './bootstrap.ts';
import { defineChaos } from './chaos/definitions.ts';
import { startChaos } from './chaos/start-chaos.ts';
import { InformerFactory } from './client/informer-factory.ts';
import { operatorGroup, type Cluster, type ClusterOptions, type NodeSpec } from './cluster-options.ts';
import { createControlPlane, type ControlPlane } from './control-plane.ts';
import { startControllers } from './controllers/start-controllers.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { startKubelet } from './kubelet/kubelet.ts';
import { startServiceProxy } from './kubelet/service-proxy.ts';
import { startTrafficControl } from './kubelet/traffic-control.ts';
import { sleep, systemClock, type Clock } from './meta/clock.ts';
import { startScheduler } from './scheduler/scheduler.ts';
import { applyRestore, planRestore, takeSnapshot } from './snapshot.ts';

/** One node with the room of a small machine, for clusters that say nothing of nodes. */
const defaultNodes: readonly NodeSpec[] = [{ name: 'node-1', cpuMilli: 8000, memoryBytes: 16 * 2 ** 30, maxPods: 110 }];
/** As long as a pod takes to be ready on Kubernetes, measured on 1.36.2. */
const READY_REPORT_MS = 500;
const RESTORE_TIMEOUT_MS = 30_000;
const RESTORE_POLL_MS = 20;

/** Starts a cluster, or resumes the one whose folder it is given. Resolves when its API answers and its nodes are registered. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const isResumed = existsSync(options.dataDir);
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const runtime = await options.runtime.openCluster({ clusterId: options.clusterId, dataDir: options.dataDir });
  try {
    return await EmbeddedCluster.start(options, runtime);
  } catch (error) {
    // What an earlier life left running is somebody's work: a start that fails must not take it along.
    if (isResumed) await runtime.detach();
    else await runtime[Symbol.asyncDispose]();
    throw error;
  }
}

interface Parts {
  readonly options: ClusterOptions;
  readonly runtime: ClusterRuntime;
  readonly identity: ClusterIdentity;
  readonly plane: ControlPlane;
}

class EmbeddedCluster implements Cluster {
  readonly clusterId: string;
  readonly #parts: Parts;
  /** In the order in which they were started. */
  readonly #loops: AsyncDisposable[] = [];
  #port = 0;
  #isOver = false;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.clusterId = parts.options.clusterId;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  static async start(options: ClusterOptions, runtime: ClusterRuntime): Promise<EmbeddedCluster> {
    const clock = options.clock ?? systemClock;
    const { dataDir, hiddenNamespaces = [], log } = options;
    const apiServerIp = firstAddress(runtime.serviceCidr);
    const identity = await loadIdentity({
      dataDir,
      nowMs: clock.now(),
      operatorGroups: [operatorGroup, mastersGroup],
      adminGroups: [mastersGroup],
      serverNames: [
        ...new Set([
          '127.0.0.1',
          'localhost',
          runtime.apiListenHost,
          apiServerIp,
          ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'],
        ]),
      ],
    });
    const plane = createControlPlane({
      ...{ dataDir, identity, hiddenNamespaces, clock, log },
      serviceCidr: runtime.serviceCidr,
      hiddenGroups: options.servesChaos === true ? [chaosGroup] : [],
      keepsAudit: options.keepsAudit === true,
    });
    const cluster = new EmbeddedCluster({ options, runtime, identity, plane });
    try {
      await cluster.#open(apiServerIp, clock);
      return cluster;
    } catch (error) {
      // Loops, listeners and the journal must not outlive a start that failed: the caller may try again on the same folder.
      await cluster.#stop();
      throw error;
    }
  }

  async #open(apiServerIp: string, clock: Clock): Promise<void> {
    const { options, runtime, plane } = this.#parts;
    const { port, podPort } = await listen(plane, options, runtime.apiListenHost);
    this.#port = port;
    savePort(options.dataDir, port);
    await bootstrap(plane.clientFor('kube-apiserver'), {
      hiddenNamespaces: options.hiddenNamespaces ?? [],
      apiServerIp,
      endpoint: { ip: runtime.apiListenHost, port: podPort },
      ...(runtime.dnsPort === undefined
        ? {}
        : { dns: { clusterIp: dnsServiceIp(runtime.serviceCidr), endpoint: { ip: runtime.apiListenHost, port: runtime.dnsPort } } }),
    });
    if (options.servesChaos === true) await defineChaos(plane.clientFor('kube-apiserver'));
    await this.#startLoops(clock, podPort);
    plane.setReady();
  }

  /** `podPort`: where pods find the API on the host. */
  async #startLoops(clock: Clock, podPort: number): Promise<void> {
    const { options, runtime, plane, identity } = this.#parts;
    const { log, dataDir, nodes = defaultNodes, publishesServiceCa = false } = options;
    const informers = new InformerFactory({ api: plane.clientFor('kube-controller-manager'), clock, log });
    this.#loops.push(informers);
    const hiddenNamespaces = options.hiddenNamespaces ?? [];
    const hostPorts = [podPort, ...(runtime.dnsPort === undefined ? [] : [runtime.dnsPort])];
    const proxy = startServiceProxy({ informers, runtime, clock, log, hiddenNamespaces, hostPorts });
    const starting = startKubelet({ api: plane.clientFor('kubelet'), informers, runtime, nodes, dataDir, clock, log });
    const kubelet = await starting.catch(async (error: unknown) => {
      await proxy.then(
        (started) => started[Symbol.asyncDispose](),
        () => {},
      );
      throw error;
    });
    this.#loops.push(kubelet);
    plane.setKubelet(kubelet.endpoint);
    this.#loops.push(
      startControllers({
        api: plane.clientFor('kube-controller-manager'),
        informers,
        clock,
        log,
        rootCaPem: identity.authority.certificate,
        publishesServiceCa,
        readyReportMs: READY_REPORT_MS,
        kubelet: kubelet.endpoint,
      }),
    );
    this.#loops.push(startScheduler({ api: plane.clientFor('kube-scheduler'), informers, clock, log }));
    const serviceProxy = await proxy;
    this.#loops.push(serviceProxy);
    const traffic = await startTrafficControl({ informers, runtime, clock, log });
    this.#loops.push(traffic);
    if (options.servesChaos !== true) return;
    this.#loops.push(
      startChaos({
        ...{ informers, clock, log, runtime, kubelet: kubelet.endpoint },
        api: plane.clientFor('chaos-controller-manager'),
        setWireFaults: (faults) => traffic.setWireFaults(faults),
        setDetours: (detours) => serviceProxy.setDetours(detours),
      }),
    );
  }

  kubeconfig(identity: 'operator' | 'admin'): string {
    const { identity: keys } = this.#parts;
    return kubeconfigText({
      url: this.url,
      authority: keys.authority.certificate,
      user: identity === 'operator' ? 'drillhouse' : 'kubernetes-admin',
      credential: keys[identity],
    });
  }

  async snapshot(): Promise<string> {
    return takeSnapshot(this.#parts.plane.store, this.#hidden());
  }

  async restore(snapshot: string): Promise<void> {
    const { plane, options, runtime } = this.#parts;
    const clock = options.clock ?? systemClock;
    const untilMs = clock.now() + RESTORE_TIMEOUT_MS;
    // Controllers go on meanwhile, and may be in the middle of undoing what is put back: it is put back until it stays.
    for (let pass = 1, isSettled = false; !isSettled && clock.now() < untilMs; pass += 1) {
      const plan = planRestore(plane.store, snapshot, { hidden: this.#hidden(), endsPods: pass === 1 });
      applyRestore(plane.store, plan);
      const pods = new Set(plan.remove.filter(({ object }) => object.kind === 'Pod').map(({ object }) => object.metadata.uid ?? ''));
      const isGone = async (): Promise<boolean> => (await runtime.listPods()).every((pod) => !pods.has(pod.sandbox.podUid));
      await waitUntil(isGone, clock, untilMs);
      isSettled = pass > 1 && plan.put.length + plan.remove.length === 0;
      if (!isSettled) await sleep(clock, RESTORE_POLL_MS);
    }
  }

  async detach(): Promise<void> {
    await this.#stop();
    await this.#parts.runtime.detach();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await this.#parts.runtime[Symbol.asyncDispose]();
    const { dataDir } = this.#parts.options;
    await Promise.all(['pods', 'volumes'].map((folder) => rm(path.join(dataDir, folder), { recursive: true, force: true })));
  }

  async #stop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const loop of this.#loops.splice(0).reverse()) await loop[Symbol.asyncDispose]();
    await this.#parts.plane.close();
  }

  #hidden(): ReadonlySet<string> {
    return new Set(this.#parts.options.hiddenNamespaces ?? []);
  }
}

/** Listens for people on 127.0.0.1 and for pods where they can reach it. */
async function listen(
  plane: ControlPlane,
  options: ClusterOptions,
  podHost: string,
): Promise<{ readonly port: number; readonly podPort: number }> {
  const wanted = options.port ?? 0;
  const port = await listenPreferring(plane, '127.0.0.1', wanted, wanted === 0 ? savedPort(options.dataDir) : wanted);
  return { port, podPort: podHost === '127.0.0.1' ? port : await listenPreferring(plane, podHost, 0, port) };
}

/** Takes the preferred port where it is free; a port that was asked for outright and is taken is an error. */
async function listenPreferring(plane: ControlPlane, host: string, asked: number, preferred: number): Promise<number> {
  try {
    return await plane.server.listen(host, preferred);
  } catch (error) {
    if (asked !== 0 || preferred === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return plane.server.listen(host, 0);
  }
}

function firstAddress(cidr: string): string {
  const [base = ''] = cidr.split('/');
  const parts = base.split('.').map(Number);
  return [...parts.slice(0, 3), (parts[3] ?? 0) + 1].join('.');
}

async function waitUntil(condition: () => Promise<boolean>, clock: Clock, untilMs: number): Promise<void> {
  while (!(await condition()) && clock.now() < untilMs) await sleep(clock, RESTORE_POLL_MS);
}
