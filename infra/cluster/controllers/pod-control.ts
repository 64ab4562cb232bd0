import type { ApiClient } from '../client/api-client.ts';
import { isNamespaceTerminating, isNotFound, messageOf } from '../client/api-errors.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { resources } from '../client/resources.ts';
import type { Pod, PodTemplateSpec } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { controllerReference } from '../meta/owner-reference.ts';

/** Batches of creations begin with one and double, so that a quota or a bad template costs one refusal rather than hundreds. */
const FIRST_BATCH = 1;

export interface PodControl {
  readonly api: ApiClient;
  readonly recorder: EventRecorder;
}

/** A pod of a template, owned by its controller. `name` fixes the name, else it is generated from the owner's. */
export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec | undefined, name?: string): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const { namespace } = owner.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(name === undefined ? { generateName: `${owner.metadata.name}-`, name: '' } : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template?.spec ?? { containers: [] },
  };
}

/** Creates one pod and tells of it; a refusal is told and thrown on. A namespace that is going away is nobody's failure. */
export async function createPod({ api, recorder }: PodControl, owner: KubeObject, pod: Pod): Promise<Pod> {
  try {
    const made = await api.create<Pod>(resources.pods, pod);
    recorder.record(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`);
    return made;
  } catch (error) {
    if (!isNamespaceTerminating(error)) recorder.record(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
    throw error;
  }
}

/** Deletes one pod and tells of it. One that is gone already is deleted. */
export async function deletePod({ api, recorder }: PodControl, owner: KubeObject, pod: Pod): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  try {
    await api.delete(resources.pods, name, namespace, uid === undefined ? {} : { preconditions: { uid } });
    recorder.record(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  } catch (error) {
    if (isNotFound(error)) return;
    recorder.record(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
    throw error;
  }
}

/** Does `count` things in growing batches, stopping after a batch with a failure; answers how many were done and the first failure. */
export async function slowStart(
  count: number,
  act: (index: number) => Promise<unknown>,
): Promise<{ readonly done: number; readonly error?: unknown }> {
  let done = 0;
  for (let size = FIRST_BATCH; done < count; size *= 2) {
    const indexes = Array.from({ length: Math.min(size, count - done) }, (_, offset) => done + offset);
    const results = await Promise.allSettled(indexes.map(act));
    const failed = results.find((result) => result.status === 'rejected');
    done += results.filter(({ status }) => status === 'fulfilled').length;
    if (failed !== undefined) return { done, error: failed.reason };
  }
  return { done };
}
