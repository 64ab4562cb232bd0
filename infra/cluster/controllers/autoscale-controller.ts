import { isDeepStrictEqual } from 'node:util';
import { orAbsent } from '../client/api-errors.ts';
import { keyOf, namespacedKey, type ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import type { ReconcileResult } from '../client/run-controller.ts';
import type {
  Deployment,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  Pod,
} from '../meta/generated/types.ts';
import type { ResourceRef } from '../meta/kube-object.ts';
import type { KubeletEndpoint } from '../meta/kubelet-endpoint.ts';
import { isPodActive } from '../meta/pod-status.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { timeText } from '../meta/times.ts';
import {
  emptyMemory,
  metricOpinion,
  planScale,
  type MeasuredPod,
  type MetricOpinion,
  type PodUsage,
  type ScaleMemory,
} from './autoscale-plan.ts';
import { awaitable, disposeAll, recorderFor, startLoop, type ControllerContext } from './controller-context.ts';

const PERIOD_MS = 15_000;
/** Pods whose last reading is kept; the longest unread goes first. */
const MAX_SAMPLED_PODS = 1_000;

/** What can be scaled: all have spec.replicas and spec.selector in the same place. */
const targets: Readonly<Record<string, ResourceRef>> = {
  Deployment: resources.deployments,
  StatefulSet: resources.statefulSets,
  ReplicaSet: resources.replicaSets,
};

type Scalable = Pick<Deployment, 'apiVersion' | 'kind' | 'metadata' | 'spec' | 'status'>;
type Verdict = Omit<HorizontalPodAutoscalerCondition, 'lastTransitionTime'>;

/** Sizes what HorizontalPodAutoscalers point at by what its pods use. */
export function startAutoscaleController(context: ControllerContext, kubelet: Pick<KubeletEndpoint, 'stats'>): AsyncDisposable {
  const { api, informers, clock } = context;
  const autoscalers = informers.informer<HorizontalPodAutoscaler>(resources.horizontalPodAutoscalers);
  const pods = informers.informer<Pod>(resources.pods);
  const recorder = recorderFor(context, 'horizontal-pod-autoscaler');
  const memories = new Map<ObjectKey, ScaleMemory>();
  const meter = new UsageMeter(kubelet);

  async function reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const held = autoscalers.get(key);
    if (held === undefined) {
      memories.delete(key);
      return undefined;
    }
    const autoscaler = { ...held, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' };
    const { namespace } = namespacedKey(key);
    const { kind, name } = autoscaler.spec.scaleTargetRef;
    const ref = targets[kind];
    const target = ref === undefined ? undefined : await orAbsent(api.get<Scalable>(ref, name, namespace));
    if (ref === undefined || target === undefined) {
      const message = `the HPA controller was unable to get the target's current scale: ${kind.toLowerCase()}s "${name}" not found`;
      recorder.record(autoscaler, 'Warning', 'FailedGetScale', message);
      await writeStatus(autoscaler, { desiredReplicas: 0 }, [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message }]);
    } else await scale(key, autoscaler, ref, target);
    return { requeueAfterMs: PERIOD_MS };
  }

  async function scale(key: ObjectKey, autoscaler: HorizontalPodAutoscaler, ref: ResourceRef, target: Scalable): Promise<void> {
    const current = target.spec?.replicas ?? 1;
    const able: Verdict = {
      type: 'AbleToScale',
      status: 'True',
      reason: 'ReadyForNewScale',
      message: 'recommended size matches current size',
    };
    if (current === 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      await writeStatus(autoscaler, { currentReplicas: 0, desiredReplicas: 0 }, [
        able,
        { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message },
      ]);
      return;
    }
    const opinions = await measure(autoscaler, target, current);
    const failure = opinions.find((opinion) => opinion.kind === 'failed');
    const counts = opinions.flatMap((opinion) => (opinion.kind === 'count' ? [opinion] : []));
    const [best] = counts.sort((a, b) => b.replicas - a.replicas);
    // With a metric missing it is not known that less would do.
    if (best === undefined || (failure !== undefined && best.replicas <= current)) {
      await tellFailure(autoscaler, current, able, failure);
      return;
    }
    const decision = planScale(autoscaler, current, best.replicas, memories.get(key) ?? emptyMemory, clock.now());
    memories.set(key, decision.memory);
    const active: Verdict = {
      type: 'ScalingActive',
      status: 'True',
      reason: 'ValidMetricFound',
      message: `the HPA was able to successfully calculate a replica count from ${best.name}`,
    };
    const isChanged = decision.replicas !== current;
    if (isChanged) await resize(autoscaler, ref, target, decision.replicas, best.name, current);
    const message = `the HPA controller was able to update the target scale to ${decision.replicas}`;
    const scaled: Verdict = isChanged ? { type: 'AbleToScale', status: 'True', reason: 'SucceededRescale', message } : able;
    const lastScaleTime = isChanged ? timeText(clock.now()) : autoscaler.status?.lastScaleTime;
    const status = {
      currentReplicas: current,
      desiredReplicas: decision.replicas,
      currentMetrics: counts.map((count) => count.status),
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    };
    await writeStatus(autoscaler, status, [scaled, active, limitedWords[decision.limited]]);
  }

  async function tellFailure(
    autoscaler: HorizontalPodAutoscaler,
    current: number,
    able: Verdict,
    failure: MetricOpinion | undefined,
  ): Promise<void> {
    if (failure?.kind !== 'failed') return;
    const message = `the HPA was unable to compute the replica count: ${failure.message}`;
    recorder.record(autoscaler, 'Warning', failure.reason, failure.message);
    await writeStatus(autoscaler, { currentReplicas: current, desiredReplicas: current }, [
      able,
      { type: 'ScalingActive', status: 'False', reason: failure.reason, message },
    ]);
  }

  async function resize(
    autoscaler: HorizontalPodAutoscaler,
    ref: ResourceRef,
    target: Scalable,
    replicas: number,
    why: string,
    from: number,
  ): Promise<void> {
    if (target.spec === undefined) return;
    await api.update<Scalable>(ref, { ...target, spec: { ...target.spec, replicas } });
    const reason = replicas > from ? `${why} above target` : 'All metrics below target';
    recorder.record(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
  }

  async function measure({ spec, metadata }: HorizontalPodAutoscaler, target: Scalable, current: number): Promise<MetricOpinion[]> {
    const selected = pods
      .inNamespace(metadata.namespace ?? '')
      .filter((pod) => isPodActive(pod) && labelSelectorMatches(target.spec?.selector, pod.metadata.labels));
    const measured = await Promise.all(selected.map(async (pod): Promise<MeasuredPod> => ({ pod, usage: await meter.read(pod) })));
    return (spec.metrics ?? []).map((metric) => metricOpinion(metric, measured, current));
  }

  async function writeStatus(
    autoscaler: HorizontalPodAutoscaler,
    status: HorizontalPodAutoscalerStatus,
    verdicts: readonly Verdict[],
  ): Promise<void> {
    const held = autoscaler.status?.conditions ?? [];
    const conditions = verdicts.map((verdict) => {
      const before = held.find(({ type }) => type === verdict.type);
      const lastTransitionTime =
        before?.status === verdict.status ? (before.lastTransitionTime ?? timeText(clock.now())) : timeText(clock.now());
      return { ...verdict, lastTransitionTime };
    });
    const wanted = { ...status, conditions };
    if (isDeepStrictEqual(wanted, autoscaler.status)) return;
    await api.update<HorizontalPodAutoscaler>(subresource(resources.horizontalPodAutoscalers, 'status'), { ...autoscaler, status: wanted });
  }

  const loop = startLoop(context, {
    name: 'autoscale',
    waitFor: [awaitable(autoscalers), awaitable(pods)],
    // Its own writes to the status are no reason to look again before the period is over.
    watch: (queue) => [
      autoscalers.subscribe((event) => {
        if (event.type === 'updated' && isDeepStrictEqual(event.object.spec, event.previous.spec)) return;
        queue.add(keyOf(event.object));
      }),
    ],
    reconcile,
  });
  return disposeAll([recorder, loop]);
}

const limitedWords: Readonly<Record<ReturnType<typeof planScale>['limited'], Verdict>> = {
  within: {
    type: 'ScalingLimited',
    status: 'False',
    reason: 'DesiredWithinRange',
    message: 'the desired count is within the acceptable range',
  },
  stabilized: {
    type: 'ScalingLimited',
    status: 'False',
    reason: 'DesiredWithinRange',
    message: 'the desired count is within the acceptable range',
  },
  'too-few': {
    type: 'ScalingLimited',
    status: 'True',
    reason: 'TooFewReplicas',
    message: 'the desired replica count is less than the minimum replica count',
  },
  'too-many': {
    type: 'ScalingLimited',
    status: 'True',
    reason: 'TooManyReplicas',
    message: 'the desired replica count is more than the maximum replica count',
  },
  'scale-up-limit': {
    type: 'ScalingLimited',
    status: 'True',
    reason: 'ScaleUpLimit',
    message: 'the desired replica count is increasing faster than the maximum scale rate',
  },
  'scale-down-limit': {
    type: 'ScalingLimited',
    status: 'True',
    reason: 'ScaleDownLimit',
    message: 'the desired replica count is decreasing faster than the maximum scale rate',
  },
};

interface Sample {
  readonly atMs: number;
  readonly cpuNanoseconds: number;
}

/** Makes rates of what the kubelet counts: two readings of a container make its use of cpu. Forgets the pods that it was not asked about for longest. */
class UsageMeter {
  readonly #kubelet: Pick<KubeletEndpoint, 'stats'>;
  readonly #samples = new Map<string, ReadonlyMap<string, Sample>>();

  constructor(kubelet: Pick<KubeletEndpoint, 'stats'>) {
    this.#kubelet = kubelet;
  }

  async read({ metadata }: Pod): Promise<PodUsage | undefined> {
    const { namespace = '', name, uid = '' } = metadata;
    const readings = await this.#kubelet.stats({ namespace, name, uid });
    const before = this.#samples.get(uid);
    this.#remember(
      uid,
      new Map(readings.map(({ container, stats }) => [container, { atMs: stats.at.getTime(), cpuNanoseconds: stats.cpuNanoseconds }])),
    );
    if (before === undefined || readings.length === 0) return undefined;
    // What has been looked at once only is not idle: its usage is not known yet.
    if (readings.some(({ container }) => !before.has(container))) return undefined;
    const usage = new Map<string, { cpu: bigint; memory: bigint }>();
    for (const { container, stats } of readings) {
      const last = before.get(container);
      const elapsedMs = last === undefined ? 0 : stats.at.getTime() - last.atMs;
      const spentNs = last === undefined ? 0 : stats.cpuNanoseconds - last.cpuNanoseconds;
      // A container that began anew counts from nothing.
      const cpu = elapsedMs <= 0 || spentNs < 0 ? 0n : BigInt(Math.round((spentNs * 1000) / elapsedMs));
      usage.set(container, { cpu, memory: BigInt(stats.memoryWorkingSetBytes) * 1_000_000_000n });
    }
    return usage;
  }

  #remember(uid: string, samples: ReadonlyMap<string, Sample>): void {
    this.#samples.delete(uid);
    this.#samples.set(uid, samples);
    if (this.#samples.size <= MAX_SAMPLED_PODS) return;
    for (const oldest of this.#samples.keys()) {
      this.#samples.delete(oldest);
      return;
    }
  }
}
