import { AppError, messageOf, notFound } from '../app-error.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import { abandon } from '../attempts/ending-moves.ts';
import { noExtraTime } from '../attempts/extra-time.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import { DAY_MS, repeat } from '../clock.ts';
import type { CreateInterview, InterviewReview, InterviewView } from '../contract/interviews.ts';
import { newId, newToken } from '../ids.ts';
import type { Logger } from '../log.ts';
import { Exclusive } from '../replicas/exclusive.ts';
import type { Replicas } from '../replicas/replicas.ts';
import type { PersonRow } from '../store/schema.ts';
import { eraseCandidate, type ErasureParts } from './erase-candidate.ts';
import { InterviewEntry, type EntryParts } from './interview-entry.ts';
import { eraseAtMs, isSameExercise, stateOf, turnOf, type Interview } from './interview.ts';

export interface InterviewParts extends ErasureParts, Omit<EntryParts, 'attemptOf'> {
  readonly supervisor: Supervisor;
  readonly replicas: Replicas;
  readonly log: Logger;
}

export interface MadeInterview {
  readonly interview: InterviewView;
  /** The secret of the link; it is in no store. */
  readonly token: string;
}

const SWEEP_EVERY_MS = 3_600_000;

/**
 * Exercises for candidates, who have no account: one link, one attempt. A candidate is a person of the role `candidate`, known to everything else by an alias, so
 * that the name stands in one place and can be erased from there.
 */
export class Interviews implements Disposable {
  /** What candidates do. */
  readonly entry: InterviewEntry;
  readonly #parts: InterviewParts;
  readonly #sweep: Disposable;
  readonly #turns: Exclusive;

