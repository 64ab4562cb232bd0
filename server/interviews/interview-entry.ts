import { FailureLimiter } from '../accounts/failure-limiter.ts';
import type { People } from '../accounts/people.ts';
import type { ActiveSession, Sessions } from '../accounts/sessions.ts';
import { AppError } from '../app-error.ts';
import { requireSamePolicy } from '../attempts/ai-moves.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import type { LabCatalogue } from '../attempts/lab-catalogue.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { AiPolicy } from '../contract/ai-policy.ts';
import type { CandidateView } from '../contract/interviews.ts';
import type { Exclusive } from '../replicas/exclusive.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { stateOf, turnOf, type Interview } from './interview.ts';
import type { InterviewRecords } from './interview-records.ts';
import type { InterviewViews } from './interview-views.ts';

export interface EntryParts {
  readonly replicas: Pick<Replicas, 'bus'>;
  readonly records: InterviewRecords;
  readonly views: InterviewViews;
  readonly people: People;
  readonly sessions: Sessions;
  readonly supervisor: Supervisor;
  readonly catalogue: LabCatalogue;
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** The candidate's, as it is now; undefined before it was begun. */
  readonly attemptOf: (interview: Interview) => Promise<Attempt | undefined>;
}

/** Guesses at links, by address. */
const WRONG_LINKS = { failures: 30, windowMs: 15 * 60_000 };

/** What a link says that leads nowhere: whom to ask. */
const REMEDY = 'Ask whoever sent you the link for a new one.';

/** The candidate's side: what a link leads to, and the way in. */
export class InterviewEntry {
  readonly #parts: EntryParts;
  readonly #turns: Exclusive;
  readonly #wrongLinks: FailureLimiter;

  /** Whoever enters takes turns by interview, so that two browsers at once begin one attempt. */
  constructor(parts: EntryParts, turns: Exclusive) {
    this.#parts = parts;
    this.#turns = turns;
    this.#wrongLinks = new FailureLimiter(parts.clock, WRONG_LINKS, { bus: parts.replicas.bus, name: 'interview-link' });
  }

  /** What the link's page says. Throws LinkExpired, with the reason, for a link that leads nowhere. */
  async open(token: string, session: ActiveSession | undefined, address: string): Promise<CandidateView> {
    const interview = await this.#find(token, address);
    const attempt = await this.#parts.attemptOf(interview);
    this.#requireOpen(interview, attempt);
    return this.#parts.views.forCandidate(interview, attempt, session?.person.id === interview.personId);
  }

  /** Begins the attempt or goes back to it. The candidate's other sessions end, and the pages that they are on say so. */
  async enter(
    token: string,
    acknowledges: AiPolicy,
    session: ActiveSession | undefined,
    address: string,
  ): Promise<{ readonly session: ActiveSession; readonly attemptId: string }> {
    const { people, sessions, records, clock, audit } = this.#parts;
    const interview = await this.#find(token, address);
    if (session !== undefined && session.person.role !== 'candidate')
      throw new AppError('Conflict', `This browser is signed in as ${session.person.name}, and an interview is for the candidate alone.`, {
        remedy: 'Open the link in a private window, or sign out first.',
      });
    requireSamePolicy(interview.terms.aiPolicy, acknowledges);
    return this.#turns.run(turnOf(interview), async () => {
      const attempt = await this.#begin(interview.id);
      await records.noteConsent(interview.id, clock.now());
      const person = await people.require(interview.personId);
      if (session !== undefined) await sessions.end(session.id);
      await sessions.endAll(person.id, undefined, 'This interview was opened in another browser and goes on there.');
      const opened = await sessions.create(person);
      await audit.record({ actor: person, action: 'interview.entered', subject: interview.id, detail: { attempt: attempt.id }, address });
      return { session: opened, attemptId: attempt.id };
    });
  }

  /** The attempt that runs, begun now if there is none. */
  async #begin(interviewId: string): Promise<Attempt> {
    const { records, supervisor, catalogue } = this.#parts;
    const interview = await records.require(interviewId);
    const known = await this.#parts.attemptOf(interview);
    this.#requireOpen(interview, known);
    if (known !== undefined) {
      if (!hasEnded(known)) return known;
      throw new AppError('AttemptNotRunning', 'This interview is over.', { remedy: 'There is nothing left to do. Thank you.' });
    }
    const { terms, personId } = interview;
    const lab = catalogue.find(terms.lab.slug);
    if (lab === undefined || (terms.fault !== null && !lab.faults.some(({ id }) => id === terms.fault)))
      throw new AppError('Conflict', 'The exercise of this interview is not there any more.', {
        remedy: 'Tell whoever invited you; they can make a new interview. Your link has not been used up.',
      });
    return supervisor.request({
      personId,
      labSlug: lab.slug,
      mode: terms.mode,
      fault: terms.fault ?? undefined,
      ...(terms.mode === 'incident' ? { incidentMinutes: terms.minutes } : { minutes: terms.minutes }),
      aiPolicy: terms.aiPolicy,
      acknowledgedBy: [personId],
      extraTime: terms.extraTime,
      interviewId: interview.id,
    });
  }

  async #find(token: string, address: string): Promise<Interview> {
    this.#wrongLinks.check(address);
    const interview = await this.#parts.records.findByToken(token);
    if (interview !== undefined) return interview;
    this.#wrongLinks.fail(address);
    throw new AppError('LinkExpired', 'There is no interview at this address: it was mistyped, cut off, or replaced by a newer link.', {
      remedy: `Copy the whole link from the message once more. If that does not help: ${REMEDY.toLowerCase()}`,
    });
  }

  #requireOpen(interview: Interview, attempt: Attempt | undefined): void {
    switch (stateOf(interview, attempt, this.#parts.clock.now())) {
      case 'waiting':
      case 'running':
      case 'over':
        return;
      case 'expired':
        throw new AppError('LinkExpired', 'The time to begin this interview is over.', { remedy: REMEDY });
      case 'revoked':
        throw new AppError('LinkExpired', 'This interview was called off.', { remedy: REMEDY });
      case 'erased':
        throw new AppError('LinkExpired', 'This interview is over, and what was personal of it has been erased.', {
          remedy: 'There is nothing left to do. Thank you.',
        });
    }
  }
}
