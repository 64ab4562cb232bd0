import type { ProgressView } from '../../../server/contract/attempts.ts';

/** With nothing running, this many of the newest are shown. */
const RECENT = 3;

/** What is going on now: everything since the oldest item that still runs, or the newest few. */
export function currentWork(progress: readonly ProgressView[]): readonly ProgressView[] {
  const running = progress.findIndex((item) => item.state === 'started');
  return running < 0 ? progress.slice(-RECENT) : progress.slice(running);
}
