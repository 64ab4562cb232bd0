import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec, MetricStatus, Pod } from '../meta/generated/types.ts';
import { isPodReady } from '../meta/pod-status.ts';
import { formatQuantity, parseQuantity } from '../meta/quantity.ts';
import { adapterFailure, resourceFailure, type MetricFailure } from './autoscale-failure.ts';

/** What a pod's containers use of cpu (billionths of a core) and memory (billionths of a byte), by container. */
export type PodUsage = ReadonlyMap<string, { readonly cpu: bigint; readonly memory: bigint }>;

export interface MeasuredPod {
  readonly pod: Pod;
  /** Undefined while there is no measurement of it yet. */
  readonly usage: PodUsage | undefined;
}

/** One metric's opinion of how many replicas there should be. */
export type MetricOpinion =
  { readonly kind: 'count'; readonly replicas: number; readonly status: MetricStatus; readonly name: string } | MetricFailure;

/** Within this share of the target nothing is scaled. */
const TOLERANCE = 0.1;
const ROUNDING = 1e-9;

/** The opinion of one metric of a namespace's autoscaler, after Kubernetes' replica calculator. Only resources can be measured here. */
export function metricOpinion(metric: MetricSpec, pods: readonly MeasuredPod[], current: number, namespace: string): MetricOpinion {
  const missing = adapterFailure(metric, namespace);
  if (missing !== undefined) return missing;
  const source = metric.resource ?? metric.containerResource;
  if (source === undefined) return resourceFailure(metric, 'no resource is named');
  const only = metric.containerResource?.container;
  const { name, target } = source;
  const isUtilization = target.type !== 'AverageValue';
  const share = BigInt(target.averageUtilization ?? 80);
  const sized: SizedPod[] = [];
  for (const { pod, usage } of pods) {
    const requested = isUtilization ? requestOf(pod, name, only) : 0n;
    if (typeof requested === 'string') return resourceFailure(metric, requested);
    const wanted = isUtilization ? (requested * share) / 100n : parseQuantity(target.averageValue ?? '0').nano;
    const most = isUtilization && share < 100n ? requested : wanted;
    const used = usage === undefined ? undefined : usedBy(usage, name, only);
    // Kubernetes asks for readiness only where starting up would count as load; what does not run yet is not ready for anything.
    const isReady = pod.status?.phase !== 'Pending' && (name !== 'cpu' || isPodReady(pod));
    sized.push({ used, wanted, most, requested, isReady });
  }
  const counted = sized.filter(isCounted);
  if (counted.length === 0) {
    const isMeasured = sized.some(({ used }) => used !== undefined);
    const why = isMeasured
      ? 'did not receive metrics for targeted pods (pods might be unready)'
      : `unable to get metrics for resource ${name}: no metrics returned from resource metrics API`;
    return resourceFailure(metric, why);
  }
  const replicas = replicasFor(sized, current);
  if (replicas === undefined) return resourceFailure(metric, isUtilization ? `no ${name} is requested` : 'the target is zero');
  const total = counted.reduce((sum, { used }) => sum + used, 0n);
  const average = total / BigInt(counted.length);
  const words = only === undefined ? `${name} resource utilization` : `${name} container resource utilization`;
  if (!isUtilization) return { kind: 'count', replicas, name: words, status: statusOf(metric, average, undefined) };
  const utilization = Number((total * 100n) / counted.reduce((sum, { requested }) => sum + requested, 0n));
  return { kind: 'count', replicas, name: `${words} (percentage of request)`, status: statusOf(metric, average, utilization) };
}

/** A pod as the calculation sees it; amounts in billionths. */
interface SizedPod {
  readonly used: bigint | undefined;
  /** What it would use at the target. */
  readonly wanted: bigint;
  /** What it is taken to use, unmeasured, before anything is made smaller. */
  readonly most: bigint;
  readonly requested: bigint;
  readonly isReady: boolean;
}

