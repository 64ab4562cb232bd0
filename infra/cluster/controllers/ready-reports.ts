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

  /**
   * The pods as they are to be counted, and in how many milliseconds there is more to count; both of one moment, or what becomes due between two looks
   * would never be counted.
   */
  count(pods: readonly Pod[]): { readonly pods: readonly Pod[]; readonly waitMs: number | undefined } {
    const remaining = pods.map((pod) => this.#remainingMs(pod));
    const waits = remaining.filter((ms, index) => ms > 0 && isReadyAt(pods, index));
    return {
      pods: pods.map((pod, index) => (remaining[index] === 0 ? pod : { ...pod, status: { ...pod.status, conditions: [] } })),
      waitMs: waits.length === 0 ? undefined : Math.min(...waits),
    };
  }

  #remainingMs({ metadata: { uid = '' } }: Pod): number {
    const seenMs = this.#seenMs.get(uid);
    if (seenMs === undefined) return 0;
    const remainingMs = seenMs + this.#afterMs - this.#clock.now();
    if (remainingMs <= 0) this.#seenMs.delete(uid);
    return Math.max(remainingMs, 0);
  }
}

function isReadyAt(pods: readonly Pod[], index: number): boolean {
  const pod = pods[index];
  return pod !== undefined && isPodReady(pod);
}
