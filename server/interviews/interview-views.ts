import type { LabSummary } from '../../labs/lab-stage.ts';
import { nameFrom, type People } from '../accounts/people.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import { viewAi } from '../attempts/attempt-view.ts';
import type { AttemptRecords } from '../attempts/attempt-records.ts';
import type { AttemptViews } from '../attempts/attempt-views.ts';
import type { LabCatalogue } from '../attempts/lab-catalogue.ts';
import { viewResult } from '../attempts/results.ts';
import type { VerdictRecords } from '../attempts/verdict-records.ts';
import { toInstant, toInstantOrNull, type Clock } from '../clock.ts';
import type { Result } from '../contract/attempts.ts';
import type { CandidateView, InterviewReview, InterviewView } from '../contract/interviews.ts';
import type { Recordings } from '../terminals/recordings.ts';
import { eraseAtMs, stateOf, totalMinutes, type Interview } from './interview.ts';
import { scoreProcess } from './process-score.ts';
import { actionsIn } from './typed-actions.ts';

export interface InterviewViewParts {
  readonly people: People;
  readonly records: AttemptRecords;
  readonly verdicts: VerdictRecords;
  readonly recordings: Recordings;
  readonly attemptViews: AttemptViews;
  readonly catalogue: LabCatalogue;
  readonly clock: Clock;
}

/** More actions than this a terminal tell no more. */
const MAX_ACTIONS = 500;

/** Interviews as the two sides see them. */
export class InterviewViews {
  readonly #parts: InterviewViewParts;

  constructor(parts: InterviewViewParts) {
    this.#parts = parts;
  }

  async view(interview: Interview, attempt: Attempt | undefined): Promise<InterviewView> {
    const { people, catalogue, clock } = this.#parts;
    const [creator, candidate] = await Promise.all([people.find(interview.createdBy), people.find(interview.personId)]);
    const { lab, mode, minutes, aiPolicy, fault, extraTime, showsResult } = interview.terms;
    const state = stateOf(interview, attempt, clock.now());
    const summary = catalogue.find(lab.slug);
    return {
      id: interview.id,
      candidate: interview.candidate,
      alias: candidate?.name ?? '',
      exercise: { lab: { slug: lab.slug, title: lab.title }, mode, minutes, aiPolicy, fault: faultOf(fault, summary) },
      extraTime: { ...extraTime },
      showsResult,
      state,
      createdBy: { id: interview.createdBy, name: creator?.name ?? '' },
      createdAt: toInstant(interview.createdAtMs),
      expiresAt: toInstant(interview.expiresAtMs),
      consentedAt: toInstantOrNull(interview.consentedAtMs),
      erasedAfter: toInstantOrNull(eraseAtMs(interview, attempt)),
      attempt:
        attempt === undefined
          ? null
          : { id: attempt.id, state: attempt.state, outcome: (await this.#result(attempt))?.outcome ?? null, score: attempt.score },
      problem: state === 'waiting' && summary === undefined ? `The lab ${lab.title} is not in the catalogue any more.` : null,
      hasArtefacts: summary?.hasArtefacts === true,
    };
  }

  async review(interview: Interview, attempt: Attempt | undefined): Promise<InterviewReview> {
    const view = await this.view(interview, attempt);
    const result = attempt === undefined ? undefined : await this.#result(attempt);
    if (attempt === undefined || result === undefined) return { interview: view, result: null, declaration: null, process: null };
    const { outcome, score, passMark, headline, dimensions, restoredAfterMs, hintsUsed, checks, recordings } = result;
    return {
      interview: view,
      result: {
        outcome,
        score,
        passMark,
        headline,
        dimensions,
        restoredAfterMs,
        hintsUsed,
        checks: checks.map(({ id, title, verdict, reason, critical }) => ({ id, title, verdict, reason, critical })),
        recordings: recordings.length,
      },
      declaration: viewAi(attempt, () => ({ id: interview.personId, name: view.alias }))?.declaration ?? null,
      process: interview.erasedAtMs === null ? await this.#process(attempt) : null,
    };
  }

  /** `isHere`: the caller's session is the one that is let in. */
  async forCandidate(interview: Interview, attempt: Attempt | undefined, isHere: boolean): Promise<CandidateView> {
    const { people, catalogue } = this.#parts;
    const { terms } = interview;
    const { lab, mode, minutes, aiPolicy, showsResult, retainDays } = terms;
    const summary = catalogue.find(lab.slug);
    const creator = await people.find(interview.createdBy);
    const isOver = attempt !== undefined && hasEnded(attempt);
    const total = totalMinutes(terms, summary?.incidentMinutes ?? 0);
    return {
      candidate: interview.candidate ?? '',
      exercise: { lab: { slug: lab.slug, title: lab.title }, mode, minutes, aiPolicy },
      totalMinutes: total,
      extraMinutes: total - totalMinutes({ ...terms, extraTime: { percent: 0, minutes: 0 } }, summary?.incidentMinutes ?? 0),
      objectives: [...(summary?.objectives ?? [])],
      asksStatus: summary?.asksStatus === true,
      hasArtefacts: summary?.hasArtefacts === true,
      askedBy: creator?.name ?? '',
      showsResult,
      retainDays,
      expiresAt: toInstant(interview.expiresAtMs),
      state: attempt === undefined ? 'waiting' : isOver ? 'over' : 'running',
      attemptId: attempt?.id ?? null,
      isHere,
      isDeclared: (attempt?.ai?.declaration ?? null) !== null,
      result: isOver && showsResult ? await this.#shownResult(attempt) : null,
    };
  }

  /** Without what is hidden: it would tell the next candidate how the exercise is judged. */
  async #shownResult(attempt: Attempt): Promise<CandidateView['result']> {
    const result = await this.#result(attempt);
    if (result === undefined) return null;
    const { outcome, headline, score, checks } = result;
    const open = checks.filter(({ hidden }) => !hidden);
    return { outcome, headline, score, checks: open.map(({ id, title, verdict, reason }) => ({ id, title, verdict, reason })) };
  }

  async #result(attempt: Attempt): Promise<Result | undefined> {
    if (!hasEnded(attempt)) return undefined;
    const { verdicts, records, recordings, attemptViews, people } = this.#parts;
    const [verdict, override, journal, content, recorded, names] = await Promise.all([
      verdicts.verdict(attempt.id),
      verdicts.override(attempt.id),
      records.journal(attempt.id),
      attemptViews.content(attempt),
      recordings.list(attempt.id),
      people.names(),
    ]);
    const nameOf = nameFrom(names);
    return viewResult({ attempt, verdict, override, journal, content, recordings: recorded, nameOf, showsHiddenEvidence: true });
  }

  async #process(attempt: Attempt): Promise<InterviewReview['process']> {
    if (attempt.incidentStartedAtMs === null) return null;
    return scoreProcess(await this.#parts.recordings.readTyped(attempt.id, MAX_ACTIONS, actionsIn), attempt.incidentStartedAtMs);
  }
}

/** By its id where the lab does not offer it any more. */
function faultOf(id: string | null, lab: LabSummary | undefined): InterviewView['exercise']['fault'] {
  return id === null ? null : { id, title: lab?.faults.find((fault) => fault.id === id)?.title ?? id };
}
