import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterRuntime, RuntimeEvent, RuntimePod } from '../../runtime/runtime.ts';
import type { ClusterLog, NodeSpec } from '../cluster-options.ts';
import type { ApiClient } from '../client/api-client.ts';
import { messageOf, orAbsent } from '../client/api-errors.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import type { Informer, InformerEvent } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { keyOf } from '../client/object-key.ts';
import { resources } from '../client/resources.ts';
import type { Clock } from '../meta/clock.ts';
import type { ConfigMap, PersistentVolume, Pod, Secret, Service } from '../meta/generated/types.ts';
import type { KubeletEndpoint } from '../meta/kubelet-endpoint.ts';
import type { ReferenceReader } from './container-env.ts';
import type { KubeletContext, NodePlace } from './kubelet-context.ts';
import { createNodeEndpoint } from './node-endpoint.ts';
import { GPU_PRODUCT_LABEL } from './gpu-env.ts';
import { nodeCapacity, nodeIp } from './node-object.ts';
import { NodeDevices } from './node-devices.ts';
import { NodeRegistrar } from './node-registrar.ts';
import { referencesOf } from './pod-references.ts';
import { PodWorker } from './pod-worker.ts';
import { removeStrayData, removeVolumeData, volumesDirOf } from './volumes/claim-volumes.ts';
import { SharedVolumes } from './volumes/shared-volumes.ts';

export interface KubeletOptions {
  /** Its identity may read and write what a node may. */
  readonly api: ApiClient;
  readonly informers: InformerFactory;
  readonly runtime: ClusterRuntime;
  readonly nodes: readonly NodeSpec[];
  /** The cluster's folder; pods get theirs below `pods/`. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: ClusterLog;
}

/** A kubelet for all of a cluster's nodes. Disposing stops its work and leaves containers running, for the next one to adopt. */
export interface Kubelet extends AsyncDisposable {
  readonly endpoint: KubeletEndpoint;
  /** Whether no pod is being worked on at this moment. */
  readonly isIdle: boolean;
}

/** Registers the nodes and runs their pods, those included that an earlier kubelet left running. Resolves when the nodes are ready. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const kubelet = new NodesKubelet(options);
  await kubelet.start();
  return kubelet;
}

class NodesKubelet implements Kubelet {
  readonly endpoint: KubeletEndpoint;
  readonly #options: KubeletOptions;
  readonly #context: KubeletContext;
  readonly #nodes = new Map<string, { readonly place: NodePlace; readonly registrar: NodeRegistrar }>();
  readonly #workers = new Map<string, PodWorker>();
  /** Pods that are done here and that a finalizer keeps in the API. */
  readonly #done = new Set<string>();
  readonly #subscriptions: Disposable[] = [];
  readonly #pods: Informer<Pod>;
  #found = new Map<string, RuntimePod>();
  #isLost = false;

