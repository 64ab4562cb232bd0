import type { Clock } from '../meta/clock.ts';

/** When a pod's containers must be gone. It can only come nearer, as when somebody deletes a pod a second time with less grace. */
export class GraceDeadline {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #endsAtMs: number;

  constructor(clock: Clock, graceSeconds: number) {
    this.#clock = clock;
    this.#endsAtMs = clock.now() + graceSeconds * 1000;
  }

  get remainingSeconds(): number {
    return Math.max(0, Math.ceil((this.#endsAtMs - this.#clock.now()) / 1000));
  }

  shrinkTo(graceSeconds: number): void {
    const endsAtMs = this.#clock.now() + graceSeconds * 1000;
    if (endsAtMs >= this.#endsAtMs) return;
    this.#endsAtMs = endsAtMs;
    for (const listener of [...this.#listeners]) listener();
  }

  onShrink(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
