import type { CheckResult, Scorecard, ScorecardDimension } from './verdict.ts';

export interface ScorecardOptions {
  readonly passMark: number;
  readonly labHash: string;
  readonly gradedAtMs: number;
}

/** Share of a dimension's points from which on it is met, and from which on exceeded. */
const MEETS = 0.7;
const EXCEEDS = 1;
/** One or two checks prove that something can be done, not that it is mastered. */
const CHECKS_TO_EXCEED = 3;

/** Sums results up. Pure. */
export function planScorecard(checks: readonly CheckResult[], { passMark, labHash, gradedAtMs }: ScorecardOptions): Scorecard {
  const score = scoreOf(checks, ['pass']);
  const outcome = outcomeOf(checks, passMark);
  const restoredAt = outcome === 'passed' ? lastRecovery(checks) : undefined;
  return {
    outcome,
    score,
    passMark,
    headline: headlineOf(outcome, checks, score, passMark),
    checks,
    dimensions: dimensionsOf(checks),
    ...(restoredAt === undefined ? {} : { restoredAt }),
    labHash,
    gradedAt: new Date(gradedAtMs).toISOString(),
  };
}

/** Failed as soon as nothing that is still unknown could turn it. */
function outcomeOf(checks: readonly CheckResult[], passMark: number): Scorecard['outcome'] {
  const critical = checks.filter((check) => check.critical);
  const bestPossible = scoreOf(checks, ['pass', 'inconclusive']);
  if (checks.length === 0 || critical.some(({ verdict }) => verdict.kind === 'fail') || bestPossible < passMark) return 'failed';
  if (critical.some(({ verdict }) => verdict.kind === 'inconclusive') || scoreOf(checks, ['pass']) < passMark) return 'inconclusive';
  return 'passed';
}

/** 0 to 100, rounded down. */
function scoreOf(checks: readonly CheckResult[], counted: readonly CheckResult['verdict']['kind'][]): number {
  const total = sumWeights(checks);
  return total === 0 ? 0 : Math.floor((100 * sumWeights(checks.filter(({ verdict }) => counted.includes(verdict.kind)))) / total);
}

function sumWeights(checks: readonly CheckResult[]): number {
  return checks.reduce((sum, { weight }) => sum + weight, 0);
}

function headlineOf(outcome: Scorecard['outcome'], checks: readonly CheckResult[], score: number, passMark: number): string {
  const of = (kind: CheckResult['verdict']['kind']): readonly CheckResult[] => checks.filter(({ verdict }) => verdict.kind === kind);
  if (outcome === 'passed')
    return of('pass').length === checks.length
      ? 'Restored and safe: every check holds.'
      : `Restored. ${of('fail').length === 1 ? 'One smaller thing is' : `${of('fail').length} smaller things are`} left to mend.`;
  if (outcome === 'inconclusive')
    return 'Not decided: the platform could not look at everything. This does not count against you; ask for the verdict again.';
  const decisive = of('fail').find(({ critical }) => critical);
  return decisive === undefined
    ? `Not there yet: ${score} of ${passMark} points that are needed.`
    : `Not there yet: this does not hold: ${lowerFirst(decisive.title)}.`;
}

/** "The endpoint…" in the middle of a sentence; names in capitals stay. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function dimensionsOf(checks: readonly CheckResult[]): Scorecard['dimensions'] {
  const names = [...new Set(checks.map(({ dimension }) => dimension))];
  return names.map((dimension) =>
    dimensionOf(
      dimension,
      checks.filter((check) => check.dimension === dimension),
    ),
  );
}

function dimensionOf(dimension: ScorecardDimension, checks: readonly CheckResult[]): Scorecard['dimensions'][number] {
  const of = sumWeights(checks);
  const points = sumWeights(checks.filter(({ verdict }) => verdict.kind === 'pass'));
  const share = of === 0 ? 0 : points / of;
  const level = share >= EXCEEDS && checks.length >= CHECKS_TO_EXCEED ? 'exceeds' : share >= MEETS ? 'meets' : 'not yet';
  return { dimension, level, points, of };
}

function lastRecovery(checks: readonly CheckResult[]): string | undefined {
  const times = checks.filter(({ critical }) => critical).flatMap(({ recoveredAt }) => recoveredAt ?? []);
  return times.sort().at(-1);
}
