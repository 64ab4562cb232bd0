import { sleep, type Clock } from '../infra/cluster/meta/clock.ts';
import { PlatformError } from './platform-error.ts';
import type { Evidence, Verdict } from './verdict.ts';
import { inconclusive, type Sample } from './verdicts.ts';

export interface WindowOptions {
  readonly withinMs: number;
  readonly holdForMs: number;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface WindowOutcome {
  readonly verdict: Verdict;
  /** The first sample of the healthy window that held. */
  readonly recoveredAtMs?: number;
}

/** So many looks in a row may go wrong on our side before the check is given up as inconclusive. */
const MAX_BROKEN_LOOKS = 5;
const MAX_SAMPLES_KEPT = 40;

/**
 * Samples until the check passed without a break for `holdForMs`, or did not begin to within `withinMs`. A look that could not be made
 * neither breaks a healthy window nor counts into it, and its time is given back.
 */
export async function watchWindow(sample: Sample, options: WindowOptions): Promise<WindowOutcome> {
  const { clock, signal, withinMs, holdForMs, everyMs } = options;
  const samples: Evidence[] = [];
  let deadlineMs = clock.now() + withinMs;
  let healthySinceMs: number | undefined;
  let uncountedMs = 0;
  let brokenLooks = 0;
  for (;;) {
    signal.throwIfAborted();
    const startedAtMs = clock.now();
    const verdict = await look(sample, signal);
    note(samples, startedAtMs, verdict);
    if (verdict.kind === 'inconclusive') {
      brokenLooks += 1;
      if (brokenLooks >= MAX_BROKEN_LOOKS) return { verdict: withSamples(verdict, samples) };
    } else brokenLooks = 0;
    if (verdict.kind === 'fail') {
      healthySinceMs = undefined;
      if (clock.now() >= deadlineMs) return { verdict: withSamples(verdict, samples) };
    }
    if (verdict.kind === 'pass') {
      if (healthySinceMs === undefined) uncountedMs = 0;
      healthySinceMs ??= startedAtMs;
      if (clock.now() - healthySinceMs - uncountedMs >= holdForMs)
        return { verdict: withSamples(verdict, samples), recoveredAtMs: healthySinceMs };
    }
    await sleep(clock, everyMs, signal);
    if (verdict.kind === 'inconclusive') {
      deadlineMs += clock.now() - startedAtMs;
      uncountedMs += clock.now() - startedAtMs;
    }
  }
}

async function look(sample: Sample, signal: AbortSignal): Promise<Verdict> {
  try {
    return await orAborted(sample(), signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PlatformError) return inconclusive(error.message);
    throw error;
  }
}

/** Whatever does not heed the signal is left behind. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function note(samples: Evidence[], atMs: number, verdict: Verdict): void {
  const words =
    verdict.kind === 'pass' ? 'healthy' : verdict.kind === 'fail' ? `not healthy: ${verdict.reason}` : `could not look: ${verdict.reason}`;
  samples.push({ at: new Date(atMs).toISOString(), kind: 'sample', summary: words });
  // The beginning and the end tell the story.
  if (samples.length > MAX_SAMPLES_KEPT) samples.splice(MAX_SAMPLES_KEPT / 2, 1);
}

/** A check that looked once needs no list of looks. */
function withSamples(verdict: Verdict, samples: readonly Evidence[]): Verdict {
  return samples.length <= 1 ? verdict : { ...verdict, evidence: [...samples, ...verdict.evidence] };
}
