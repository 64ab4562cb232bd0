import { DAY_MS, toInstant } from '../clock.ts';
import type { Reminder, ReminderKind } from '../contract/reminders.ts';

/** A drill is reminded of from this long before it begins until this long after, should nobody have ended it. */
const DRILL_BEFORE_MS = DAY_MS;
const DRILL_AFTER_MS = DAY_MS / 2;
const CERTIFICATE_BEFORE_MS = 30 * DAY_MS;
/** An expiry that nobody has acted on for so long is no news any more. */
const CERTIFICATE_AFTER_MS = 30 * DAY_MS;
const MAX_REMINDERS = 50;

/** What is ahead of one person, of which calendar and reminders are made. */
export interface Ahead {
  /** Not done yet, whether it is late or far away. */
  readonly due: readonly {
    readonly id: string;
    readonly title: string;
    readonly dueAtMs: number;
    readonly path: string;
    readonly state: string;
  }[];
  /** Not over yet, and only those the person has a part in. */
  readonly drills: readonly {
    readonly id: string;
    readonly title: string;
    readonly role: string;
    readonly startsAtMs: number;
    readonly minutes: number;
  }[];
  /** Neither revoked nor followed by a newer one. */
  readonly certificates: readonly { readonly id: string; readonly title: string; readonly validUntilMs: number }[];
  /** The person's own that came back from a review, and those of the people they mentor that wait for one. */
  readonly returned: readonly ReviewFact[];
  readonly toReview: readonly (ReviewFact & { readonly person: string })[];
}

interface ReviewFact {
  readonly attemptId: string;
  readonly artefactId: string;
  readonly title: string;
  readonly version: number;
  readonly atMs: number;
}

const ORDER: readonly ReminderKind[] = ['overdue', 'returned', 'drill', 'due-soon', 'certificate', 'review'];

/** What to remind somebody of now, the most pressing first, without what they dismissed. Pure. */
export function planReminders(ahead: Ahead, dismissed: ReadonlySet<string>, nowMs: number): Reminder[] {
  return [...dueReminders(ahead), ...reviewReminders(ahead), ...drillReminders(ahead, nowMs), ...certificateReminders(ahead, nowMs)]
    .filter(({ id }) => !dismissed.has(id))
    .toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.at.localeCompare(b.at))
    .slice(0, MAX_REMINDERS);
}

function dueReminders({ due }: Ahead): Reminder[] {
  return due.flatMap(({ id, title, dueAtMs, path, state }) => {
    if (state !== 'overdue' && state !== 'due-soon') return [];
    const text = state === 'overdue' ? 'It was due and is not done yet.' : 'It is due soon.';
    return [{ id: `${state}:${id}`, kind: state, title, text, at: toInstant(dueAtMs), path } as const];
  });
}

function reviewReminders({ returned, toReview }: Ahead): Reminder[] {
  const page = (attemptId: string): string => `/attempts/${attemptId}/artefacts`;
  return [
    ...returned.map(({ attemptId, artefactId, title, version, atMs }) => ({
      id: `returned:${attemptId}:${artefactId}:${version}`,
      kind: 'returned' as const,
      title,
      text: 'It came back with comments. Better it and hand it in again.',
      at: toInstant(atMs),
      path: page(attemptId),
    })),
    ...toReview.map(({ attemptId, artefactId, title, version, atMs, person }) => ({
      id: `review:${attemptId}:${artefactId}:${version}`,
      kind: 'review' as const,
      title: `${title} of ${person}`,
      text: 'It was handed in and waits for your review.',
      at: toInstant(atMs),
      path: page(attemptId),
    })),
  ];
}

function drillReminders({ drills }: Ahead, nowMs: number): Reminder[] {
  return drills
    .filter(({ startsAtMs }) => nowMs >= startsAtMs - DRILL_BEFORE_MS && nowMs <= startsAtMs + DRILL_AFTER_MS)
    .map(({ id, title, role, startsAtMs }) => ({
      // A drill that is put to another time is reminded of again.
      id: `drill:${id}:${startsAtMs}`,
      kind: 'drill' as const,
      title,
      text: startsAtMs > nowMs ? `A drill is about to begin; you are ${role}.` : `A drill has begun; you are ${role}.`,
      at: toInstant(startsAtMs),
      path: `/drills/${id}`,
    }));
}

function certificateReminders({ certificates }: Ahead, nowMs: number): Reminder[] {
  return certificates
    .filter(({ validUntilMs }) => nowMs >= validUntilMs - CERTIFICATE_BEFORE_MS && nowMs <= validUntilMs + CERTIFICATE_AFTER_MS)
    .map(({ id, title, validUntilMs }) => {
      const isOver = nowMs >= validUntilMs;
      return {
        id: `certificate-${isOver ? 'expired' : 'expiring'}:${id}`,
        kind: 'certificate' as const,
        title,
        text: isOver ? 'Your certificate has expired.' : 'Your certificate expires soon; it can be renewed.',
        at: toInstant(validUntilMs),
        path: '/certificates',
      };
    });
}
