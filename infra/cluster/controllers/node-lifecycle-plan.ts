import type { Node, Pod, Taint } from '../meta/generated/types.ts';
import { tolerates } from '../client/taints.ts';
import { parseTime } from '../client/wire-time.ts';
import { timeText } from '../meta/times.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const MANAGED = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE]);

/**
 * The taints that a node's state asks for, beside those that others set. While no node at all is ready nothing is evicted: then it is
 * the engine that is away and not a node, as Kubernetes too takes it for a fault of its own when a whole zone is gone.
 */
export function plannedTaints(node: Node, isAnyNodeReady: boolean, nowMs: number): readonly Taint[] {
  const held = node.spec?.taints ?? [];
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
  const wanted: Taint[] = [];
  if (node.spec?.unschedulable === true) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  if (ready !== 'True') {
    const key = ready === 'False' ? NOT_READY : UNREACHABLE;
    wanted.push({ key, effect: 'NoSchedule' });
    if (isAnyNodeReady) wanted.push({ key, effect: 'NoExecute' });
  }
  const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  const kept = held.filter((taint) => !MANAGED.has(taint.key) || wanted.some((other) => isSame(taint, other)));
  const added = wanted
    .filter((taint) => !kept.some((other) => isSame(taint, other)))
    .map((taint) => ({ ...taint, timeAdded: timeText(nowMs) }));
  return [...kept, ...added];
}

/** When a pod has to leave its node for the node's NoExecute taints: 0 is now, undefined is never. */
export function evictionTimeMs(pod: Pod, taints: readonly Taint[], nowMs: number): number | undefined {
  const executing = taints.filter(({ effect }) => effect === 'NoExecute');
  let evictAtMs: number | undefined;
  for (const taint of executing) {
    const tolerating = (pod.spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (tolerating.length === 0) return 0;
    const limits = tolerating.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    if (limits.length === 0) continue;
    const sinceMs = parseTime(taint.timeAdded) ?? nowMs;
    const endsAtMs = sinceMs + Math.max(0, Math.min(...limits)) * 1000;
    evictAtMs = Math.min(evictAtMs ?? Infinity, endsAtMs);
  }
  return evictAtMs;
}
