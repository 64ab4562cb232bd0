import type { Node, Pod } from '../meta/generated/types.ts';
import type { KubeletEndpoint } from '../meta/kubelet-endpoint.ts';
import { notFound } from '../meta/status-error.ts';
import { labelSelectorText } from './metrics-selector.ts';
import { timeText } from '../meta/times.ts';
import { quantityOfBytes } from '../meta/quantity.ts';
import type { Clock } from '../meta/clock.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Call } from './call.ts';
import { sendObject } from './http-exchange.ts';
import type { HttpCall } from './resource-handler.ts';
import type { Visibility } from './visibility.ts';

/** How far two samples lie apart at least, so that a rate means something. */
const MIN_WINDOW_MS = 200;

interface Sample {
  readonly atMs: number;
  readonly cpuNanoseconds: number;
  /** Rate as of the sample before, in nanocores. */
  readonly nanocores: number;
  readonly windowMs: number;
}

export interface MetricsParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly visibility: Visibility;
  readonly kubelet: () => KubeletEndpoint;
}

/** metrics.k8s.io as metrics-server has it: real usage of running pods, and nodes as their sums. CPU is the rate between two requests. */
export class MetricsApi {
  readonly #parts: MetricsParts;
  readonly #samples = new Map<string, Sample>();

  constructor(parts: MetricsParts) {
    this.#parts = parts;
  }

  async answer(http: HttpCall, call: Call): Promise<void> {
    const { target, query, response } = http;
    const isPods = call.info.resource === 'pods';
    const all = isPods ? await this.#podMetrics(call, query) : await this.#nodeMetrics(call);
    if (target.name !== undefined) {
      const found = all.find((entry) => entry.metadata.name === target.name);
      if (found === undefined) throw notFound({ group: 'metrics.k8s.io', resource: isPods ? 'pods' : 'nodes' }, target.name);
      sendObject(response, 200, { kind: isPods ? 'PodMetrics' : 'NodeMetrics', apiVersion: 'metrics.k8s.io/v1beta1', ...found });
      return;
    }
    sendObject(response, 200, {
      kind: isPods ? 'PodMetricsList' : 'NodeMetricsList',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {},
      items: all,
    });
  }

  async #podMetrics(call: Call, query: URLSearchParams): Promise<readonly PodMetrics[]> {
    const matches = labelSelectorText(query.get('labelSelector'));
    const pods = (this.#parts.store.list('/pods', call.namespace) as readonly Pod[]).filter(
      (pod) => pod.status?.phase === 'Running' && this.#parts.visibility.isVisible(call.user, pod) && matches(pod),
    );
    return Promise.all(pods.map((pod) => this.#measure(pod)));
  }

  async #measure(pod: Pod): Promise<PodMetrics> {
    const { namespace = '', name, uid = '', labels } = pod.metadata;
    const containers = await this.#parts.kubelet().stats({ namespace, name, uid });
    const nowMs = this.#parts.clock.now();
    const measured = containers.map(({ container, stats }) => {
      const sample = this.#sample(`${uid}/${container}`, nowMs, stats.cpuNanoseconds, Date.parse(pod.status?.startTime ?? ''));
      return {
        name: container,
        usage: { cpu: `${Math.round(sample.nanocores)}n`, memory: quantityOfBytes(Math.floor(stats.memoryWorkingSetBytes / 1024) * 1024) },
        windowMs: sample.windowMs,
      };
    });
    const windowMs = Math.max(1000, ...measured.map((entry) => entry.windowMs));
    return {
      metadata: { name, namespace, creationTimestamp: timeText(nowMs), ...(labels === undefined ? {} : { labels }) },
      timestamp: timeText(nowMs),
      window: `${(windowMs / 1000).toFixed(3)}s`,
      containers: measured.map(({ name: container, usage }) => ({ name: container, usage })),
    };
  }

  #sample(key: string, nowMs: number, cpuNanoseconds: number, startedMs: number): Sample {
    const before = this.#samples.get(key);
    const sinceMs = nowMs - (before?.atMs ?? startedMs);
    if (before !== undefined && sinceMs < MIN_WINDOW_MS) return before;
    const windowMs = Math.max(sinceMs, 1);
    const used = cpuNanoseconds - (before?.cpuNanoseconds ?? 0);
    const sample = { atMs: nowMs, cpuNanoseconds, nanocores: Math.max(0, used / (windowMs / 1000)), windowMs };
    if (this.#samples.size > 5_000) this.#samples.clear();
    this.#samples.set(key, sample);
    return sample;
  }

  async #nodeMetrics(call: Call): Promise<readonly NodeMetrics[]> {
    const pods = this.#parts.store.list('/pods') as readonly Pod[];
    const running = await Promise.all(
      pods
        .filter((pod) => pod.status?.phase === 'Running')
        .map(async (pod) => ({ node: pod.spec?.nodeName, metrics: await this.#measure(pod) })),
    );
    const nodes = (this.#parts.store.list('/nodes') as readonly Node[]).filter((node) => this.#parts.visibility.isVisible(call.user, node));
    return nodes.map((node) => {
      const containers = running.filter((entry) => entry.node === node.metadata.name).flatMap((entry) => entry.metrics.containers);
      const cpu = containers.reduce((sum, { usage }) => sum + Number.parseInt(usage.cpu, 10), 0);
      const memoryKi = containers.reduce((sum, { usage }) => sum + toKi(usage.memory), 0);
      const nowMs = this.#parts.clock.now();
      return {
        metadata: { name: node.metadata.name, creationTimestamp: timeText(nowMs) },
        timestamp: timeText(nowMs),
        window: '10s',
        usage: { cpu: `${cpu}n`, memory: `${memoryKi}Ki` },
      };
    });
  }
}

interface PodMetrics {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly creationTimestamp: string;
    readonly labels?: Record<string, string>;
  };
  readonly timestamp: string;
  readonly window: string;
  readonly containers: readonly { readonly name: string; readonly usage: { readonly cpu: string; readonly memory: string } }[];
}

interface NodeMetrics {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly timestamp: string;
  readonly window: string;
  readonly usage: { readonly cpu: string; readonly memory: string };
}

function toKi(quantity: string): number {
  const factor = quantity.endsWith('Gi') ? 1_048_576 : quantity.endsWith('Mi') ? 1024 : quantity.endsWith('Ki') ? 1 : 1 / 1024;
  return Math.round(Number.parseFloat(quantity) * factor);
}
