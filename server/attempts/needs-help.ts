import type { Attempt } from './attempt.ts';
import { currentStep, isWorking } from './attempt.ts';
import { remainingAt } from './attempt-clock.ts';
import { hintsUsed } from './results.ts';

export interface HelpSigns {
  readonly attempt: Attempt;
  readonly lastInputAtMs: number | null;
  readonly connected: boolean;
  readonly nowMs: number;
}

export interface NeedsHelp {
  /** 0 to 100; higher needs help sooner. */
  readonly score: number;
  readonly reason: string | null;
}

const MINUTE_MS = 60_000;
const IDLE_AFTER_MS = 4 * MINUTE_MS;
const LONG_STEP_MS = 10 * MINUTE_MS;

interface Sign {
  readonly points: number;
  readonly reason: string;
}

/**
 * Who needs help first. Each sign has its points, the strongest gives the reason: trouble with the platform, time running out, silence,
 * a step that takes long, hints. A person who is merely slow but typing comes after one who has stopped.
 */
export function judgeHelp(signs: HelpSigns): NeedsHelp {
  const found = [...platformSigns(signs.attempt), ...(isWorking(signs.attempt) ? workSigns(signs) : [])].sort(
    (a, b) => b.points - a.points,
  );
  const score = Math.min(
    100,
    found.reduce((sum, sign) => sum + sign.points, 0),
  );
  return { score, reason: found[0]?.reason ?? null };
}

function platformSigns({ trouble }: Attempt): Sign[] {
  return trouble === null ? [] : [{ points: 60, reason: 'The platform is in their way.' }];
}

function workSigns({ attempt, lastInputAtMs, connected, nowMs }: HelpSigns): Sign[] {
  const signs: Sign[] = [];
  const { clock } = attempt;
  if (clock?.running === true && remainingAt(clock, nowMs) <= clock.warnBelowMs) signs.push({ points: 30, reason: 'Time is running out.' });
  const idleMs = nowMs - Math.max(lastInputAtMs ?? 0, attempt.createdAtMs);
  if (idleMs >= IDLE_AFTER_MS) signs.push({ points: 25, reason: `Has not typed for ${Math.floor(idleMs / MINUTE_MS)} minutes.` });
  if (!connected) signs.push({ points: 10, reason: 'Is not on the page.' });
  const step = currentStep(attempt);
  const onStepMs = nowMs - (step?.openedAtMs ?? nowMs);
  if (step !== undefined && onStepMs >= LONG_STEP_MS)
    signs.push({ points: 20, reason: `On "${step.title}" for ${Math.floor(onStepMs / MINUTE_MS)} minutes.` });
  const hints = hintsUsed(attempt);
  if (hints >= 2) signs.push({ points: Math.min(20, hints * 5), reason: `Has opened ${hints} hints.` });
  return signs;
}
