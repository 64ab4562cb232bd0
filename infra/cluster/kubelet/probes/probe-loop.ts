import type { Clock } from '../../meta/clock.ts';
import type { Probe } from '../../meta/generated/types.ts';
import type { ProbeOutcome } from './probe-outcome.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

export interface ProbeLoopOptions {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly clock: Clock;
  /** When the container, or what this probe waits for, began. */
  readonly sinceMs: number;
  readonly look: () => Promise<ProbeOutcome>;
  /** Every look that counts and was no success. */
  readonly onUnhealthy: (outcome: Exclude<ProbeOutcome, { kind: 'success' }>) => void;
  /** A threshold was reached that turns the verdict, or, for failures of liveness and startup, reached again. */
  readonly onVerdict: (isHealthy: boolean) => void;
}

/** The first look that counts comes this long after the start: a server that is not up within milliseconds is not unhealthy. */
const FIRST_COUNTED_MS = 1_000;
/** Looks within the first period that can only bring good news, so that a pod is ready when it is rather than a period later. */
const EARLY_LOOKS_MS = [
  ...[0, 40, 100, 180, 300, 450, 600, 750, 900, 1_100, 1_300, 1_500, 1_700, 1_900, 2_100, 2_300, 2_500, 2_700, 2_900],
  ...[3_200, 3_600, 4_000, 4_500, 5_000, 5_500, 6_500, 7_500, 9_000],
];
/** A command costs more than a connection. */
const EARLY_COMMANDS_MS = [0, 250];

/** Looks at one container again and again and counts to its thresholds. Dispose it when the container ends. */
export class ProbeLoop implements Disposable {
  readonly #options: ProbeLoopOptions;
  readonly #early: number[];
  #timer: Disposable | undefined;
  #nextCountedMs: number;
  #isDisposed = false;
  #successes = 0;
  #failures = 0;
  #verdict: boolean | undefined;

  constructor(options: ProbeLoopOptions) {
    this.#options = options;
    const { probe, kind, sinceMs } = options;
    const beginMs = sinceMs + (probe.initialDelaySeconds ?? 0) * 1000;
    const looks = probe.exec === undefined ? EARLY_LOOKS_MS : EARLY_COMMANDS_MS;
    const withinMs = FIRST_COUNTED_MS + this.#periodMs;
    this.#early = kind === 'liveness' ? [] : looks.filter((offsetMs) => offsetMs < withinMs).map((offsetMs) => beginMs + offsetMs);
    this.#nextCountedMs = beginMs + FIRST_COUNTED_MS;
    this.#schedule();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#timer?.[Symbol.dispose]();
  }

  get #periodMs(): number {
    return Math.max(1, this.#options.probe.periodSeconds ?? 10) * 1000;
  }

  #schedule(): void {
    if (this.#isDisposed) return;
    const nowMs = this.#options.clock.now();
    const early = this.#early[0];
    const isEarly = early !== undefined && early < this.#nextCountedMs;
    const atMs = isEarly ? early : this.#nextCountedMs;
    if (isEarly) this.#early.shift();
    else this.#nextCountedMs = Math.max(this.#nextCountedMs, nowMs) + this.#periodMs;
    this.#timer = this.#options.clock.after(Math.max(0, atMs - nowMs), () => void this.#look(!isEarly));
  }

  async #look(isCounted: boolean): Promise<void> {
    const outcome = await this.#options.look();
    if (this.#isDisposed) return;
    if (outcome.kind === 'success') this.#succeeded();
    else if (isCounted) this.#failed(outcome);
    this.#schedule();
  }

  #succeeded(): void {
    // The next look is one period after the first success, however it came.
    if (this.#early.length > 0) this.#nextCountedMs = this.#options.clock.now() + this.#periodMs;
    this.#early.length = 0;
    this.#failures = 0;
    this.#successes += 1;
    if (this.#successes < (this.#options.probe.successThreshold ?? 1) || this.#verdict === true) return;
    this.#verdict = true;
    this.#options.onVerdict(true);
  }

  #failed(outcome: Exclude<ProbeOutcome, { kind: 'success' }>): void {
    this.#options.onUnhealthy(outcome);
    if (outcome.kind === 'unknown') return;
    this.#successes = 0;
    this.#failures += 1;
    if (this.#failures < (this.#options.probe.failureThreshold ?? 3)) return;
    if (this.#verdict === false && this.#options.kind === 'readiness') return;
    this.#verdict = false;
    this.#options.onVerdict(false);
  }
}
