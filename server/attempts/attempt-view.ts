import type { StepContent } from '../../labs/lab-stage.ts';
import { toInstant, toInstantOrNull } from '../clock.ts';
import type { AttemptSummary, AttemptView, CheckView, StepView, TerminalView } from '../contract/attempts.ts';
import type { PersonRef } from '../contract/roles.ts';
import { canStartIncident, type Attempt, type StepState } from './attempt.ts';
import type { AttemptAiView } from '../contract/ai-policy.ts';
import { viewClock } from './attempt-clock.ts';
import { isTeam, rightsOf } from './team.ts';

export interface AttemptViewParts {
  readonly attempt: Attempt;
  readonly nameOf: (personId: string) => PersonRef;
  /** Empty until the sandbox was prepared. */
  readonly content: readonly StepContent[];
  readonly terminals: readonly TerminalView[];
  readonly nowMs: number;
}

/** What the pages get to see. The variant, the baseline and the fault stay here; so does what a locked step or hint says. */
export function viewAttempt({ attempt, nameOf, content, terminals, nowMs }: AttemptViewParts): AttemptView {
  return {
    id: attempt.id,
    lab: { slug: attempt.lab.slug, title: attempt.lab.title, version: attempt.lab.version },
    person: nameOf(attempt.personId),
    members: attempt.members.map(({ personId, role, joinedAtMs }) => ({
      person: nameOf(personId),
      role,
      rights: [...rightsOf(role)],
      joinedAt: toInstantOrNull(joinedAtMs),
    })),
    mode: attempt.mode,
    state: attempt.state,
    revision: attempt.revision,
    createdAt: toInstant(attempt.createdAtMs),
    endedAt: toInstantOrNull(attempt.endedAtMs),
    incidentStartedAt: toInstantOrNull(attempt.incidentStartedAtMs),
    clock: clockOf(attempt, nowMs),
    progress: attempt.progress.map(({ id, text, state, atMs, tookMs }) => ({ id, text, state, at: toInstant(atMs), tookMs })),
    trouble: attempt.trouble,
    steps: attempt.steps.map((step) =>
      viewStep(
        step,
        content.find((candidate) => candidate.id === step.id),
      ),
    ),
    terminals: [...terminals],
    namespace: attempt.namespace,
    tellsStatus: attempt.lab.asksStatus === true || isTeam(attempt),
    canStartIncident: canStartIncident(attempt),
    score: attempt.score,
    ai: viewAi(attempt, nameOf),
    isInterview: attempt.interviewId !== null,
  };
}

export function clockOf(attempt: Attempt, nowMs: number): AttemptView['clock'] {
  return attempt.clock === null ? null : { ...viewClock(attempt.clock, nowMs), extraMs: shownExtraMs(attempt) };
}

/** Nobody learns from a clock that several share that one of them has more time. */
export function shownExtraMs(attempt: Attempt): number {
  return isTeam(attempt) ? 0 : (attempt.clock?.extraMs ?? 0);
}

export function viewAi({ ai }: Attempt, nameOf: (personId: string) => PersonRef): AttemptAiView | null {
  if (ai === null) return null;
  const { policy, acknowledgedBy, declaration } = ai;
  return {
    policy,
    acknowledgedBy: [...acknowledgedBy],
    declaration:
      declaration === null
        ? null
        : { by: nameOf(declaration.personId), at: toInstant(declaration.atMs), tools: [...declaration.tools], what: declaration.what },
  };
}

export function summarise(attempt: Attempt, nameOf: (personId: string) => PersonRef): AttemptSummary {
  return {
    id: attempt.id,
    lab: { slug: attempt.lab.slug, title: attempt.lab.title },
    person: nameOf(attempt.personId),
    team: isTeam(attempt) ? attempt.members.map(({ personId, role }) => ({ person: nameOf(personId), role })) : [],
    mode: attempt.mode,
    state: attempt.state,
    score: attempt.score,
    createdAt: toInstant(attempt.createdAtMs),
    endedAt: toInstantOrNull(attempt.endedAtMs),
    isInterview: attempt.interviewId !== null,
  };
}

function viewStep(step: StepState, content: StepContent | undefined): StepView {
  const locked = step.state === 'locked';
  return {
    id: step.id,
    title: content?.title ?? step.title,
    phase: step.phase,
    state: step.state,
    markdown: locked ? null : (content?.markdown ?? null),
    checks: locked ? [] : viewChecks(step, content),
    hints: locked ? [] : (content?.hints.map((hint, index) => viewHint(step, hint, index)) ?? []),
  };
}

/** Checks that the step does not name are the grader's own and are not shown. */
function viewChecks(step: StepState, content: StepContent | undefined): CheckView[] {
  return (content?.checks ?? []).map(({ id, title, explain }) => {
    const seen = step.checks.find((check) => check.id === id);
    return {
      id,
      title,
      explain,
      state: seen?.state ?? 'unknown',
      reason: seen?.reason ?? null,
      seen: [...(seen?.seen ?? [])],
      checkedAt: toInstantOrNull(seen?.checkedAtMs ?? null),
    };
  });
}

function viewHint(step: StepState, hint: StepContent['hints'][number], index: number): StepView['hints'][number] {
  const unlocked = step.hints.includes(index);
  const availableAtMs = step.openedAtMs === null ? null : step.openedAtMs + hint.unlockAfterSeconds * 1000;
  return {
    title: hint.title,
    unlocked,
    availableAt: unlocked || hint.unlockAfterSeconds === 0 ? null : toInstantOrNull(availableAtMs),
    markdown: unlocked ? hint.markdown : null,
  };
}
