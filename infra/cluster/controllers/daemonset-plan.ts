import { matchesNodeAffinity } from '../client/node-affinity.ts';
import { isTolerated } from '../client/taints.ts';
import type { DaemonSet, DaemonSetStatus, Node, Pod, PodTemplateSpec, Toleration } from '../meta/generated/types.ts';
import { isPodAvailable, isPodReady, isPodTerminal } from '../meta/pod-status.ts';
import { revisionHashLabel } from './controller-revisions.ts';
import { scaledValue } from './deployment-plan.ts';

export type DaemonStep = { readonly kind: 'create'; readonly nodeName: string } | { readonly kind: 'delete'; readonly pod: Pod };

/** A daemon stays on nodes that others leave. */
const daemonTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

/** The template's pod, tied to one node by affinity and with a daemon's tolerations; the scheduler binds it. */
export function daemonTemplate({ metadata, spec: set }: DaemonSet, nodeName: string, revision: string): PodTemplateSpec {
  const template = set?.template ?? {};
  const spec = template.spec ?? { containers: [] };
  const generation = metadata.annotations?.['deprecated.daemonset.template.generation'];
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] };
  const affinity = {
    ...spec.affinity,
    nodeAffinity: { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  };
  const labels = {
    ...template.metadata?.labels,
    [revisionHashLabel]: revision,
    ...(generation === undefined ? {} : { 'pod-template-generation': generation }),
  };
  return {
    metadata: { ...template.metadata, labels },
    spec: { ...spec, affinity, tolerations: [...(spec.tolerations ?? []), ...daemonTolerations] },
  };
}

/** Whether a node is to have the daemon, and whether one that it has may stay. */
export function fitsNode({ spec }: DaemonSet, node: Node): { readonly shouldRun: boolean; readonly mayStay: boolean } {
  const template = spec?.template.spec ?? { containers: [] };
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: '' },
    spec: { ...template, tolerations: [...(template.tolerations ?? []), ...daemonTolerations] },
  };
  if (!matchesNodeAffinity(pod, node)) return { shouldRun: false, mayStay: false };
  const untolerated = (node.spec?.taints ?? []).filter((taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(pod, taint));
  return { shouldRun: untolerated.length === 0, mayStay: untolerated.every(({ effect }) => effect !== 'NoExecute') };
}

/** The node that a daemon's pod is on or meant for. */
export function targetNodeOf({ spec }: Pod): string {
  if (spec?.nodeName !== undefined && spec.nodeName !== '') return spec.nodeName;
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms[0]?.matchFields?.find(({ key }) => key === 'metadata.name')?.values?.[0] ?? '';
}

/** One pod a node that is to have one, none elsewhere; with everything in place, one step of a rolling update. */
export function planDaemonSet(
  set: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  revision: string,
  nowMs: number,
): readonly DaemonStep[] {
  const steps = nodes.flatMap((node): DaemonStep[] => {
    const { name } = node.metadata;
    const { shouldRun, mayStay } = fitsNode(set, node);
    const here = pods.filter((pod) => targetNodeOf(pod) === name && pod.metadata.deletionTimestamp === undefined);
    const alive = here.filter((pod) => !isPodTerminal(pod));
    const ended = here.filter(isPodTerminal).map((pod) => ({ kind: 'delete' as const, pod }));
    if (!shouldRun) return mayStay ? ended : here.map((pod) => ({ kind: 'delete', pod }));
    const surplus = [...alive].sort(byCreation).slice(1);
    if (alive.length > 0) return [...ended, ...surplus.map((pod) => ({ kind: 'delete' as const, pod }))];
    const isLeaving = pods.some((pod) => targetNodeOf(pod) === name && pod.metadata.deletionTimestamp !== undefined);
    return isLeaving ? ended : [...ended, { kind: 'create', nodeName: name }];
  });
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  const homeless = pods.filter((pod) => !known.has(targetNodeOf(pod)) && pod.metadata.deletionTimestamp === undefined);
  const all = [...steps, ...homeless.map((pod) => ({ kind: 'delete' as const, pod }))];
  return all.length > 0 ? all : planUpdate(set, nodes, pods, revision, nowMs);
}

function planUpdate(set: DaemonSet, nodes: readonly Node[], pods: readonly Pod[], revision: string, nowMs: number): readonly DaemonStep[] {
  const { updateStrategy, minReadySeconds = 0 } = set.spec ?? {};
  if (updateStrategy?.type === 'OnDelete') return [];
  const wanted = nodes.filter((node) => fitsNode(set, node).shouldRun).length;
  const maxUnavailable = Math.max(1, scaledValue(updateStrategy?.rollingUpdate?.maxUnavailable, '1', wanted, 'up'));
  const old = pods.filter((pod) => pod.metadata.labels?.[revisionHashLabel] !== revision && pod.metadata.deletionTimestamp === undefined);
  const isAvailable = (pod: Pod): boolean => pod.metadata.deletionTimestamp === undefined && isPodAvailable(pod, minReadySeconds, nowMs);
  const broken = old.filter((pod) => !isAvailable(pod));
  const unavailable = wanted - pods.filter(isAvailable).length;
  const room = Math.max(0, maxUnavailable - unavailable);
  const healthy = old.filter(isAvailable).slice(0, room);
  return [...broken, ...healthy].map((pod) => ({ kind: 'delete', pod }));
}

export function daemonSetStatus(
  set: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  revision: string,
  nowMs: number,
): DaemonSetStatus {
  const { minReadySeconds = 0 } = set.spec ?? {};
  const podOn = (name: string): Pod | undefined =>
    pods.find((pod) => targetNodeOf(pod) === name && !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined);
  const wanted = nodes.filter((node) => fitsNode(set, node).shouldRun);
  const running = wanted.flatMap(({ metadata }) => podOn(metadata.name) ?? []);
  const available = running.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length;
  const updated = running.filter((pod) => pod.metadata.labels?.[revisionHashLabel] === revision).length;
  const { generation } = set.metadata;
  const unavailable = wanted.length - available;
  return {
    currentNumberScheduled: running.length,
    numberMisscheduled: nodes.filter((node) => !fitsNode(set, node).shouldRun && podOn(node.metadata.name) !== undefined).length,
    desiredNumberScheduled: wanted.length,
    numberReady: running.filter(isPodReady).length,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(updated === 0 ? {} : { updatedNumberScheduled: updated }),
    ...(available === 0 ? {} : { numberAvailable: available }),
    ...(unavailable === 0 ? {} : { numberUnavailable: unavailable }),
  };
}

function byCreation(a: Pod, b: Pod): number {
  return (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1;
}
