import { FakeApiClient } from '../client/fake-api-client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { resources, subresource } from '../client/resources.ts';
import { silentLog } from '../client/silent-log.ts';
import type { Deployment, Event, Pod, PodTemplateSpec, ReplicaSet } from '../meta/generated/types.ts';
import type { KubeObject, ResourceRef } from '../meta/kube-object.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import { timeText } from '../meta/times.ts';
import { startControllers, type ControllersOptions } from './start-controllers.ts';

/** All controllers on a fake API server and a clock that the test moves; the test plays kubelet. For tests only. */
export class ControllersHarness implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly api = new FakeApiClient(this.clock);
  readonly #informers = new InformerFactory({ api: this.api, clock: this.clock, log: silentLog });
  readonly #controllers: AsyncDisposable;
  #nextIp = 1;

  constructor(more: Pick<ControllersOptions, 'kubelet' | 'publishesServiceCa' | 'readyReportMs'> = {}) {
    const { api, clock } = this;
    this.#controllers = startControllers({ api, clock, informers: this.#informers, log: silentLog, rootCaPem: 'PEM', ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controllers[Symbol.asyncDispose]();
    await this.#informers[Symbol.asyncDispose]();
  }

  /** Lets everything come to rest with the clock standing still. */
  async settle(): Promise<void> {
    // A chain of reconciles takes several rounds of the clock's own settling.
    for (let round = 0; round < 4; round += 1) await this.clock.advance(0);
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.settle();
  }

  create<T extends KubeObject>(ref: ResourceRef, object: T): Promise<T> {
    return this.api.create<T>(ref, object);
  }

  async list<T extends KubeObject>(ref: ResourceRef): Promise<readonly T[]> {
    return (await this.api.list<T>(ref, { namespace: 'ns' })).items;
  }

  get<T extends KubeObject>(ref: ResourceRef, name: string): Promise<T> {
    return this.api.get<T>(ref, name, 'ns');
  }

  async change<T extends KubeObject>(ref: ResourceRef, name: string, change: (object: T) => T): Promise<T> {
    return this.api.update<T>(ref, change(structuredClone(await this.get<T>(ref, name))));
  }

  /** `Normal ScalingReplicaSet Scaled up…`, oldest first. */
  async events(): Promise<string[]> {
    return (await this.list<Event>(resources.events)).map(({ type = '', reason = '', message = '' }) => `${type} ${reason} ${message}`);
  }

  pods(): Promise<readonly Pod[]> {
    return this.list<Pod>(resources.pods);
  }

  /** Makes pods run and be ready, all that do not yet and that the filter takes. */
  async runPods(filter: (pod: Pod) => boolean = () => true): Promise<void> {
    for (const pod of await this.pods()) {
      if (pod.status?.phase === 'Running' || pod.metadata.deletionTimestamp !== undefined || !filter(pod)) continue;
      const ip = pod.status?.podIP ?? `10.0.0.${this.#nextIp++}`;
      await this.setPodStatus(pod, { phase: 'Running', podIP: ip, conditions: [this.#ready('True')] });
    }
    await this.settle();
  }

  async setReady(name: string, isReady: boolean): Promise<void> {
    const pod = await this.get<Pod>(resources.pods, name);
    await this.setPodStatus(pod, { ...pod.status, conditions: [this.#ready(isReady ? 'True' : 'False')] });
    await this.settle();
  }

  async endPod(name: string, phase: 'Succeeded' | 'Failed'): Promise<void> {
    const pod = await this.get<Pod>(resources.pods, name);
    await this.setPodStatus(pod, { ...pod.status, phase, conditions: [this.#ready('False')] });
    await this.settle();
  }

  setPodStatus(pod: Pod, status: NonNullable<Pod['status']>): Promise<Pod> {
    return this.api.update<Pod>(subresource(resources.pods, 'status'), { ...pod, status });
  }

  /** The ReplicaSets' wanted numbers by the image of their template. */
  async replicaSetSizes(): Promise<Record<string, number>> {
    const sets = await this.list<ReplicaSet>(resources.replicaSets);
    return Object.fromEntries(sets.map(({ spec }) => [spec?.template?.spec?.containers[0]?.image ?? '', spec?.replicas ?? 0]));
  }

  #ready(status: 'True' | 'False'): { type: string; status: string; lastTransitionTime: string } {
    return { type: 'Ready', status, lastTransitionTime: timeText(this.clock.now()) };
  }
}

export function template(image = 'v1', labels: Record<string, string> = { app: 'web' }): PodTemplateSpec {
  return { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } };
}

export function deployment(spec: Partial<NonNullable<Deployment['spec']>> = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'ns' },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: template(),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...spec,
    },
  };
}
