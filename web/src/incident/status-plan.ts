import type { StatusKind, StatusUpdateView } from '../../../server/contract/incidents.ts';

const FIRST_NOTICE_MS = 5 * 60_000;

/** What most likely comes next: the first notice, then who is affected, then plain updates. Pure. */
export function suggestKind(updates: readonly Pick<StatusUpdateView, 'kind' | 'scope'>[]): StatusKind {
  if (updates.length === 0) return 'first-notice';
  return updates.some(({ scope }) => scope !== '') ? 'update' : 'scope';
}

export interface NextWord {
  readonly what: 'first notice' | 'promised word';
  /** RFC 3339. */
  readonly at: string;
}

/** What others are waiting for: the first notice, or the word that was promised last. Null: nothing, all is said. Pure. */
export function nextWord(updates: readonly Pick<StatusUpdateView, 'kind' | 'nextAt'>[], incidentStartedAt: string | null): NextWord | null {
  const last = updates.at(-1);
  if (last === undefined) {
    if (incidentStartedAt === null) return null;
    return { what: 'first notice', at: new Date(Date.parse(incidentStartedAt) + FIRST_NOTICE_MS).toISOString() };
  }
  return last.nextAt === null ? null : { what: 'promised word', at: last.nextAt };
}
