import type { Informer } from '../client/informer.ts';
import type { Pod } from '../meta/generated/types.ts';
import { isPodReady } from '../meta/pod-status.ts';
import type { ControllerContext } from './controller-context.ts';

/**
 * When a workload counts its new pods as ready. On Kubernetes a pod takes half a second to get there, here a twentieth of that: who looks right
 * after a `create` would never see the `0/1` that every book shows. So a workload's counts, and they alone, wait until its pods have that age.
 */
export class ReadyReports implements Disposable {
  readonly #clock: ControllerContext['clock'];
  readonly #afterMs: number;
  /** By uid, only of pods younger than the wait: what was there before this process has been counted before. */
  readonly #seenMs = new Map<string, number>();
  readonly #subscription: Disposable;

  constructor(
    { clock, readyReportMs: afterMs = 0 }: Pick<ControllerContext, 'clock' | 'readyReportMs'>,
    pods: Pick<Informer<Pod>, 'subscribe'>,
  ) {
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#subscription = pods.subscribe(({ type, object: { metadata } }) => {
      const { uid = '', creationTimestamp = '' } = metadata;
      if (type === 'deleted') this.#seenMs.delete(uid);
      // Timestamps have no parts of a second.
      if (type === 'added' && clock.now() - Date.parse(creationTimestamp) < afterMs + 1_000) this.#seenMs.set(uid, clock.now());
    });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  /** The pods as they are to be counted. */
  counted(pods: readonly Pod[]): readonly Pod[] {
    return pods.map((pod) => (this.#remainingMs(pod) > 0 ? { ...pod, status: { ...pod.status, conditions: [] } } : pod));
  }

  /** How long until {@link counted} has more to say, in milliseconds; undefined when it has said all. */
  waitMs(pods: readonly Pod[]): number | undefined {
    const waits = pods.filter(isPodReady).flatMap((pod) => this.#remainingMs(pod) || []);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  #remainingMs({ metadata: { uid = '' } }: Pod): number {
    const seenMs = this.#seenMs.get(uid);
    if (seenMs === undefined) return 0;
    const remainingMs = seenMs + this.#afterMs - this.#clock.now();
    if (remainingMs <= 0) this.#seenMs.delete(uid);
    return Math.max(remainingMs, 0);
  }
}