function isCounted(pod: SizedPod): pod is SizedPod & { readonly used: bigint } {
  return pod.used !== undefined && pod.isReady;
}

/**
 * Replicas that bring the use to the target, after Kubernetes' replica calculator: pods that are not measured are taken to be busy
 * before it is scaled down and idle before it is scaled up, unready ones idle too; where that turns the direction, nothing is done.
 * Undefined where nothing is wanted of any pod.
 */
function replicasFor(pods: readonly SizedPod[], current: number): number | undefined {
  const counted = pods.filter(isCounted);
  const ratio = ratioOf(counted);
  if (ratio === undefined) return undefined;
  const missing = pods.filter(({ used, isReady }) => used === undefined && isReady);
  const unready = ratio > 1 ? pods.filter(({ isReady }) => !isReady) : [];
  if (missing.length === 0 && unready.length === 0) return isNear(ratio) ? current : ceil(ratio * counted.length);
  const assumed = missing.map((pod) => ({ ...pod, used: ratio < 1 ? pod.most : 0n }));
  const all = [...counted, ...assumed, ...unready.map((pod) => ({ ...pod, used: 0n }))];
  const anew = ratioOf(all) ?? ratio;
  if (isNear(anew) || anew < 1 !== ratio < 1) return current;
  const replicas = ceil(anew * all.length);
  return anew < 1 ? Math.min(replicas, current) : Math.max(replicas, current);
}

function ratioOf(pods: readonly { readonly used: bigint; readonly wanted: bigint }[]): number | undefined {
  const wanted = pods.reduce((sum, pod) => sum + pod.wanted, 0n);
  return wanted <= 0n ? undefined : Number(pods.reduce((sum, { used }) => sum + used, 0n)) / Number(wanted);
}

function isNear(ratio: number): boolean {
  return Math.abs(1 - ratio) <= TOLERANCE + ROUNDING;
}

function ceil(replicas: number): number {
  return Math.ceil(replicas - ROUNDING);
}

function usedBy(usage: PodUsage, resource: string, only: string | undefined): bigint {
  let sum = 0n;
  for (const [container, amounts] of usage)
    if (only === undefined || only === container) sum += resource === 'cpu' ? amounts.cpu : amounts.memory;
  return sum;
}

/** What a pod's containers request, or the complaint of one without. */
function requestOf({ spec, metadata }: Pod, resource: string, only: string | undefined): bigint | string {
  let sum = 0n;
  for (const container of spec?.containers ?? []) {
    if (only !== undefined && container.name !== only) continue;
    const text = container.resources?.requests?.[resource];
    if (text === undefined) return `missing request for ${resource} in container ${container.name} of Pod ${metadata.name}`;
    sum += parseQuantity(text).nano;
  }
  return sum;
}

function statusOf(metric: MetricSpec, average: bigint, utilization: number | undefined): MetricStatus {
  const isCpu = (metric.resource ?? metric.containerResource)?.name === 'cpu';
  // Cpu to the thousandth, memory to the byte.
  const unit = isCpu ? 1_000_000n : 1_000_000_000n;
  const averageValue = formatQuantity({ nano: (average / unit) * unit, format: isCpu ? 'DecimalSI' : 'BinarySI' });
  const current = { ...(utilization === undefined ? {} : { averageUtilization: utilization }), averageValue };
  if (metric.containerResource !== undefined) {
    const { name, container } = metric.containerResource;
    return { type: metric.type, containerResource: { name, container, current } };
  }
  return { type: metric.type, resource: { name: metric.resource?.name ?? '', current } };
}

/** What an autoscaler remembers between its turns. Times in milliseconds. */
export interface ScaleMemory {
  readonly recommendations: readonly { readonly atMs: number; readonly replicas: number }[];
  readonly changes: readonly { readonly atMs: number; readonly by: number }[];
}

export const emptyMemory: ScaleMemory = { recommendations: [], changes: [] };

