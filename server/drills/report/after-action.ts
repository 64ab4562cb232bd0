import type { DrillReview, TimelineEntry } from '../../contract/drills.ts';
import type { DrillHead } from '../drill-entry.ts';
import { ROLE_WORDS } from '../drill-members.ts';
import type { DrillState } from '../drill-state.ts';
import type { NameOf } from '../timeline.ts';

/** What an after-action report says, before it is Markdown or PDF. */
export interface AfterAction {
  readonly title: string;
  /** Pairs of a label and what it is. */
  readonly facts: readonly (readonly [string, string])[];
  readonly people: readonly { readonly name: string; readonly role: string }[];
  readonly review: DrillReview;
  /** Without probes, and what was taken back marked. */
  readonly timeline: readonly TimelineEntry[];
  /** The service over scenario time, as stretches. */
  readonly service: readonly { readonly fromMs: number; readonly toMs: number; readonly isUp: boolean }[];
  /** Marks on the line of scenario time. */
  readonly marks: readonly { readonly atMs: number; readonly kind: 'inject' | 'status' | 'hypothesis' }[];
  /** Scenario time at the end. */
  readonly lengthMs: number;
}

export const RATING_WORDS = {
  performed: 'performed',
  'some-challenges': 'performed with some challenges',
  'major-challenges': 'performed with major challenges',
  unable: 'unable to be performed',
} as const;

export const ITEM_WORDS = {
  clarity: 'Clarity',
  audience: 'Fit for the audience',
  rationale: 'Reasons given',
  blamelessness: 'Without blame',
} as const;
export const HOT_WASH_WORDS = { well: 'What went well', 'not-well': 'What did not', action: 'Actions' } as const;

const UNTOLD: ReadonlySet<string> = new Set([
  'service',
  'came',
  'went',
  'scheduled',
  'noted',
  'objective-rated',
  'communication-rated',
  'hot-wash',
]);

/** Pure. `generatedAt` is RFC 3339. */
export function planReport(head: DrillHead, state: DrillState, review: DrillReview, nameOf: NameOf, generatedAt: string): AfterAction {
  const kept = review.timeline.filter(({ undone }) => !undone);
  const started = review.timeline.find(({ kind }) => kind === 'started');
  const ended = review.timeline.find(({ kind }) => kind === 'ended');
  const lengthMs = Math.max(60_000, ended?.atMs ?? 0, ...kept.map(({ atMs }) => atMs));
  return {
    title: head.script.title,
    facts: [
      ['Kind', head.mode === 'tabletop' ? 'Tabletop' : 'Live fire'],
      ['Script', `${head.scriptSlug} ${head.script.version}, sha256 ${head.scriptHash.slice(0, 12)}`],
      ['Began', utc(started?.at)],
      ['Ended', utc(ended?.at)],
      ['Report made', utc(generatedAt)],
    ],
    people: state.members.map(({ personId, role }) => ({ name: nameOf(personId).name, role: ROLE_WORDS[role] })),
    review,
    timeline: review.timeline.filter(({ kind }) => !UNTOLD.has(kind)),
    service: stretches(kept, lengthMs),
    marks: kept.flatMap(({ kind, atMs }) => {
      const mark = kind === 'inject-fired' ? 'inject' : kind === 'status' ? 'status' : kind === 'supposed' ? 'hypothesis' : undefined;
      return mark === undefined ? [] : [{ atMs, kind: mark }];
    }),
    lengthMs,
  };
}

/** `2026-11-21 09:30:05 UTC`, or a dash. */
export function utc(instant: string | undefined): string {
  return instant === undefined ? '-' : `${instant.slice(0, 19).replace('T', ' ')} UTC`;
}

/** From each word on the service to the next. Unknown before the first. */
function stretches(timeline: readonly TimelineEntry[], lengthMs: number): AfterAction['service'] {
  const looks = timeline.filter(({ kind }) => kind === 'service');
  return looks.map(({ atMs, words }, index) => ({
    fromMs: atMs,
    toMs: looks[index + 1]?.atMs ?? lengthMs,
    isUp: words === 'The service is up.',
  }));
}
