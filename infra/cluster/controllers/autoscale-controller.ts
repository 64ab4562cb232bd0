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
  LabelSelector,
  MetricStatus,
  Pod,
} from '../meta/generated/types.ts';
import type { ResourceRef } from '../meta/kube-object.ts';
import type { KubeletEndpoint } from '../meta/kubelet-endpoint.ts';
import { groupResourceOf } from '../meta/registry.ts';
import { isPodActive } from '../meta/pod-status.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { timeText } from '../meta/times.ts';
import { emptyMemory, metricOpinion, planScale, type MeasuredPod, type MetricOpinion, type ScaleMemory } from './autoscale-plan.ts';
import { summaryOf, type MetricFailure } from './autoscale-failure.ts';
import { awaitable, disposeAll, recorderFor, startLoop, type ControllerContext } from './controller-context.ts';
import { UsageMeter } from './usage-meter.ts';

const PERIOD_MS = 15_000;

/** What can be scaled: all have spec.replicas and spec.selector in the same place, the oldest kind a plain map of labels. */
const targets: Readonly<Record<string, ResourceRef>> = {
  Deployment: resources.deployments,
  StatefulSet: resources.statefulSets,
  ReplicaSet: resources.replicaSets,
  ReplicationController: resources.replicationControllers,
};

