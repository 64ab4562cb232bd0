import type { RosterEntry } from '../../../server/contract/attempts.ts';

/** Who needs help first, then by name, so that cards do not jump about while nothing changes. */
export function orderRoster(entries: readonly RosterEntry[]): RosterEntry[] {
  return [...entries].sort(
    (a, b) =>
      b.needsHelp.score - a.needsHelp.score ||
      a.attempt.person.name.localeCompare(b.attempt.person.name) ||
      a.attempt.id.localeCompare(b.attempt.id),
  );
}

/** From this score on a card is marked; the server counts to 100. */
export const NEEDS_HELP_FROM = 20;

export interface RosterSummary {
  readonly running: number;
  readonly incidents: number;
  readonly needHelp: number;
}

export function summariseRoster(entries: readonly RosterEntry[]): RosterSummary {
  return {
    running: entries.length,
    incidents: entries.filter((entry) => entry.attempt.state === 'incident').length,
    needHelp: entries.filter((entry) => entry.needsHelp.score >= NEEDS_HELP_FROM).length,
  };
}
