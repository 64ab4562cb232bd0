import { scoreTimes, type TimeId } from '../../grader/drills/drill-times.ts';
import { joinRatings, meanScore } from '../../grader/drills/drill-ratings.ts';
import { countMet, scoreStatus } from '../../grader/incidents/status-score.ts';
import { communicationItems, type DrillReview } from '../contract/drills.ts';
import { courseOf, statusUpdatesOf } from './drill-course.ts';
import type { DrillEntry, HappeningKind } from './drill-entry.ts';
import type { Sight } from './drill-rights.ts';
import { isUndone, type DrillState } from './drill-state.ts';
import type { DrillRecordView } from './drill-view.ts';
import { hotWashOf, newest, ratingsOf } from './exercise-view.ts';
import { individualFactor } from './individual-time.ts';
import { draftPostmortem } from './postmortem.ts';
import { tellEntry } from './timeline.ts';

const TITLES: Readonly<Record<TimeId, string>> = {
  detect: 'Time to detect',
  diagnose: 'Time to diagnose',
  mitigate: 'Time to mitigate',
  verify: 'Time to verify',
};

/** In nobody's review but of those who evaluate. */
const INTERNAL: ReadonlySet<HappeningKind> = new Set<HappeningKind>(['noted', 'objective-rated', 'communication-rated']);

/** What a drill showed: times, status updates, answers, objectives, communication, hot wash, and the record. Pure. */
export function reviewDrill(record: DrillRecordView, sight: Sight): DrillReview {
  const { state, entries, nowMs, nameOf } = record;
  const course = courseOf(state, entries, nowMs);
  const times = scoreTimes(course).map((finding) => ({ ...finding, title: TITLES[finding.id] }));
  const timeline = entries.filter((entry) => isReadable(entry, sight)).map((entry) => tellEntry(state, entry, nameOf));
  const updates = statusUpdatesOf(entries).filter(({ entry }) => !isUndone(state, entry));
  const status = course.clock === null ? [] : scoreStatus({ updates, samples: course.samples, clock: course.clock });
  const ratings = newest(entries, 'communication-rated');
  return {
    drillId: state.head.id,
    times,
    status: status.map(({ rule, kind, words }) => ({ rule, met: kind !== 'missed', words })),
    statusMet: countMet(status).met,
    answers: countAnswers(state),
    objectives: state.head.script.objectives.map(({ id, title }) => {
      const given = ratingsOf(entries, id, nameOf);
      const comments = given.map(({ comment }) => comment).filter((comment) => comment !== '');
      return { id, title, rating: joinRatings(given.map(({ rating }) => rating)) ?? null, ratedBy: given.length, comments };
    }),
    communication: communicationItems.map((item) => ({
      item,
      mean: meanScore(ratings.map(({ what }) => what.scores[item])) ?? null,
      ratedBy: ratings.length,
    })),
    hotWash: hotWashOf(entries, nameOf),
    timeline,
    postmortem: draftPostmortem({ state, timeline, times, hotWash: hotWashOf(entries, nameOf), updates }),
  };
}

/** Injects that expected something, whether it came, and whether in time. */
function countAnswers(state: DrillState): DrillReview['answers'] {
  const { injects } = state;
  const expected = injects.filter(({ inject, fired }) => inject.expect !== undefined && fired !== null);
  const came = expected.filter(({ answer }) => answer !== null && answer.outcome !== 'not');
  const inTime = came.filter(
    ({ inject, answer }) => (answer?.afterMs ?? Infinity) <= (inject.expect?.within ?? 0) * individualFactor(state, inject),
  );
  return { expected: expected.length, came: came.length, inTime: inTime.length };
}

/** Private words stay private, for everybody but those who could read along anyway. */
function isReadable({ what }: DrillEntry, sight: Sight): boolean {
  if (sight === 'all') return true;
  return !INTERNAL.has(what.kind) && (what.kind !== 'said' || what.to === 'everyone');
}
