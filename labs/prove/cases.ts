import type { Scorecard } from '../../grader/verdict.ts';
import { findFault } from '../../scenarios/faults/fault-catalogue.ts';
import type { LabFile } from '../lab-schema.ts';

/** What a lab must show of itself (GRADING.md, rule 10). */
export interface ProofCase {
  readonly group: 'healthy' | 'fault' | 'solution' | 'alternative' | 'slip' | 'cheat';
  readonly title: string;
  /** Injected before; absent for the healthy state. */
  readonly fault?: string;
  /** Run in the workspace after the fault is live. */
  readonly script?: string;
  /** Status updates that are handed in, in place of the lab's good ones. */
  readonly status?: string;
  readonly expected: 'passed' | 'failed';
  /** Checks that must be among those that fail. */
  readonly caughtBy: readonly string[];
}

/** All cases of a lab, or those of one fault; the healthy state is always among them. Pure. */
export function planCases(lab: LabFile, onlyFault?: string): readonly ProofCase[] {
  const faults = lab.faults.filter(({ id }) => onlyFault === undefined || id === onlyFault);
  const isWanted = ({ fault }: { readonly fault: string }): boolean => faults.some(({ id }) => id === fault);
  return [
    { group: 'healthy', title: 'The healthy state', expected: 'passed', caughtBy: [] },
    ...faults.map(({ id, title, verdict }): ProofCase => ({
      group: 'fault',
      title,
      fault: id,
      ...expectationOf(id, verdict, lab),
    })),
    ...faults.map(({ id, solution }): ProofCase => ({
      group: 'solution',
      title: 'Reference solution',
      fault: id,
      script: solution,
      expected: 'passed',
      caughtBy: [],
    })),
    ...lab.alternatives
      .filter(isWanted)
      .map(({ title, script, fault }): ProofCase => ({ group: 'alternative', title, fault, script, expected: 'passed', caughtBy: [] })),
    ...lab.slips.filter(isWanted).map(({ title, script, fault, status, caughtBy }): ProofCase => ({
      group: 'slip',
      title,
      fault,
      script,
      status,
      expected: 'passed',
      caughtBy,
    })),
    ...lab.cheats
      .filter(isWanted)
      .map(({ title, script, fault, caughtBy }): ProofCase => ({ group: 'cheat', title, fault, script, expected: 'failed', caughtBy })),
  ];
}

/** Long ones first, so that no sandbox is left alone with one at the end: those that are graded whole, then those whose failure is waited for longest. Pure. */
export function orderCases(cases: readonly ProofCase[], { checks }: Pick<LabFile, 'checks'>): readonly ProofCase[] {
  const waitMs = (id: string): number => {
    const check = checks[id];
    return check === undefined ? 0 : check.within + check.holdFor + Math.max(0, ...check.after.map(waitMs));
  };
  const lengthOf = ({ expected, caughtBy }: ProofCase): number =>
    expected === 'passed' ? Number.MAX_SAFE_INTEGER : Math.max(0, ...caughtBy.map(waitMs));
  return [...cases].sort((a, b) => lengthOf(b) - lengthOf(a));
}

/** Untreated, a fault must fail by what it is judged by, and a control must pass. */
function expectationOf(id: string, verdict: readonly string[], lab: LabFile): Pick<ProofCase, 'expected' | 'caughtBy'> {
  if (findFault(id)?.isControl === true) return { expected: 'passed', caughtBy: [] };
  return { expected: 'failed', caughtBy: verdict.length > 0 ? verdict : ['answers'].filter((check) => check in lab.checks) };
}

/** What is wrong with verdicts over one state, in words; undefined when they are as they must be. Pure. */
export function judgeProof(proofCase: ProofCase, scorecards: readonly Scorecard[]): string | undefined {
  const different = scorecards.find(({ outcome }) => outcome !== proofCase.expected);
  if (different !== undefined)
    return `expected ${proofCase.expected}, got ${different.outcome}: ${reasonsOf(different) || different.headline}`;
  for (const scorecard of scorecards) {
    const failing = failingChecks(scorecard);
    const missed = proofCase.caughtBy.filter((check) => !failing.includes(check));
    if (missed.length > 0) return `not caught by ${missed.join(', ')}, only by ${failing.join(', ')}`;
  }
  return scorecards.length === 0 ? 'no verdict was given' : undefined;
}

/** The platform could not tell something that would have decided: the verdict says nothing of the lab. Pure. */
export function isUndecided({ caughtBy }: ProofCase, scorecards: readonly Scorecard[]): boolean {
  return scorecards.some(
    ({ outcome, checks }) =>
      outcome === 'inconclusive' || checks.some(({ id, verdict }) => verdict.kind === 'inconclusive' && caughtBy.includes(id)),
  );
}

export function failingChecks({ checks }: Scorecard): readonly string[] {
  return checks.filter(({ verdict }) => verdict.kind === 'fail').map(({ id }) => id);
}

function reasonsOf({ checks }: Scorecard): string {
  return checks.flatMap(({ id, verdict }) => (verdict.kind === 'pass' ? [] : [`${id}: ${verdict.reason}`])).join(' | ');
}
