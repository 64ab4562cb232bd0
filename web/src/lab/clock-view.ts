import type { AttemptClock } from '../../../server/contract/attempts.ts';
import { formatDuration } from '../parts/format.ts';

/** @param serverNowMs milliseconds since the epoch by the server's clock */
export function remainingMs(clock: AttemptClock, serverNowMs: number): number {
  const elapsedMs = clock.running ? Math.max(0, serverNowMs - Date.parse(clock.asOf)) : 0;
  return Math.max(0, clock.remainingMs - elapsedMs);
}

export type Urgency = 'calm' | 'soon' | 'last minute' | 'over';

const LAST_MINUTE_MS = 60_000;

export function urgencyOf(clock: AttemptClock, leftMs: number): Urgency {
  if (leftMs <= 0) return 'over';
  if (leftMs <= LAST_MINUTE_MS) return 'last minute';
  return leftMs <= clock.warnBelowMs ? 'soon' : 'calm';
}

/** Said aloud once when the urgency changes, never every second. Null while there is nothing to say. */
export function announcement(clock: AttemptClock, urgency: Urgency): string | null {
  if (!clock.running) return clock.stoppedBecause === null ? null : `The clock stands still: ${clock.stoppedBecause}`;
  switch (urgency) {
    case 'calm':
      return null;
    case 'soon':
      return `Less than ${formatDuration(clock.warnBelowMs)} left. ${extensionAdvice(clock)}`;
    case 'last minute':
      return `Less than a minute left. ${extensionAdvice(clock)}`;
    case 'over':
      return 'The time is over.';
  }
}

function extensionAdvice({ extensionsLeft, extensionMinutes }: AttemptClock): string {
  return extensionsLeft > 0 ? `You can add ${extensionMinutes} minutes.` : 'It cannot be extended any more.';
}
