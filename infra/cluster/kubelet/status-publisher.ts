import { isDeepStrictEqual } from 'node:util';
import type { ClusterLog } from '../cluster-options.ts';
import type { ApiClient } from '../client/api-client.ts';
import { isConflict, isNotFound, messageOf, orAbsent } from '../client/api-errors.ts';
import { resources, subresource } from '../client/resources.ts';
import type { Pod, PodStatus } from '../meta/generated/types.ts';

const podStatus = subresource(resources.pods, 'status');
/** A conflict means that somebody else wrote in between; more than a few in a row means something is wrong. */
const MAX_CONFLICTS = 5;

/**
 * Writes a pod's status without holding up who works on the pod: one write at a time, and of several that wait only the last. What a
 * status is made of is computed at the time of the write, on the newest object known.
 */
export class StatusPublisher {
  readonly #api: ApiClient;
  readonly #log: ClusterLog;
  #newest: Pod;
  #offered: ((pod: Pod) => PodStatus) | undefined;
  #writing: Promise<void> | undefined;

  constructor(api: ApiClient, log: ClusterLog, pod: Pod) {
    this.#api = api;
    this.#log = log;
    this.#newest = pod;
  }

  /** The newest state of the object that is known here, from the informer or from an own write. */
  get newest(): Pod {
    return this.#newest;
  }

  seen(pod: Pod): void {
    if (versionOf(pod) > versionOf(this.#newest)) this.#newest = pod;
  }

  offer(compute: (pod: Pod) => PodStatus): void {
    this.#offered = compute;
    this.#writing ??= this.#writeAll();
  }

  get isIdle(): boolean {
    return this.#writing === undefined;
  }

  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve();
    try {
      for (let compute = this.#offered; compute !== undefined; compute = this.#offered) {
        this.#offered = undefined;
        await this.#writeOrComplain(compute);
      }
    } finally {
      // In the same step as the loop's last look: an offer in between would be forgotten.
      this.#writing = undefined;
    }
  }

  async #writeOrComplain(compute: (pod: Pod) => PodStatus): Promise<void> {
    try {
      await this.#write(compute);
    } catch (error) {
      if (isNotFound(error)) return;
      this.#log.warn({ pod: this.#newest.metadata.name, reason: messageOf(error) }, 'pod status not written');
    }
  }

  async #write(compute: (pod: Pod) => PodStatus): Promise<void> {
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
      const pod = this.#newest;
      const status = compute(pod);
      if (isDeepStrictEqual(status, pod.status)) return;
      try {
        this.seen(await this.#api.update<Pod>(podStatus, { ...pod, status }));
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
        const { name, namespace, uid } = pod.metadata;
        const present = await orAbsent(this.#api.get<Pod>(resources.pods, name, namespace));
        if (present === undefined || present.metadata.uid !== uid) return;
        this.#newest = present;
      }
    }
  }
}

/** Revisions of one cluster are numbers and grow; comparing them is this cluster's own privilege. */
function versionOf(pod: Pod): number {
  return Number(pod.metadata.resourceVersion ?? 0);
}
