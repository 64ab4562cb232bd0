import type { Item, ItemLevel, ItemNumber, ItemsQuery } from '../contract/insight.ts';
import type { FigureValue } from '../contract/program.ts';
import { groupBy } from '../grouping.ts';
import { outcomeNow, wasWrong, type JudgedAttempt, type JudgedCheck } from './judged-attempt.ts';
import { mean, median, pointBiserial, type Pair } from '../statistics.ts';

/** Below this a share says more about chance than about the item. */
export const LEAST_OF = 5;
/** A correlation of fewer pairs than this has an error of a quarter and more. */
export const LEAST_OF_DISCRIMINATION = 20;

export const itemDefinitions: Readonly<Record<ItemNumber, string>> = {
  passRate: 'How easy it is: of those that were decided, the share that holds or passed, as it counts now.',
  medianMs:
    'Half took longer: of a lab or a fault from its start to its verdict without pauses, of a check from the fault to its recovery.',
  hints: 'The mean number of hints that were opened in an attempt.',
  falseFail: 'Of what the grader failed, the share that a person passed afterwards, by override or regrade.',
  falsePass: 'Of what the grader passed, the share that a person failed afterwards, by override or regrade.',
  inconclusive: 'Of all gradings, the share in which the grader could not tell.',
  flaky: 'Of the times that the same state was graded again at once, the share in which the verdict differed.',
  discrimination:
    'The point-biserial correlation between passing the check and the score of the attempt’s other checks: near 0 it tells nothing, below 0 it misleads.',
};

/** One observation of an item: an attempt, and which of its checks it is about. */
export interface Observation {
  readonly attempt: JudgedAttempt;
  readonly check: JudgedCheck | null;
}

/** Every item of the level, among the attempts that the query names. Pure. */
export function itemsOf(attempts: readonly JudgedAttempt[], query: ItemsQuery): Item[] {
  return [...groupBy(observationsOf(attempts, query), (one) => keyOf(one, query))].map(([key, observations]) =>
    itemOf(key, query, observations),
  );
}

/** What the items of the level stand on. Pure. */
export function observationsOf(attempts: readonly JudgedAttempt[], { level, lab, version, fault }: ItemsQuery): Observation[] {
  const chosen = attempts.filter(
    (attempt) =>
      (lab === undefined || attempt.lab.slug === lab) &&
      (version === undefined || versionOf(attempt) === version) &&
      (fault === undefined || attempt.fault === fault),
  );
  if (level !== 'check') return chosen.map((attempt) => ({ attempt, check: null }));
  return chosen.flatMap((attempt) => attempt.checks.map((check) => ({ attempt, check })));
}

/** Two labs of one version number may differ while they are being written, so the hash belongs to it. */
export function versionOf({ lab }: Pick<JudgedAttempt, 'lab'>): string {
  return `${lab.version} ${lab.hash.slice(0, 8)}`;
}

/** An observation's part in a number; undefined where it has none. The same for the numbers and for the attempts behind them. */
export function partOf(number: ItemNumber, { attempt, check }: Observation): number | undefined {
  const machine = check === null ? outcomes[attempt.machineOutcome] : check.outcome;
  const now = check === null ? outcomes[attempt.outcome] : outcomeNow(check);
  switch (number) {
    case 'passRate':
      return now === undefined || now === 'inconclusive' ? undefined : share(now === 'pass');
    case 'medianMs':
      return check === null ? attempt.tookMs : recoveryOf(attempt, check);
    case 'hints':
      return attempt.hints;
    case 'falseFail':
      return machine === 'fail' ? share(check === null ? now === 'pass' : wasWrong(attempt, check)) : undefined;
    case 'falsePass':
      return machine === 'pass' ? share(check === null ? now === 'fail' : wasWrong(attempt, check)) : undefined;
    case 'inconclusive':
      return mean(gradingsOf({ attempt, check }).map((outcome) => share(outcome === 'inconclusive')));
    case 'flaky':
      return mean(repeatsOf({ attempt, check }).map(share));
    case 'discrimination':
      return undefined;
  }
}

const outcomes = { passed: 'pass', failed: 'fail', inconclusive: 'inconclusive' } as const;

function share(holds: boolean): number {
  return holds ? 1 : 0;
}

function recoveryOf({ incidentStartedAtMs }: JudgedAttempt, { recoveredAtMs }: JudgedCheck): number | undefined {
  return recoveredAtMs === null || incidentStartedAtMs === null ? undefined : Math.max(0, recoveredAtMs - incidentStartedAtMs);
}

/** What every grading of the attempt said, tries included. */
function gradingsOf({ attempt, check }: Observation): string[] {
  return attempt.verdicts.flatMap((verdict) => [
    ...verdict.tries.flatMap((said) => (check === null ? 'inconclusive' : (said[check.id] ?? []))),
    ...(check === null ? [outcomes[verdict.outcome]] : verdict.checks.filter(({ id }) => id === check.id).map(({ outcome }) => outcome)),
  ]);
}

