import { toInstant } from '../clock.ts';
import type { TimelineEntry } from '../contract/drills.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { DrillEntry, Happening } from './drill-entry.ts';
import { ROLE_WORDS } from './drill-members.ts';
import { isUndone, type DrillState } from './drill-state.ts';

export type NameOf = (personId: string) => PersonRef;

interface Said {
  readonly words: string;
  readonly detail?: string;
}

/** One line of the record in words. */
export function tellEntry(state: DrillState, entry: DrillEntry, nameOf: NameOf): TimelineEntry {
  const { words, detail = '' } = tell(state, entry.what, nameOf);
  return {
    seq: entry.seq,
    at: toInstant(entry.atMs),
    atMs: entry.scenarioMs,
    kind: entry.what.kind,
    by: entry.actorId === null ? null : nameOf(entry.actorId),
    words,
    detail,
    undone: isUndone(state, entry),
  };
}

function tell(state: DrillState, what: Happening, nameOf: NameOf): Said {
  switch (what.kind) {
    case 'scheduled':
      return { words: 'The drill was scheduled.' };
    case 'started':
      return { words: 'The drill began.' };
    case 'paused':
      return { words: 'The clock was stopped.', detail: what.reason };
    case 'resumed':
      return { words: 'The clock went on.' };
    case 'jumped':
      return { words: `The clock was moved to minute ${Math.floor(what.toMs / 60_000)}.` };
    case 'inject-fired':
      return injectWords(state, what.inject, 'came');
    case 'inject-skipped':
      return { ...injectWords(state, what.inject, 'was skipped'), detail: what.reason };
    case 'inject-edited':
      return { words: `Inject ${what.inject} was changed.`, detail: what.subject };
    case 'inject-improvised':
      return { words: `Inject ${what.inject.number} was improvised: ${what.inject.subject}` };
    case 'checkpoint':
      return { words: `Checkpoint: ${what.label}` };
    case 'rewound':
      return { words: `Back to the checkpoint: ${state.checkpoints.find(({ id }) => id === what.checkpoint)?.label ?? what.checkpoint}` };
    case 'service':
      return { words: `The service is ${what.state}.`, detail: what.seen };
    case 'role-given':
      return { words: `${nameOf(what.personId).name} is ${ROLE_WORDS[what.role]}.` };
    case 'part-taken-away':
      return { words: `${nameOf(what.personId).name} has no part any more.` };
    case 'came':
      return { words: 'Came into the room.' };
    case 'went':
      return { words: what.asked ? 'Left the room.' : 'Is away: the link to the page was lost.' };
    case 'acknowledged':
      return injectWords(state, what.inject, 'was acknowledged');
    case 'acted':
      return { words: `Action: ${what.text}`, detail: reference(state, what.inject) };
    case 'supposed':
      return { words: `Hypothesis: ${what.text}`, detail: reference(state, what.inject) };
    case 'declared':
      return { words: DECLARED[what.what], detail: what.text };
    case 'said':
      return {
        words: what.to === 'everyone' || what.to === 'exercise' ? 'Said' : `Said to ${nameOf(what.to).name} alone`,
        detail: what.text,
      };
    case 'status':
      return { words: `Status update, ${what.update.kind.replace('-', ' ')}, to ${what.update.audience}`, detail: what.update.text };
    case 'marked':
      return { words: `The answer to inject ${what.inject}: ${OUTCOMES[what.outcome]}.`, detail: what.note };
    case 'confirmed':
      return { words: 'A hypothesis was confirmed.' };
    case 'noted':
      return { words: 'Note', detail: what.text };
    case 'objective-rated':
      return { words: `Objective ${what.objective}: ${what.rating.replace('-', ' ')}.`, detail: what.comment };
    case 'communication-rated':
      return { words: 'The communication was rated.', detail: what.comment };
    case 'hot-wash':
      return { words: HOT_WASH[what.about], detail: what.text };
    case 'sandbox':
      return { words: what.words };
    case 'ended':
      return { words: 'The drill ended.' };
  }
}

const DECLARED = {
  incident: 'An incident was declared.',
  mitigated: 'The team said that it was mitigated.',
  verified: 'The team said that it was verified.',
} as const;

const OUTCOMES = { 'as-expected': 'as expected', partly: 'partly as expected', not: 'not as expected' } as const;
const HOT_WASH = { well: 'Went well', 'not-well': 'Did not go well', action: 'To be done' } as const;

function injectWords(state: DrillState, number: number, what: string): Said {
  const inject = state.injects.find((known) => known.inject.number === number)?.inject;
  return { words: `Inject ${number} ${what}${inject === undefined ? '' : `: ${inject.subject}`}`, detail: inject?.text ?? '' };
}

function reference(state: DrillState, number: number | null): string {
  if (number === null) return '';
  const inject = state.injects.find((known) => known.inject.number === number)?.inject;
  return `On: ${inject?.subject ?? number}`;
}
