import { DAY_MS } from '../../clock.ts';
import type { GradedCheck, VerdictGrading } from '../grading.ts';
import type { JudgedAttempt, JudgedCheck } from '../judged-attempt.ts';
import type { InsightRules } from '../rules.ts';

/** Day 0 of every test. */
export const DAY_ZERO_MS = Date.UTC(2026, 0, 1);

export const dayMs = (day: number): number => DAY_ZERO_MS + day * DAY_MS;

/** `auth+`, `auth-`, `auth?`: a check and what the grader said; `>pass`, `>fail` or `>out` after it what a person made of it. */
export function check(text: string, dimension = 'security-governance'): JudgedCheck {
  const [, id = '', symbol = '', corrected] = /^([\w-]+?)([+?-])(?:>(\w+))?$/.exec(text) ?? [];
  return {
    id,
    title: `Check ${id}`,
    weight: 1,
    critical: false,
    hidden: false,
    dimension,
    outcome: symbol === '+' ? 'pass' : symbol === '-' ? 'fail' : 'inconclusive',
    recoveredAtMs: null,
    corrected: corrected === undefined ? null : corrected === 'out' ? 'leave out' : (corrected as 'pass' | 'fail'),
  };
}

interface Told extends Partial<Omit<JudgedAttempt, 'checks' | 'lab'>> {
  readonly day?: number;
  readonly lab?: string;
  readonly version?: string;
  readonly checks?: readonly JudgedCheck[];
  readonly tries?: VerdictGrading['tries'];
}

let count = 0;

/** One person's attempt, passed unless told otherwise, with one verdict. */
export function judged({
  day = 0,
  lab = 'endpoint',
  version = '1.0.0',
  checks = [check('auth+')],
  tries = [],
  ...told
}: Told): JudgedAttempt {
  count += 1;
  const outcome = told.machineOutcome ?? told.outcome ?? 'passed';
  const known = { slug: lab, title: `Lab ${lab}`, version, hash: 'abcdef0123456789' };
  const graded: readonly GradedCheck[] = checks;
  const verdict: VerdictGrading = {
    kind: 'verdict',
    atMs: dayMs(day),
    lab: known,
    fault: told.fault ?? 'bad-image',
    outcome,
    score: 80,
    checks: graded,
    tries,
  };
  return {
    attemptId: `at_${String(count).padStart(20, 'a')}`,
    personIds: ['pr_1'],
    lab: known,
    mode: 'incident',
    fault: 'bad-image',
    endedAtMs: dayMs(day),
    tookMs: 600_000,
    incidentStartedAtMs: dayMs(day) - 600_000,
    hints: 0,
    verdicts: [verdict],
    outcome,
    machineOutcome: outcome,
    score: 80,
    ...told,
    checks,
  };
}

const labs = { labs: ['endpoint'] };

/** Half-life and validity of 100 days; security for 50. */
export const testRules: InsightRules = {
  skills: {
    halfLifeDays: 100,
    meets: 0.7,
    exceeds: 0.9,
    minChecks: 3,
    exceedsChecks: 6,
    exceedsLabs: 2,
    validDays: 100,
    dimensions: {
      'cloud-kubernetes': labs,
      'iac-cicd': { labs: [] },
      'mlops-lifecycle': labs,
      'observability-reliability': labs,
      'security-governance': { labs: ['identity', 'endpoint'], validDays: 50 },
      'system-design': labs,
      communication: labs,
      collaboration: labs,
    },
  },
  services: [],
};

export const testTitles = { lab: (slug: string) => `Lab ${slug}`, certificate: (id: string) => `Certificate ${id}` };