export interface ScaleDecision {
  readonly replicas: number;
  readonly limited: 'within' | 'too-few' | 'too-many' | 'scale-up-limit' | 'scale-down-limit' | 'stabilized';
  /** Whether an earlier recommendation was followed instead, and which way it held the size. */
  readonly held: 'up' | 'down' | undefined;
  readonly memory: ScaleMemory;
}

const DEFAULT_DOWN_WINDOW_SECONDS = 300;
const defaultUp: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const defaultDown: HPAScalingRules = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };

/** Brings a recommendation within the bounds, the stabilization windows and the policies. */
export function planScale(
  { spec }: HorizontalPodAutoscaler,
  current: number,
  recommended: number,
  memory: ScaleMemory,
  nowMs: number,
): ScaleDecision {
  const up = { ...defaultUp, ...spec.behavior?.scaleUp };
  const down = { ...defaultDown, ...spec.behavior?.scaleDown };
  const upWindowMs = (up.stabilizationWindowSeconds ?? 0) * 1000;
  const downWindowMs = (down.stabilizationWindowSeconds ?? DEFAULT_DOWN_WINDOW_SECONDS) * 1000;
  const recommendations = [...memory.recommendations, { atMs: nowMs, replicas: recommended }].filter(
    ({ atMs }) => nowMs - atMs <= Math.max(upWindowMs, downWindowMs),
  );
  const within = (windowMs: number): number[] =>
    recommendations.filter(({ atMs }) => nowMs - atMs <= windowMs).map(({ replicas }) => replicas);
  const stabilized = Math.min(Math.max(current, Math.min(...within(upWindowMs))), Math.max(...within(downWindowMs)));
  const limit =
    stabilized > current
      ? current + allowance(up, current, memory, nowMs, 1)
      : Math.max(0, current - allowance(down, current, memory, nowMs, -1));
  const stepped = stabilized > current ? Math.min(stabilized, limit) : Math.max(stabilized, limit);
  const least = spec.minReplicas ?? 1;
  const replicas = Math.min(spec.maxReplicas, Math.max(least, stepped));
  const changes = [...memory.changes, ...(replicas === current ? [] : [{ atMs: nowMs, by: replicas - current }])].filter(
    ({ atMs }) => nowMs - atMs <= 1_800_000,
  );
  return {
    replicas,
    held: stabilized === recommended ? undefined : stabilized > recommended ? 'up' : 'down',
    limited: limitOf({ recommended, stabilized, stepped, replicas, least, most: spec.maxReplicas }),
    memory: { recommendations, changes },
  };
}

interface Steps {
  readonly recommended: number;
  readonly stabilized: number;
  readonly stepped: number;
  readonly replicas: number;
  readonly least: number;
  readonly most: number;
}

function limitOf({ recommended, stabilized, stepped, least, most }: Steps): ScaleDecision['limited'] {
  if (stepped > most || (stepped === most && recommended > most)) return 'too-many';
  if (stepped < least || (stepped === least && recommended < least)) return 'too-few';
  if (stepped < stabilized) return 'scale-up-limit';
  if (stepped > stabilized) return 'scale-down-limit';
  return stabilized === recommended ? 'within' : 'stabilized';
}

/** By how many replicas the policies let it go in one direction, counting what was done in their periods already. */
function allowance(rules: HPAScalingRules, current: number, { changes }: ScaleMemory, nowMs: number, direction: 1 | -1): number {
  if (rules.selectPolicy === 'Disabled') return 0;
  const amounts = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const done = changes
      .filter(({ atMs, by }) => nowMs - atMs < periodSeconds * 1000 && Math.sign(by) === direction)
      .reduce((sum, { by }) => sum + Math.abs(by), 0);
    const base = direction === 1 ? current - done : current + done;
    const whole = type === 'Percent' ? Math.ceil((base * value) / 100) : value;
    return Math.max(0, whole - done);
  });
  if (amounts.length === 0) return Infinity;
  return rules.selectPolicy === 'Min' ? Math.min(...amounts) : Math.max(...amounts);
}
