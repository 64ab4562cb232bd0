/** What is told while something is wrong. `scope`: who is affected and what still works. */
export const statusKinds = ['first-notice', 'scope', 'update', 'resolved'] as const;
export type StatusKind = (typeof statusKinds)[number];
export const statusAudiences = ['users', 'internal'] as const;
export type StatusAudience = (typeof statusAudiences)[number];

/** One word to others, with the server's time. Never changed afterwards; a later one may correct it. */
export interface StatusUpdate {
  /** Counts from 1 within its incident. */
  readonly seq: number;
  readonly atMs: number;
  readonly kind: StatusKind;
  readonly audience: StatusAudience;
  readonly text: string;
  /** What people cannot do, and what is done about it. */
  readonly impact: string;
  /** Who is affected and who is not; may be empty. */
  readonly scope: string;
  /** When the next word comes; null: not said. */
  readonly nextAtMs: number | null;
  /** The number of the one that it corrects. */
  readonly corrects: number | null;
}

/** How the service was seen from outside. It stays so until the next sample. */
export interface EngineSample {
  readonly atMs: number;
  /** What did not hold, in words; empty: all well. */
  readonly failing: readonly string[];
}

/** The incident's own time: it begins when the fault is live and stands while somebody else's fault keeps people from working. */
export interface IncidentClock {
  readonly startedAtMs: number;
  /** Until when it is judged: its end, or now. */
  readonly untilMs: number;
  /** No further update can come. */
  readonly isOver: boolean;
  /** In order and apart; `toMs` null: it still stands. */
  readonly pauses: readonly { readonly fromMs: number; readonly toMs: number | null }[];
}

/** All that status updates are judged by. */
export interface IncidentRecord {
  /** In the order in which they were written. */
  readonly updates: readonly StatusUpdate[];
  readonly samples: readonly EngineSample[];
  readonly clock: IncidentClock;
  /** By how much the limits stretch for somebody who has extra time; absent: 1. */
  readonly limitFactor?: number;
}

/** Milliseconds on the incident's clock, without the pauses. Pure. */
export function workedMs({ startedAtMs, pauses }: IncidentClock, atMs: number): number {
  const stoodMs = pauses.reduce((sum, { fromMs, toMs }) => {
    const from = Math.max(fromMs, startedAtMs);
    return sum + Math.max(0, Math.min(toMs ?? atMs, atMs) - from);
  }, 0);
  return Math.max(0, atMs - startedAtMs - stoodMs);
}