/** For each time that the same state was graded again: whether any check, or this one, said another thing than before. */
function repeatsOf({ attempt, check }: Observation): boolean[] {
  return attempt.verdicts.flatMap((verdict) => {
    const final = Object.fromEntries(verdict.checks.map(({ id, outcome }) => [id, outcome]));
    const gradings = [...verdict.tries, final];
    return gradings.slice(1).flatMap((said, index) => {
      const before = gradings[index] ?? {};
      const ids = Object.keys(said).filter((id) => before[id] !== undefined && (check === null || check.id === id));
      return ids.length === 0 ? [] : [ids.some((id) => before[id] !== said[id])];
    });
  });
}

function keyOf({ attempt, check }: Observation, { level }: ItemsQuery): string {
  const parts: Readonly<Record<ItemLevel, string>> = {
    lab: attempt.lab.slug,
    version: `${attempt.lab.slug} ${versionOf(attempt)}`,
    fault: `${attempt.lab.slug} ${attempt.fault}`,
    check: `${attempt.lab.slug} ${check?.id ?? ''}`,
  };
  return parts[level];
}

function itemOf(key: string, { level, version, fault }: ItemsQuery, observations: readonly Observation[]): Item {
  const newest = observations.reduce((a, b) => (b.attempt.endedAtMs > a.attempt.endedAtMs ? b : a));
  const { attempt, check } = newest;
  return {
    key,
    level,
    lab: { slug: attempt.lab.slug, title: attempt.lab.title },
    version: level === 'version' ? versionOf(attempt) : (version ?? null),
    fault: level === 'fault' ? attempt.fault : (fault ?? null),
    check:
      check === null
        ? null
        : { id: check.id, title: check.title, dimension: check.dimension, critical: check.critical, hidden: check.hidden },
    attempts: new Set(observations.map((one) => one.attempt.attemptId)).size,
    people: new Set(observations.flatMap((one) => one.attempt.personIds)).size,
    numbers: {
      passRate: numberOf('passRate', observations, mean),
      medianMs: numberOf('medianMs', observations, median),
      hints: numberOf('hints', observations, mean),
      falseFail: numberOf('falseFail', observations, mean),
      falsePass: numberOf('falsePass', observations, mean),
      inconclusive: pooled(observations.flatMap(gradingsOf).map((outcome) => outcome === 'inconclusive')),
      flaky: pooled(observations.flatMap(repeatsOf)),
      discrimination: discriminationOf(observations),
    },
  };
}

function numberOf(
  number: ItemNumber,
  observations: readonly Observation[],
  sum: (values: readonly number[]) => number | undefined,
): FigureValue {
  return withLeast(
    observations.flatMap((one) => partOf(number, one) ?? []),
    sum,
  );
}

function pooled(happened: readonly boolean[]): FigureValue {
  return withLeast(happened.map(share), mean);
}

function withLeast(values: readonly number[], sum: (values: readonly number[]) => number | undefined, least = LEAST_OF): FigureValue {
  const of = values.length;
  if (of < least) return { value: null, of, why: tooFew(of, least) };
  return { value: sum(values) ?? null, of, why: null };
}

function tooFew(of: number, least: number): string {
  return of === 0 ? 'Nothing to count yet.' : `Too few: ${of} of at least ${least}.`;
}

/** Against the rest of the score, since a check's own points are in the whole score. */
function discriminationOf(observations: readonly Observation[]): FigureValue {
  const pairs = observations.flatMap(pairOf);
  const of = pairs.length;
  if (of < LEAST_OF_DISCRIMINATION) return { value: null, of, why: tooFew(of, LEAST_OF_DISCRIMINATION) };
  const value = pointBiserial(pairs);
  return value === undefined ? { value: null, of, why: 'Everybody did the same, so nothing is told apart.' } : { value, of, why: null };
}

/** None for whole labs, which have nothing outside to be compared with. */
export function pairOf({ attempt, check }: Observation): Pair[] {
  if (check === null) return [];
  const own = outcomeNow(check);
  const others = attempt.checks.filter(({ id }) => id !== check.id).map((one) => ({ weight: one.weight, now: outcomeNow(one) }));
  const decided = others.filter(({ now }) => now === 'pass' || now === 'fail');
  const of = decided.reduce((sum, { weight }) => sum + weight, 0);
  if (own === undefined || own === 'inconclusive' || of === 0) return [];
  const points = decided.reduce((sum, { weight, now }) => sum + (now === 'pass' ? weight : 0), 0);
  return [{ holds: own === 'pass', score: points / of }];
}