type Scalable = Pick<Deployment, 'apiVersion' | 'kind' | 'metadata' | 'spec' | 'status'>;
/** What an autoscaler points at, and where it is written. */
interface Target {
  readonly ref: ResourceRef;
  readonly held: Scalable;
}
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
      const why = missingTarget(autoscaler.spec.scaleTargetRef, ref);
      const message = `the HPA controller was unable to get the target's current scale: ${why}`;
      recorder.record(autoscaler, 'Warning', 'FailedGetScale', why);
      await writeStatus(autoscaler, { ...heldStatus(autoscaler) }, [
        { type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message },
      ]);
    } else await scale(key, autoscaler, { ref, held: target });
    return { requeueAfterMs: PERIOD_MS };
  }

  async function scale(key: ObjectKey, autoscaler: HorizontalPodAutoscaler, target: Target): Promise<void> {
    const current = target.held.spec?.replicas ?? 1;
    const { minReplicas = 1, maxReplicas } = autoscaler.spec;
    if (current === 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      await writeStatus(autoscaler, { currentReplicas: 0, desiredReplicas: 0 }, [
        foundScale,
        { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message },
      ]);
      return;
    }
    // Bounds are kept to whether anything can be measured or not.
    if (current > maxReplicas) return bringWithin(autoscaler, target, maxReplicas, 'Current number of replicas above Spec.MaxReplicas');
    if (current < minReplicas) return bringWithin(autoscaler, target, minReplicas, 'Current number of replicas below Spec.MinReplicas');
    const opinions = await measure(autoscaler, target.held, current);
    const failures = opinions.filter((opinion) => opinion.kind === 'failed');
    const counts = opinions.filter((opinion) => opinion.kind === 'count');
    const [best] = counts.toSorted((a, b) => b.replicas - a.replicas);
    for (const { reason, message } of failures) recorder.record(autoscaler, 'Warning', reason, message);
    const currentMetrics = opinions.map((opinion) => (opinion.kind === 'count' ? opinion.status : { type: '' }));
    // With a metric missing it is not known that less would do.
    if (best === undefined || (failures.length > 0 && best.replicas < current)) {
      await tellFailure(autoscaler, current, failures, currentMetrics);
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
    if (isChanged) {
      const why = decision.replicas > current ? `${best.name} above target` : 'All metrics below target';
      await resize(autoscaler, target, decision.replicas, why);
    }
    const scaled = isChanged ? rescaled(decision.replicas) : heldWords[decision.held ?? 'free'];
    const lastScaleTime = isChanged ? timeText(clock.now()) : autoscaler.status?.lastScaleTime;
    const status = {
      currentReplicas: current,
      desiredReplicas: decision.replicas,
      currentMetrics,
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    };
    await writeStatus(autoscaler, status, [scaled, active, limitedWords[decision.limited]]);
  }

  async function bringWithin(autoscaler: HorizontalPodAutoscaler, target: Target, replicas: number, why: string): Promise<void> {
    await resize(autoscaler, target, replicas, why);
    const status = { currentReplicas: target.held.spec?.replicas ?? 1, desiredReplicas: replicas, lastScaleTime: timeText(clock.now()) };
    await writeStatus(autoscaler, status, [rescaled(replicas)]);
  }

  async function tellFailure(
    autoscaler: HorizontalPodAutoscaler,
    current: number,
    failures: readonly MetricFailure[],
    currentMetrics: MetricStatus[],
  ): Promise<void> {
    const [first] = failures;
    if (first === undefined) return;
    recorder.record(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', summaryOf(failures, currentMetrics.length));
    const message = `the HPA was unable to compute the replica count: ${first.message}`;
    await writeStatus(autoscaler, { ...heldStatus(autoscaler), currentReplicas: current, currentMetrics }, [
      foundScale,
      { type: 'ScalingActive', status: 'False', reason: first.reason, message },
    ]);
  }

  async function resize(autoscaler: HorizontalPodAutoscaler, { ref, held }: Target, replicas: number, why: string): Promise<void> {
    if (held.spec === undefined) return;
    await api.update<Scalable>(ref, { ...held, spec: { ...held.spec, replicas } });
    recorder.record(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${why}`);
  }

  async function measure({ spec, metadata }: HorizontalPodAutoscaler, target: Scalable, current: number): Promise<MetricOpinion[]> {
    const selector = spec.scaleTargetRef.kind === 'ReplicationController' ? labelsSelector(target) : target.spec?.selector;
    const selected = pods
      .inNamespace(metadata.namespace ?? '')
      .filter((pod) => isPodActive(pod) && labelSelectorMatches(selector, pod.metadata.labels));
    const measured = await Promise.all(selected.map(async (pod): Promise<MeasuredPod> => ({ pod, usage: await meter.read(pod) })));
    return (spec.metrics ?? []).map((metric) => metricOpinion(metric, measured, current, metadata.namespace ?? ''));
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

const foundScale: Verdict = {
  type: 'AbleToScale',
  status: 'True',
  reason: 'SucceededGetScale',
  message: "the HPA controller was able to get the target's current scale",
};

const heldWords: Readonly<Record<'up' | 'down' | 'free', Verdict>> = {
  free: { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale', message: 'recommended size matches current size' },
  up: {
    type: 'AbleToScale',
    status: 'True',
    reason: 'ScaleDownStabilized',
    message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
  },
  down: {
    type: 'AbleToScale',
    status: 'True',
    reason: 'ScaleUpStabilized',
    message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
  },
};

function rescaled(replicas: number): Verdict {
  const message = `the HPA controller was able to update the target scale to ${replicas}`;
  return { type: 'AbleToScale', status: 'True', reason: 'SucceededRescale', message };
}

function labelsSelector({ spec }: Scalable): LabelSelector {
  return { matchLabels: (spec?.selector ?? {}) as Record<string, string> };
}

/** What is kept of the status while there is nothing new to say. */
function heldStatus({ status }: HorizontalPodAutoscaler): HorizontalPodAutoscalerStatus {
  const { conditions: _conditions, ...held } = status ?? { desiredReplicas: 0 };
  return held;
}

function missingTarget(
  { apiVersion = '', kind, name }: HorizontalPodAutoscaler['spec']['scaleTargetRef'],
  ref: ResourceRef | undefined,
): string {
  if (ref !== undefined) return `${groupResourceOf(ref)} ${JSON.stringify(name)} not found`;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return `unable to determine resource for scale target reference: no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`;
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