  private constructor(parts: InterviewParts) {
    this.#parts = parts;
    this.#turns = new Exclusive({ leases: parts.replicas.leases, clock: parts.clock });
    this.entry = new InterviewEntry({ ...parts, attemptOf: (interview) => this.#attemptOf(interview) }, this.#turns);
    this.#sweep = repeat(parts.clock, SWEEP_EVERY_MS, () => this.#eraseDue());
  }

  /** Erases at once what became due while the server was down. */
  static async open(parts: InterviewParts): Promise<Interviews> {
    const interviews = new Interviews(parts);
    await interviews.#eraseDue();
    return interviews;
  }

  [Symbol.dispose](): void {
    this.#sweep[Symbol.dispose]();
  }

  async create(actor: PersonRow, wanted: CreateInterview, address: string): Promise<MadeInterview> {
    const { catalogue, clock, records, audit } = this.#parts;
    const lab = catalogue.find(wanted.lab);
    if (lab === undefined) throw notFound('lab');
    if (wanted.fault !== undefined && !lab.faults.some(({ id }) => id === wanted.fault)) throw notFound('fault in this lab');
    const nowMs = clock.now();
    const personId = newId('person');
    const { mode, minutes, aiPolicy, showsResult, retainDays } = wanted;
    const interview: Interview = {
      id: newId('interview'),
      personId,
      candidate: wanted.candidate,
      terms: {
        lab: { slug: lab.slug, title: lab.title },
        mode,
        fault: wanted.fault ?? null,
        minutes,
        aiPolicy,
        extraTime: wanted.extraTime ?? noExtraTime,
        showsResult,
        retainDays,
      },
      createdBy: actor.id,
      createdAtMs: nowMs,
      expiresAtMs: nowMs + wanted.expiresInDays * DAY_MS,
      consentedAtMs: null,
      revokedAtMs: null,
      erasedAtMs: null,
    };
    const token = newToken();
    await records.insert({ interview, alias: `Candidate ${personId.slice(-5).toUpperCase()}`, token });
    const detail = { lab: lab.slug, mode, minutes, ai: aiPolicy };
    await audit.record({ actor, action: 'interview.made', subject: interview.id, detail, address });
    return { interview: await this.#view(interview), token };
  }

  async list(): Promise<InterviewView[]> {
    const interviews = await this.#parts.records.list();
    return Promise.all(interviews.map((interview) => this.#view(interview)));
  }

  /** In the order of the names, which is no ranking. Throws Conflict when they were not given the same to do. */
  async reviews(ids: readonly string[]): Promise<InterviewReview[]> {
    const interviews = await Promise.all([...new Set(ids)].map((id) => this.#parts.records.require(id)));
    const [first] = interviews;
    if (first !== undefined && !interviews.every(({ terms }) => isSameExercise(terms, first.terms)))
      throw new AppError('Conflict', 'These candidates were not given the same exercise, so there is nothing to put side by side.', {
        remedy: 'Choose interviews with the same lab, fault, minutes and rule about AI assistants.',
      });
    const reviews = await Promise.all(interviews.map(async (one) => this.#parts.views.review(one, await this.#attemptOf(one))));
    const nameOf = ({ interview }: InterviewReview): string => interview.candidate ?? interview.alias;
    return reviews.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  }

  async renewLink(actor: PersonRow, id: string, address: string): Promise<MadeInterview> {
    const interview = await this.#parts.records.require(id);
    const state = stateOf(interview, await this.#attemptOf(interview), this.#parts.clock.now());
    if (state !== 'waiting' && state !== 'running')
      throw new AppError('Conflict', `A new link would lead nowhere: this interview is ${state}.`, { remedy: 'Make a new interview.' });
    const token = newToken();
    await this.#parts.records.renewToken(id, token);
    await this.#parts.sessions.endAll(interview.personId, undefined, 'There is a new link for this interview. Open that one.');
    await this.#note(actor, 'interview.link-renewed', id, address);
    return { interview: await this.#view(interview), token };
  }

  /** What runs is ended. Once more changes nothing. */
  async revoke(actor: PersonRow, id: string, address: string): Promise<InterviewView> {
    const { records, sessions, supervisor, clock } = this.#parts;
    const interview = await records.require(id);
    if (interview.erasedAtMs !== null)
      throw new AppError('Conflict', 'This interview was erased.', { remedy: 'There is nothing to revoke.' });
    await records.revoke(id, clock.now());
    await sessions.endAll(interview.personId, undefined, 'This interview was called off.');
    const attempt = await this.#attemptOf(interview);
    if (attempt !== undefined)
      await supervisor
        .find(attempt.id)
        ?.actor.change((current, nowMs) => (hasEnded(current) ? undefined : abandon(current, actor.id, nowMs)));
    if (interview.revokedAtMs === null) await this.#note(actor, 'interview.revoked', id, address);
    return this.#view(await records.require(id));
  }

  /** On request. Refused while it runs; once more changes nothing. */
  async erase(actor: PersonRow, id: string, address: string): Promise<InterviewView> {
    const interview = await this.#parts.records.require(id);
    if (interview.erasedAtMs !== null) return this.#view(interview);
    await this.#erase(interview, 'What is personal of this interview was erased.');
    await this.#note(actor, 'interview.erased', id, address);
    return this.#view(await this.#parts.records.require(id));
  }

  async #view(interview: Interview): Promise<InterviewView> {
    return this.#parts.views.view(interview, await this.#attemptOf(interview));
  }

  async #attemptOf({ personId }: Interview): Promise<Attempt | undefined> {
    const id = await this.#parts.records.findAttemptId(personId);
    return id === undefined ? undefined : this.#parts.supervisor.read(id);
  }

  async #erase(interview: Interview, reason: string): Promise<void> {
    await this.#turns.run(turnOf(interview), async () => {
      if ((await this.#parts.records.require(interview.id)).erasedAtMs !== null) return;
      const attempt = await this.#attemptOf(interview);
      if (attempt !== undefined && !hasEnded(attempt))
        throw new AppError('Conflict', 'This interview is under way.', { remedy: 'Revoke it first, or wait until it is over.' });
      await this.#parts.sessions.endAll(interview.personId, undefined, reason);
      await eraseCandidate(this.#parts, interview, attempt, this.#parts.clock.now());
    });
  }

  async #eraseDue(): Promise<void> {
    const { records, clock, log } = this.#parts;
    for (const interview of await records.listUnerased()) {
      const dueMs = eraseAtMs(interview, await this.#attemptOf(interview));
      if (dueMs === null || dueMs > clock.now()) continue;
      await this.#erase(interview, 'The time for which this interview is kept is over.').then(
        () => this.#parts.audit.record({ actor: null, action: 'interview.erased', subject: interview.id, detail: { because: 'due' } }),
        (error: unknown) => log.warn({ reason: messageOf(error), interviewId: interview.id }, 'an interview could not be erased'),
      );
    }
  }

  #note(actor: PersonRow, action: string, subject: string, address: string): Promise<void> {
    return this.#parts.audit.record({ actor, action, subject, address });
  }
}
