import type { ClusterLog } from '../cluster-options.ts';
import type { Clock } from '../meta/clock.ts';
import type { KubeObject, ResourceRef } from '../meta/kube-object.ts';
import type { ApiClient } from './api-client.ts';
import { Informer } from './informer.ts';
import { resourceId } from './resources.ts';

/**
 * One informer a resource for all of a cluster's controllers, its scheduler and its kubelet, started when first asked for. Its
 * identity must be allowed to list and watch everything. Disposing stops the watches and waits for them.
 */
export class InformerFactory implements AsyncDisposable {
  readonly #options: { readonly api: ApiClient; readonly clock: Clock; readonly log: ClusterLog };
  readonly #running = new Map<
    string,
    { readonly informer: Informer<never>; readonly stop: AbortController; readonly done: Promise<void> }
  >();

  constructor(options: { readonly api: ApiClient; readonly clock: Clock; readonly log: ClusterLog }) {
    this.#options = options;
  }

  /** The type is the caller's word for what the resource holds. */
  informer<T extends KubeObject>(ref: ResourceRef): Informer<T> {
    const id = resourceId(ref);
    const running = this.#running.get(id);
    if (running !== undefined) return running.informer as unknown as Informer<T>;
    const stop = new AbortController();
    const informer = new Informer<T>({ ...this.#options, ref, signal: stop.signal });
    this.#running.set(id, { informer: informer as unknown as Informer<never>, stop, done: informer.run() });
    return informer;
  }

  /** Stops the watch of a resource that is no more, such as a custom one whose definition has been deleted. */
  async stop(ref: ResourceRef): Promise<void> {
    const running = this.#running.get(resourceId(ref));
    if (running === undefined) return;
    this.#running.delete(resourceId(ref));
    running.stop.abort();
    await running.done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#running.values()];
    this.#running.clear();
    for (const { stop } of all) stop.abort();
    await Promise.all(all.map(({ done }) => done));
  }
}
