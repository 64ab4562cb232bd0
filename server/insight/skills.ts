import { DAY_MS } from '../clock.ts';
import type { SkillLevel } from '../contract/insight.ts';
import { groupBy } from '../grouping.ts';
import { outcomeNow, type JudgedAttempt } from './judged-attempt.ts';
import { dimensions, type Dimension, type SkillRules } from './rules.ts';

/** What one attempt shows of one dimension. */
export interface Showing {
  readonly attemptId: string;
  readonly lab: string;
  readonly labTitle: string;
  readonly atMs: number;
  readonly passed: number;
  readonly of: number;
  readonly points: number;
  readonly ofPoints: number;
}

/** Where a person stands in a dimension at a moment. */
export interface SkillState {
  readonly dimension: Dimension;
  readonly level: SkillLevel;
  readonly standing: 'current' | 'lapsed' | 'unseen' | 'not yet';
  readonly checks: number;
  readonly passed: number;
  /** 0 to 1, aged; null where nothing was seen. */
  readonly share: number | null;
  readonly lastShownAtMs: number | null;
  /** By when it has to be shown again; null where the level is not met. */
  readonly dueAtMs: number | null;
  /** The newest first. */
  readonly showings: readonly Showing[];
}

/** Whether a level is at least the one that is asked for. */
export function isAtLeast(level: SkillLevel, wanted: SkillLevel): boolean {
  const order: readonly SkillLevel[] = ['not yet', 'meets', 'exceeds'];
  return order.indexOf(level) >= order.indexOf(wanted);
}

/**
 * A person's eight dimensions at `atMs`, from their attempts up to then. Pure, so that it can be asked of any day. A check counts its points,
 * halved for each half-life of its age: what somebody did lately says more than what they did once. An attempt that a person overrode to failed
 * shows nothing, whatever its checks say.
 */
export function skillsAt(attempts: readonly JudgedAttempt[], rules: SkillRules, atMs: number): SkillState[] {
  const counted = attempts.filter(
    ({ endedAtMs, machineOutcome, outcome }) => endedAtMs <= atMs && !(machineOutcome === 'passed' && outcome === 'failed'),
  );
  const showings = groupBy(counted.flatMap(showingsOf), ({ dimension }) => dimension);
  return dimensions.map((dimension) => skillOf(dimension, showings.get(dimension) ?? [], rules, atMs));
}

/** How long a level of this dimension holds after it was last shown, in days. */
export function validDaysOf(dimension: Dimension, rules: SkillRules): number {
  return rules.dimensions[dimension].validDays ?? rules.validDays;
}

function showingsOf(attempt: JudgedAttempt): (Showing & { readonly dimension: string })[] {
  const decided = attempt.checks.flatMap((check) => {
    const now = outcomeNow(check);
    return now === 'pass' || now === 'fail' ? [{ ...check, holds: now === 'pass' }] : [];
  });
  return [...groupBy(decided, ({ dimension }) => dimension)].map(([dimension, checks]) => {
    const held = checks.filter(({ holds }) => holds);
    return {
      dimension,
      attemptId: attempt.attemptId,
      lab: attempt.lab.slug,
      labTitle: attempt.lab.title,
      atMs: attempt.endedAtMs,
      passed: held.length,
      of: checks.length,
      points: sum(held.map(({ weight }) => weight)),
      ofPoints: sum(checks.map(({ weight }) => weight)),
    };
  });
}

function skillOf(dimension: Dimension, showings: readonly Showing[], rules: SkillRules, atMs: number): SkillState {
  const aged = showings.map((one) => ({ ...one, weight: 0.5 ** ((atMs - one.atMs) / DAY_MS / rules.halfLifeDays) }));
  const of = sum(aged.map(({ ofPoints, weight }) => ofPoints * weight));
  const share = of === 0 ? null : sum(aged.map(({ points, weight }) => points * weight)) / of;
  const checks = sum(showings.map((one) => one.of));
  const shown = showings.filter(({ points, ofPoints }) => points / ofPoints >= rules.meets).map((one) => one.atMs);
  const lastShownAtMs = shown.length === 0 ? null : Math.max(...shown);
  const level = levelOf(share, checks, new Set(showings.map(({ lab }) => lab)).size, rules);
  const isMet = level !== 'not yet' && lastShownAtMs !== null;
  const dueAtMs = isMet ? lastShownAtMs + validDaysOf(dimension, rules) * DAY_MS : null;
  return {
    dimension,
    level: isMet ? level : 'not yet',
    standing: dueAtMs !== null ? (dueAtMs <= atMs ? 'lapsed' : 'current') : checks < rules.minChecks ? 'unseen' : 'not yet',
    checks,
    passed: sum(showings.map((one) => one.passed)),
    share,
    lastShownAtMs,
    dueAtMs,
    showings: showings.toSorted((a, b) => b.atMs - a.atMs),
  };
}

function levelOf(share: number | null, checks: number, labs: number, rules: SkillRules): SkillLevel {
  if (share === null || checks < rules.minChecks || share < rules.meets) return 'not yet';
  return share >= rules.exceeds && checks >= rules.exceedsChecks && labs >= rules.exceedsLabs ? 'exceeds' : 'meets';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
