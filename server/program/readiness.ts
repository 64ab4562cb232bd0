import type { z } from 'zod';
import { nameFrom, type People } from '../accounts/people.ts';
import { AppError, notFound } from '../app-error.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { DAY_MS, toInstant, toInstantOrNull, type Clock } from '../clock.ts';
import type { overruleSchema, PlacedPeople, Placement, Readiness as ReadinessView, saveAnswerSchema } from '../contract/readiness.ts';
import type { PersonRef } from '../contract/roles.ts';
import { groupBy } from '../grouping.ts';
import type { PersonRow } from '../store/schema.ts';
import type { Questionnaire } from './readiness-questions.ts';
import { currentOf, type ReadinessRecords, type StoredDraft, type StoredPlacement } from './readiness-records.ts';
import { findOpen, isAnswer, placeByAnswers } from './readiness-scoring.ts';

/** Whoever could try again at once would find the right answers instead of knowing them. */
const AGAIN_AFTER_MS = 30 * DAY_MS;

export interface ReadinessParts {
  readonly records: ReadinessRecords;
  readonly questionnaire: Questionnaire;
  readonly people: People;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** The readiness check of each person, and who was put on which track by whom. */
export class Readiness {
  readonly #parts: ReadinessParts;

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
  }

  async read(actor: PersonRow): Promise<ReadinessView> {
    const { records, questionnaire } = this.#parts;
    const [draft, placements, nameOf] = await Promise.all([records.draft(actor.id), records.placements(actor.id), this.#namer()]);
    const history = placements.map((placement) => view(placement, nameOf));
    return {
      version: questionnaire.version,
      minutes: questionnaire.minutes,
      questions: questionnaire.questions.map(({ id, dimension, kind, text, code, options }) => ({
        id,
        dimension,
        kind,
        text,
        code: code ?? null,
        options: options.map((option) => ({ id: option.id, text: option.text })),
      })),
      answers: this.#answersOf(draft),
      savedAt: toInstantOrNull(draft?.savedAtMs ?? null),
      current: currentOf(history) ?? null,
      history,
      opensAt: toInstantOrNull(this.#opensAtMs(placements)),
    };
  }

  /** Throws Conflict when the questions have changed meanwhile or the check was taken too lately, InvalidRequest for what is no answer. */
  async answer(actor: PersonRow, { version, question: id, options }: z.infer<typeof saveAnswerSchema>): Promise<ReadinessView> {
    const { records, questionnaire, clock } = this.#parts;
    if (version !== questionnaire.version)
      throw new AppError('Conflict', 'The questions were changed in an update.', { remedy: 'Reload the page and begin again.' });
    await this.#requireOpen(actor);
    const question = questionnaire.questions.find((candidate) => candidate.id === id);
    if (question === undefined || !isAnswer(question, options))
      throw new AppError('InvalidRequest', 'That is no answer to this question.', { remedy: 'Reload the page and choose again.' });
    await records.saveAnswer(actor.id, { version, question: id, options, nowMs: clock.now() });
    return this.read(actor);
  }

  /** Throws Conflict while a question is open. */
  async submit(actor: PersonRow, address: string): Promise<ReadinessView> {
    const { records, questionnaire, audit, clock } = this.#parts;
    await this.#requireOpen(actor);
    const answers = this.#answersOf(await records.draft(actor.id));
    const open = findOpen(questionnaire, answers);
    if (open.length > 0)
      throw new AppError('Conflict', `${open.length === 1 ? 'One question is' : `${open.length} questions are`} still open.`, {
        remedy: 'Answer every question; a guess is better than nothing.',
        issues: open.map(({ id, text }) => ({ path: id, message: text })),
      });
    const { track, reasons, scores } = placeByAnswers(questionnaire, answers);
    const document = { reasons, scores, version: questionnaire.version, answers };
    await records.place({ personId: actor.id, byId: actor.id, atMs: clock.now(), kind: 'check', track, document });
    await audit.record({ actor, action: 'readiness.submitted', subject: actor.id, detail: { track }, address });
    return this.read(actor);
  }

  /** Everybody who could be placed, for staff. */
  async people(): Promise<PlacedPeople> {
    const { records, people, questionnaire } = this.#parts;
    const [everybody, placements, drafts, nameOf] = await Promise.all([
      people.list(),
      records.placements(),
      records.drafts(),
      this.#namer(),
    ]);
    const byPerson = groupBy(placements, ({ personId }) => personId);
    return {
      questions: questionnaire.questions.length,
      people: everybody
        .filter(({ state }) => state !== 'disabled')
        .map(({ id, name }) => {
          const history = (byPerson.get(id) ?? []).map((placement) => view(placement, nameOf));
          const answers = this.#answersOf(drafts.get(id));
          return {
            person: { id, name },
            answered: questionnaire.questions.length - findOpen(questionnaire, answers).length,
            current: currentOf(history) ?? null,
            check: history.find(({ kind }) => kind === 'check') ?? null,
          };
        }),
    };
  }

  /** Holds over every check until somebody says otherwise. Throws Forbidden for oneself. */
  async overrule(actor: PersonRow, personId: string, said: z.infer<typeof overruleSchema>, address: string): Promise<Placement> {
    const { records, people, audit, clock } = this.#parts;
    if (personId === actor.id)
      throw new AppError('Forbidden', 'Nobody puts themselves on a track.', { remedy: 'Take the readiness check, or ask somebody else.' });
    if ((await people.require(personId)).role === 'candidate') throw notFound('person');
    const before = currentOf(await records.placements(personId));
    const placement = await records.place({
      personId,
      byId: actor.id,
      atMs: clock.now(),
      kind: 'overruled',
      track: said.track,
      document: { reasons: [said.reason], scores: [], version: null },
    });
    await audit.record({
      actor,
      action: 'readiness.overruled',
      subject: personId,
      detail: { from: before?.track ?? null, to: said.track, reason: said.reason },
      address,
    });
    return view(placement, await this.#namer());
  }

  async #requireOpen(actor: PersonRow): Promise<void> {
    const opensAtMs = this.#opensAtMs(await this.#parts.records.placements(actor.id));
    if (opensAtMs !== null)
      throw new AppError('Conflict', 'You have taken the readiness check lately.', {
        remedy: `It can be taken again from ${toInstant(opensAtMs).slice(0, 10)} on; until then an instructor can change your track.`,
      });
  }

  #opensAtMs(newestFirst: readonly StoredPlacement[]): number | null {
    const last = newestFirst.find(({ kind }) => kind === 'check');
    if (last === undefined || last.document.version !== this.#parts.questionnaire.version) return null;
    const opensAtMs = last.atMs + AGAIN_AFTER_MS;
    return opensAtMs > this.#parts.clock.now() ? opensAtMs : null;
  }

  #answersOf(draft: StoredDraft | undefined): StoredDraft['answers'] {
    return draft?.version === this.#parts.questionnaire.version ? draft.answers : {};
  }

  async #namer(): Promise<(personId: string) => PersonRef> {
    return nameFrom(await this.#parts.people.names());
  }
}

function view({ track, kind, atMs, byId, document }: StoredPlacement, nameOf: (id: string) => PersonRef): Placement {
  return {
    track,
    kind,
    at: toInstant(atMs),
    by: nameOf(byId),
    reasons: [...document.reasons],
    scores: [...document.scores],
    version: document.version,
  };
}
