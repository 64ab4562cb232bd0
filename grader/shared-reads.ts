import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import type { KubeObjects, ListQuery, ObjectRef, PatchKind } from './kube-objects.ts';

/**
 * Lets readers that ask for the same thing at the same time share one answer: a dozen checks look side by side at the same few objects. Nothing is
 * kept past the answer, and a write is never shared. Answers are shared, too: whoever wants to change one copies it.
 */
export class SharedReads implements KubeObjects {
  readonly #objects: KubeObjects;
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(objects: KubeObjects) {
    this.#objects = objects;
  }

  find<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    return this.#share(`find ${ref.kind} ${ref.namespace ?? ''} ${ref.name}`, () => this.#objects.find<T>(ref));
  }

  list<T extends KubeObject>(kind: string, query: ListQuery = {}): Promise<readonly T[]> {
    return this.#share(`list ${kind} ${JSON.stringify(query)}`, () => this.#objects.list<T>(kind, query));
  }

  create<T extends KubeObject>(object: T): Promise<T> {
    // It is answered and not kept: a question in all but its form.
    if (object.kind === 'SubjectAccessReview') return this.#share(`review ${JSON.stringify(object)}`, () => this.#objects.create(object));
    return this.#write(() => this.#objects.create(object));
  }

  replace<T extends KubeObject>(object: T): Promise<T> {
    return this.#write(() => this.#objects.replace(object));
  }

  patch(ref: ObjectRef, kind: PatchKind, patch: unknown): Promise<KubeObject> {
    return this.#write(() => this.#objects.patch(ref, kind, patch));
  }

  remove(ref: ObjectRef, options?: { readonly graceSeconds?: number }): Promise<boolean> {
    return this.#write(() => this.#objects.remove(ref, options));
  }

  #share<T>(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#running.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const reading = read().finally(() => {
      if (this.#running.get(key) === reading) this.#running.delete(key);
    });
    this.#running.set(key, reading);
    return reading;
  }

  /** Who reads after a write must see it: answers that are still under way are not shared with them. */
  async #write<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } finally {
      this.#running.clear();
    }
  }
}
