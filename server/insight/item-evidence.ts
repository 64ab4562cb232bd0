import { toInstant } from '../clock.ts';
import type { EvidenceRow, ItemNumber } from '../contract/insight.ts';
import type { PersonRef } from '../contract/roles.ts';
import { pairOf, partOf, type Observation } from './item-quality.ts';
import { outcomeNow } from './judged-attempt.ts';

/** What an observation says to a number, in words; undefined where it has no part in it. Pure. */
export function evidenceRow(
  number: ItemNumber,
  observation: Observation,
  nameOf: (personId: string) => PersonRef,
): EvidenceRow | undefined {
  const words = wordsOf(number, observation);
  if (words === undefined) return undefined;
  const { attempt } = observation;
  return {
    attemptId: attempt.attemptId,
    people: attempt.personIds.map(nameOf),
    lab: attempt.lab.title,
    at: toInstant(attempt.endedAtMs),
    words,
  };
}

function wordsOf(number: ItemNumber, observation: Observation): string | undefined {
  if (number === 'discrimination') {
    const [pair] = pairOf(observation);
    return pair === undefined
      ? undefined
      : `${pair.holds ? 'The check held' : 'The check failed'}; of the other checks’ points ${percent(pair.score)} were reached.`;
  }
  const part = partOf(number, observation);
  if (part === undefined) return undefined;
  switch (number) {
    case 'passRate':
    case 'falseFail':
    case 'falsePass':
      return saidAndNow(observation);
    case 'medianMs':
      return `${Math.round(part / 6_000) / 10} minutes.`;
    case 'hints':
      return part === 1 ? 'One hint was opened.' : `${part} hints were opened.`;
    case 'inconclusive':
      return `The grader could not tell in ${percent(part)} of its gradings.`;
    case 'flaky':
      return `Graded again at once, it said another thing ${percent(part)} of the times.`;
  }
}

const CHECK_WORDS = { pass: 'It held', fail: 'It failed', inconclusive: 'The grader could not tell' } as const;
const OUTCOME_WORDS = {
  passed: 'The grader passed it',
  failed: 'The grader failed it',
  inconclusive: 'The grader could not tell',
} as const;

function saidAndNow({ attempt, check }: Observation): string {
  if (check === null)
    return attempt.outcome === attempt.machineOutcome
      ? `${OUTCOME_WORDS[attempt.machineOutcome]}.`
      : `${OUTCOME_WORDS[attempt.machineOutcome]}; a person ${attempt.outcome} it afterwards.`;
  const now = outcomeNow(check);
  if (check.corrected === null || now === check.outcome)
    return attempt.outcome === attempt.machineOutcome
      ? `${CHECK_WORDS[check.outcome]}.`
      : `${CHECK_WORDS[check.outcome]}; the attempt was ${attempt.outcome} by a person afterwards.`;
  return `${CHECK_WORDS[check.outcome]}; ${now === undefined ? 'a person left it out' : `a person counted it as a ${now}`} afterwards.`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
