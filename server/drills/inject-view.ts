import { toInstantOrNull, toInstant } from '../clock.ts';
import type { InjectView } from '../contract/drills.ts';
import type { InjectState } from './drill-state.ts';
import type { NameOf } from './timeline.ts';

/** An inject with all that belongs to it: for those who read the script. */
export function viewInject({ inject, improvised, edited, state, dueMs, fired, answer }: InjectState, nameOf: NameOf): InjectView {
  const firedById = fired?.byId ?? null;
  return {
    number: inject.number,
    kind: inject.kind,
    channel: inject.channel,
    from: inject.from,
    to: inject.to === 'everyone' ? 'everyone' : [...inject.to],
    subject: inject.subject,
    text: inject.text,
    dueMs,
    contingency: inject.when === undefined ? null : { unanswered: inject.when.unanswered, afterMs: inject.when.after },
    expected:
      inject.expect === undefined
        ? null
        : { response: inject.expect.response, withinMs: inject.expect.within, sign: inject.expect.sign ?? null },
    objective: inject.objective ?? null,
    notes: inject.notes,
    improvised,
    edited,
    state,
    firedAt: toInstantOrNull(fired?.atMs ?? null),
    firedMs: fired?.scenarioMs ?? null,
    firedBy: firedById === null ? null : nameOf(firedById),
    answer:
      answer === null
        ? null
        : {
            at: toInstant(answer.atMs),
            afterMs: answer.afterMs,
            outcome: answer.outcome,
            by: answer.byId === null ? null : nameOf(answer.byId),
            note: answer.note,
          },
  };
}
