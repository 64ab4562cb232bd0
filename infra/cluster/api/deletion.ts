import type { DeleteOptions, Namespace, Pod } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { timeText } from '../meta/times.ts';
import type { ResourceInfo } from '../meta/registry.ts';
import { badRequest } from '../meta/status-error.ts';
import type { Call } from './call.ts';

const DEFAULT_GRACE_SECONDS = 30;
/** Keeps a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';
const dependentsFinalizers = { Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const;

/** What a deletion does to an object: nothing but leave, or stay marked until kubelet, finalizers or controllers are done. */
export type DeletionPlan =
  { readonly kind: 'remove' } | { readonly kind: 'mark'; readonly object: KubeObject } | { readonly kind: 'unchanged' };

/** Plans a deletion as Kubernetes' BeforeDelete and finalizer strategies do. Pure. */
export function planDeletion(object: KubeObject, options: DeleteOptions, info: ResourceInfo, nowMs: number): DeletionPlan {
  const graceSeconds = graceOf(object, options, info);
  const finalizers = finalizersAfter(object, options, info);
  const mustStay = graceSeconds > 0 || finalizers.length > 0 || hasNamespaceFinalizers(object);
  if (!mustStay) return { kind: 'remove' };
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
  const isShorter = deletionTimestamp !== undefined && graceSeconds < deletionGracePeriodSeconds;
  const isSameFinalizers = JSON.stringify(finalizers) === JSON.stringify(object.metadata.finalizers ?? []);
  if (deletionTimestamp !== undefined && !isShorter && isSameFinalizers) return { kind: 'unchanged' };
  const keepsTime = deletionTimestamp !== undefined && !isShorter;
  const marked: KubeObject = {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: keepsTime ? deletionTimestamp : timeText(nowMs + graceSeconds * 1000),
      deletionGracePeriodSeconds: keepsTime ? deletionGracePeriodSeconds : graceSeconds,
      ...(object.metadata.generation === undefined || deletionTimestamp !== undefined
        ? {}
        : { generation: object.metadata.generation + 1 }),
      ...(finalizers.length === 0 ? {} : { finalizers }),
    },
  };
  if (finalizers.length === 0) delete marked.metadata.finalizers;
  return { kind: 'mark', object: marked.kind === 'Namespace' ? terminating(marked) : marked };
}

/** Deletions are asked to be dry in their options as well as in the query. */
export function dryAsAsked(call: Call, { dryRun = [] }: DeleteOptions): Call {
  if (dryRun.some((value) => value !== 'All'))
    throw badRequest(
      `DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ${JSON.stringify(dryRun[0])}: supported values: "All"`,
    );
  return dryRun.length === 0 ? call : { ...call, dryRun: true };
}

/** Whether an object that is marked may go now that it was updated. */
export function isReadyToGo(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0 && !hasNamespaceFinalizers(object);
}

/** Only pods that a kubelet runs get grace; what never started or has ended goes at once. */
function graceOf(object: KubeObject, options: DeleteOptions, info: ResourceInfo): number {
  if (info.group !== '' || info.kind !== 'Pod') return 0;
  const pod = object as Pod;
  const isRunning = pod.spec?.nodeName !== undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
  if (!isRunning) return 0;
  const asked = options.gracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  // Kubernetes reads a negative period as one second.
  return asked < 0 ? 1 : asked;
}

function finalizersAfter(object: KubeObject, options: DeleteOptions, info: ResourceInfo): string[] {
  const isDefinition = info.kind === 'CustomResourceDefinition' && object.metadata.deletionTimestamp === undefined;
  const held = [...new Set([...(object.metadata.finalizers ?? []), ...(isDefinition ? [cleanupFinalizer] : [])])];
  const policy = options.propagationPolicy ?? (options.orphanDependents === true ? 'Orphan' : undefined);
  if (policy === undefined) return [...held];
  const others = held.filter((finalizer) => !Object.values<string>(dependentsFinalizers).includes(finalizer));
  const added = policy === 'Foreground' || policy === 'Orphan' ? [dependentsFinalizers[policy]] : [];
  return [...others, ...added];
}

function hasNamespaceFinalizers(object: KubeObject): boolean {
  return object.kind === 'Namespace' && ((object as Namespace).spec?.finalizers ?? []).length > 0;
}

function terminating(namespace: Namespace): Namespace {
  return { ...namespace, status: { ...namespace.status, phase: 'Terminating' } };
}
