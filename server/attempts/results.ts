import type { CheckResult } from '../../grader/verdict.ts';
import type { StepContent } from '../../labs/lab-stage.ts';
import { AppError } from '../app-error.ts';
import { toInstant, toInstantOrNull } from '../clock.ts';
import type { Recording, Result, ResultCheck } from '../contract/attempts.ts';
import type { PersonRef } from '../contract/roles.ts';
import { hasEnded, type Attempt } from './attempt.ts';
import type { StoredJournalEntry } from './attempt-records.ts';
import { shownExtraMs, summarise, viewAi } from './attempt-view.ts';
import type { StoredOverride, StoredVerdict } from './verdict-records.ts';

export interface ResultParts {
  readonly attempt: Attempt;
  readonly verdict: StoredVerdict | undefined;
  readonly override: StoredOverride | undefined;
  readonly journal: readonly StoredJournalEntry[];
  readonly content: readonly StepContent[];
  readonly recordings: readonly Recording[];
  readonly nameOf: (personId: string) => PersonRef;
  /** Evidence of hidden checks shows how the lab is judged: only those who do not take it may see it. */
  readonly showsHiddenEvidence: boolean;
}

/** Journal entries that are housekeeping, not part of the story. */
const NOT_TOLD = new Set(['baseline', 'provisioning']);

/** The result page's data. Refuses while the attempt runs. */
export function viewResult(parts: ResultParts): Result {
  const { attempt, verdict, override, nameOf } = parts;
  if (!hasEnded(attempt))
    throw new AppError('Conflict', 'There is no result while the attempt runs.', { remedy: 'Ask for the verdict first.' });
  const scorecard = verdict?.scorecard;
  return {
    attempt: summarise(attempt, nameOf),
    outcome: outcomeOf(attempt, verdict?.scorecard.outcome, override?.outcome),
    score: scorecard?.score ?? null,
    passMark: scorecard?.passMark ?? attempt.lab.passMark,
    headline: scorecard?.headline ?? headlineWithout(attempt),
    checks: (scorecard?.checks ?? []).map((check) => viewCheck(check, parts.showsHiddenEvidence)),
    dimensions: (scorecard?.dimensions ?? []).map((dimension) => ({ ...dimension })),
    restoredAfterMs: verdict?.restoredAfterMs ?? null,
    hintsUsed: hintsUsed(attempt),
    stepsSkipped: attempt.steps.filter((step) => step.state === 'skipped').length,
    timeline: parts.journal
      .filter((entry) => !NOT_TOLD.has(entry.kind))
      .map((entry) => ({
        at: toInstant(entry.atMs),
        kind: entry.kind,
        text: entry.text,
        actor: entry.actorId === null ? null : nameOf(entry.actorId),
      })),
    recordings: [...parts.recordings],
    override:
      override === undefined
        ? null
        : { by: nameOf(override.byId), at: toInstant(override.atMs), outcome: override.outcome, reason: override.reason },
    ai: viewAi(attempt, nameOf),
    extraMs: shownExtraMs(attempt),
    tryNext: suggest(attempt, scorecard?.checks ?? []),
    gradedAt: toInstantOrNull(verdict?.gradedAtMs ?? null),
  };
}

/** An override holds over the machine's verdict; without a verdict the way the attempt ended is its outcome. */
export function outcomeOf(attempt: Attempt, verdict: string | undefined, override: 'passed' | 'failed' | undefined): Result['outcome'] {
  if (override !== undefined) return override;
  if (attempt.state === 'passed' || attempt.state === 'failed') return attempt.state;
  if (attempt.state === 'broken' && verdict === 'inconclusive') return 'inconclusive';
  return attempt.state === 'expired' || attempt.state === 'abandoned' ? attempt.state : 'broken';
}

export function hintsUsed(attempt: Attempt): number {
  return attempt.steps.reduce((sum, step) => sum + step.hints.length, 0);
}

function viewCheck(check: CheckResult, showsHidden: boolean): ResultCheck {
  const { verdict } = check;
  const evidence = check.hidden && !showsHidden ? [] : verdict.evidence;
  return {
    id: check.id,
    title: check.title,
    weight: check.weight,
    critical: check.critical,
    hidden: check.hidden,
    dimension: check.dimension,
    verdict: verdict.kind,
    reason: verdict.kind === 'pass' ? null : verdict.reason,
    evidence: evidence.map(({ at, kind, summary, detail }) => ({ at, kind, summary, ...(detail === undefined ? {} : { detail }) })),
    startedAt: check.startedAt,
    finishedAt: check.finishedAt,
  };
}

function headlineWithout(attempt: Attempt): string {
  switch (attempt.state) {
    case 'expired':
      return 'Time ran out before the incident, so there was nothing to judge.';
    case 'abandoned':
      return 'The attempt was ended before a verdict.';
    default:
      return attempt.trouble ?? 'The platform could not keep this attempt. It does not count against you.';
  }
}

const MAX_SUGGESTIONS = 4;

/** What the checks that failed ask for first, then what would make the next attempt richer. */
function suggest(attempt: Attempt, checks: readonly CheckResult[]): string[] {
  const failed = checks
    .filter((check) => check.verdict.kind === 'fail')
    .sort((a, b) => Number(b.critical) - Number(a.critical) || b.weight - a.weight);
  const suggestions = failed
    .slice(0, 2)
    .map((check) => `Look again at "${check.title}"${check.verdict.kind === 'fail' ? `: ${check.verdict.reason}` : ''}`);
  const skippedSteps = attempt.steps.filter((step) => step.state === 'skipped');
  if (skippedSteps.length > 0)
    suggestions.push(
      `Do ${skippedSteps.length === 1 ? `the step "${skippedSteps[0]?.title ?? ''}"` : `the ${skippedSteps.length} skipped steps`} yourself next time.`,
    );
  if (attempt.state === 'passed' && attempt.mode === 'guided')
    suggestions.push('Take the incident alone: another fault, less time, no guide.');
  if (attempt.state === 'passed' && hintsUsed(attempt) > 0) suggestions.push('Try it again without hints.');
  if (attempt.state !== 'passed' && attempt.mode === 'incident')
    suggestions.push('Walk through the guided lab once; it builds what broke here.');
  if (suggestions.length === 0)
    suggestions.push(
      attempt.state === 'passed'
        ? 'Start it again: the seed chooses another fault and other names.'
        : 'Start a new attempt from the catalogue.',
    );
  return suggestions.slice(0, MAX_SUGGESTIONS);
}
