import type { KubeObject } from '../meta/kube-object.ts';

/** Objects by key, kept in order of their keys so that a list or one namespace of it is a slice. */
export class SortedObjects {
  readonly #byKey = new Map<string, KubeObject>();
  readonly #keys: string[] = [];
  readonly #values: KubeObject[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): KubeObject | undefined {
    return this.#byKey.get(key);
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  set(key: string, object: KubeObject): void {
    const at = this.#position(key);
    if (this.#byKey.has(key)) {
      this.#values[at] = object;
    } else {
      this.#keys.splice(at, 0, key);
      this.#values.splice(at, 0, object);
    }
    this.#byKey.set(key, object);
  }

  delete(key: string): void {
    if (!this.#byKey.delete(key)) return;
    const at = this.#position(key);
    this.#keys.splice(at, 1);
    this.#values.splice(at, 1);
  }

  /** A copy that later changes leave alone. */
  all(): readonly KubeObject[] {
    return this.#values.slice();
  }

  /** Those whose key begins with `<namespace>/`. */
  inNamespace(namespace: string): readonly KubeObject[] {
    // `0` is the letter after the slash: it bounds what begins with `<namespace>/`.
    return this.#values.slice(this.#position(`${namespace}/`), this.#position(`${namespace}0`));
  }

  entries(): IterableIterator<[string, KubeObject]> {
    return this.#byKey.entries();
  }

  /** Where the key is, or where it would go. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    // Most keys are added at the end of a load or of a name's numbers.
    if (high > 0 && key > (this.#keys[high - 1] ?? '')) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
