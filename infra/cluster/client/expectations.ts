import type { Clock } from '../meta/clock.ts';
import type { ObjectKey } from './object-key.ts';

/** client-go's: creations and deletions not seen by then are taken for lost, and the controller acts on what it sees. */
const EXPECTATION_TIMEOUT_MS = 300_000;

/**
 * What a controller has done and its informer has not shown yet. While anything is outstanding for a key the controller must not
 * create or delete, or it would do the same work twice on a stale copy.
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #outstanding = new Map<ObjectKey, { creations: number; readonly deletions: Set<string>; readonly setAtMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  expect(key: ObjectKey, expected: { readonly creations?: number; readonly deletions?: readonly string[] }): void {
    const setAtMs = this.#clock.now();
    this.#outstanding.set(key, { creations: expected.creations ?? 0, deletions: new Set(expected.deletions ?? []), setAtMs });
  }

  creationObserved(key: ObjectKey): void {
    const held = this.#outstanding.get(key);
    if (held !== undefined && held.creations > 0) held.creations -= 1;
  }

  /** `uid` is that of the deleted object, or of one that has got its deletion timestamp. */
  deletionObserved(key: ObjectKey, uid: string): void {
    this.#outstanding.get(key)?.deletions.delete(uid);
  }

  satisfied(key: ObjectKey): boolean {
    const held = this.#outstanding.get(key);
    if (held === undefined) return true;
    if (held.creations <= 0 && held.deletions.size === 0) return true;
    return this.#clock.now() - held.setAtMs > EXPECTATION_TIMEOUT_MS;
  }

  forget(key: ObjectKey): void {
    this.#outstanding.delete(key);
  }
}