  constructor(options: KubeletOptions) {
    const { api, informers, runtime, clock, log, dataDir } = options;
    this.#options = options;
    this.#pods = informers.informer<Pod>(resources.pods);
    const services = informers.informer<Service>(resources.services);
    this.#context = {
      api,
      runtime,
      clock,
      log,
      dataDir,
      references: referenceReader(api),
      sharedVolumes: new SharedVolumes(),
      services: () => services.all(),
      isRuntimeLost: () => this.#isLost,
    };
    for (const [index, spec] of options.nodes.entries()) {
      const ip = nodeIp(index);
      const recorder = new EventRecorder({ api, clock, log, component: 'kubelet', host: spec.name });
      const registrar = new NodeRegistrar({ api, clock, log, spec, ip });
      const devices = new NodeDevices(spec.extendedResources ?? {}, () => registrar.restate());
      const gpuProduct = spec.labels?.[GPU_PRODUCT_LABEL];
      this.#nodes.set(spec.name, {
        place: { name: spec.name, ip, allocatable: nodeCapacity(spec), gpuProduct, devices, recorder },
        registrar,
      });
    }
    this.endpoint = createNodeEndpoint(runtime, (uid) => this.#workers.get(uid));
  }

  get isIdle(): boolean {
    return [...this.#workers.values()].every((worker) => worker.isIdle);
  }

  async start(): Promise<void> {
    const { informers, runtime } = this.#options;
    const registered = Promise.all([...this.#nodes.values()].map(({ registrar }) => registrar.register()));
    this.#subscriptions.push(runtime.subscribe((event) => this.#onRuntimeEvent(event)));
    this.#found = new Map((await runtime.listPods()).map((pod) => [pod.sandbox.podUid, pod]));
    await Promise.all([registered, this.#pods.synced, informers.informer(resources.services).synced]);
    this.#subscriptions.push(this.#pods.subscribe((event) => this.#onPod(event)));
    await this.#removeOrphans();
    const configMaps = informers.informer<ConfigMap>(resources.configMaps);
    const secrets = informers.informer<Secret>(resources.secrets);
    this.#subscriptions.push(
      configMaps.subscribe((event) => this.#onReference('configmap', event)),
      secrets.subscribe((event) => this.#onReference('secret', event)),
    );
    await this.#watchVolumes();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions.splice(0)) subscription[Symbol.dispose]();
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    for (const { place, registrar } of this.#nodes.values()) {
      await registrar[Symbol.asyncDispose]();
      await place.recorder[Symbol.asyncDispose]();
    }
  }

  #onPod(event: InformerEvent<Pod>): void {
    const { uid = '' } = event.object.metadata;
    const worker = this.#workers.get(uid);
    if (event.type === 'deleted') {
      this.#done.delete(uid);
      worker?.gone();
      return;
    }
    if (worker !== undefined) worker.update(event.object);
    else this.#begin(event.object);
  }

  #begin(pod: Pod): void {
    const { uid = '' } = pod.metadata;
    const node = this.#nodes.get(pod.spec?.nodeName ?? '');
    if (node === undefined || this.#done.has(uid)) return;
    const found = this.#found.get(uid);
    this.#found.delete(uid);
    if (found !== undefined) node.place.devices.hold(pod);
    const onDone = (): void => {
      this.#workers.delete(uid);
      if (this.#pods.get(keyOf(pod))?.metadata.uid === uid) this.#done.add(uid);
    };
    const worker = new PodWorker({ context: this.#context, node: node.place, pod, found, onDone });
    this.#workers.set(uid, worker);
    worker.trigger();
  }

  #onReference(kind: 'configmap' | 'secret', event: InformerEvent<ConfigMap | Secret>): void {
    // What a running pod has got already is not taken from it, least of all while its namespace is being emptied.
    if (event.type === 'deleted') return;
    const { name, namespace } = event.object.metadata;
    for (const worker of this.#workers.values()) {
      if (worker.pod.metadata.namespace === namespace && referencesOf(worker.pod).has(`${kind}/${name}`)) worker.referencesChanged();
    }
  }

  async #watchVolumes(): Promise<void> {
    const { informers, dataDir, log } = this.#options;
    const volumes = informers.informer<PersistentVolume>(resources.persistentVolumes);
    await volumes.synced;
    await removeStrayData(volumesDirOf(dataDir), new Set(volumes.all().map(({ metadata }) => metadata.name)));
    const subscription = volumes.subscribe(({ type, object }) => {
      if (type !== 'deleted') return;
      removeVolumeData(volumesDirOf(dataDir), object).catch((error: unknown) => {
        log.error({ volume: object.metadata.name, reason: messageOf(error) }, 'data of a deleted volume not removed');
      });
    });
    this.#subscriptions.push(subscription);
  }

  #onRuntimeEvent(event: RuntimeEvent): void {
    switch (event.kind) {
      case 'container-exited':
        this.#workers.get(event.podUid)?.containerExited(event.id);
        return;
      case 'runtime-lost':
        this.#isLost = true;
        this.#options.log.warn({ reason: event.reason }, 'container runtime lost');
        for (const { registrar } of this.#nodes.values()) registrar.setHealth({ isReady: false, reason: event.reason });
        return;
      case 'runtime-back':
        void this.#onRuntimeBack();
    }
  }

  async #onRuntimeBack(): Promise<void> {
    try {
      const found = new Map((await this.#context.runtime.listPods()).map((pod) => [pod.sandbox.podUid, pod]));
      this.#isLost = false;
      for (const [uid, worker] of this.#workers) worker.runtimeBack(found.get(uid));
      for (const { registrar } of this.#nodes.values()) registrar.setHealth({ isReady: true });
    } catch (error) {
      this.#options.log.error({ reason: messageOf(error) }, 'container runtime came back and does not answer');
    }
  }

  /** What an earlier kubelet ran and the API knows no more: deleted while nobody was there to stop it. */
  async #removeOrphans(): Promise<void> {
    const { runtime, log, dataDir } = this.#options;
    for (const uid of this.#found.keys()) {
      log.info({ podUid: uid }, 'removing a pod that the API does not know');
      await runtime.removePodSandbox(uid);
    }
    this.#found.clear();
    const folders = await readdir(join(dataDir, 'pods')).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return [];
    });
    for (const uid of folders) if (!this.#workers.has(uid)) await rm(join(dataDir, 'pods', uid), { recursive: true, force: true });
  }
}

/** Reads from the API rather than from a copy: a pod may be started within the millisecond after its Secret was made. */
function referenceReader(api: ApiClient): ReferenceReader {
  return {
    configMap: (namespace, name) => orAbsent(api.get<ConfigMap>(resources.configMaps, name, namespace)),
    secret: (namespace, name) => orAbsent(api.get<Secret>(resources.secrets, name, namespace)),
  };
}
