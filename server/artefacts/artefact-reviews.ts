import type { z } from 'zod';
import { nameFrom } from '../accounts/people.ts';
import { AppError } from '../app-error.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, type Clock } from '../clock.ts';
import type { ArtefactReviews as ReviewsView, CommentPlace, rateArtefactSchema, ReviewThread, StartThread } from '../contract/artefacts.ts';
import type { PersonRef } from '../contract/roles.ts';
import { groupBy } from '../grouping.ts';
import type { ArtefactCommentRow, PersonRow } from '../store/schema.ts';
import { requireReader, type AccessParts, type ArtefactAccess } from './artefact-access.ts';
import type { ArtefactRecords, StoredArtefact, Where } from './artefact-records.ts';
import { viewRating } from './artefact-view.ts';
import { quotePlace } from './comment-place.ts';
import type { CommentRecords } from './comment-records.ts';

export interface ReviewParts extends AccessParts {
  readonly artefacts: ArtefactRecords;
  readonly comments: CommentRecords;
  readonly names: () => Promise<ReadonlyMap<string, PersonRef>>;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly flushStore: () => Promise<void>;
}

/** Reviews of artefacts: ratings with their history, and threads of comments beside the version they are about. */
export class ArtefactReviews {
  readonly #parts: ReviewParts;

  constructor(parts: ReviewParts) {
    this.#parts = parts;
  }

  async list(actor: PersonRow, where: Where): Promise<ReviewsView> {
    const access = await requireReader(this.#parts, actor, where.attemptId);
    await this.#parts.artefacts.require(where);
    return this.#view(where, access);
  }

  /** About something that was handed in, so that nobody reads over a shoulder. */
  async begin(actor: PersonRow, where: Where, { version, place, text }: StartThread): Promise<ReviewsView> {
    const access = await requireReader(this.#parts, actor, where.attemptId);
    if (!access.mayReview)
      throw new AppError('Forbidden', 'Instructors, managers and the mentor begin a comment; you can answer one.', {
        remedy: 'Answer a comment that is there, or write a note to your mentor.',
      });
    const { offered } = await this.#parts.artefacts.require(where);
    const versions = await this.#parts.artefacts.versions(where);
    if (!versions.some((one) => one.version === version && one.submitted))
      throw new AppError('Conflict', `Version ${version} was not handed in.`, { remedy: 'Comment on a version that was.' });
    const quoted = quotePlace(offered.definition, await this.#parts.artefacts.content(where, version), place);
    await this.#parts.comments.begin(where, { byId: actor.id, atMs: this.#parts.clock.now(), text, version, place: quoted });
    await this.#note(actor, 'artefact.commented', where, { version });
    return this.#view(where, access);
  }

  async reply(actor: PersonRow, where: Where, threadId: string, text: string): Promise<ReviewsView> {
    const access = await this.#answering(actor, where);
    await this.#parts.comments.reply(where, threadId, { byId: actor.id, atMs: this.#parts.clock.now(), text });
    await this.#note(actor, 'artefact.commented', where, { thread: threadId });
    return this.#view(where, access);
  }

  async resolve(actor: PersonRow, where: Where, threadId: string, resolved: boolean): Promise<ReviewsView> {
    const access = await this.#answering(actor, where);
    const by = resolved ? { byId: actor.id, atMs: this.#parts.clock.now() } : null;
    await this.#parts.comments.resolve(where, threadId, by);
    await this.#note(actor, resolved ? 'artefact.thread-resolved' : 'artefact.thread-opened', where, { thread: threadId });
    return this.#view(where, access);
  }

  /**
   * Accepts or returns what was handed in: every item of the rubric and no other, and nobody is judged for a draft. Returning it without
   * a word is refused.
   */
  async rate(actor: PersonRow, where: Where, rating: z.infer<typeof rateArtefactSchema>): Promise<void> {
    const { mayReview } = await requireReader(this.#parts, actor, where.attemptId);
    if (!mayReview) throw new AppError('Forbidden', 'Nobody rates what they wrote.', { remedy: 'Ask an instructor or your mentor.' });
    const { artefacts, comments, clock } = this.#parts;
    requireRateable(await artefacts.require(where), rating);
    const isSaid = rating.comment !== '' || (await comments.list(where)).some(({ version }) => version === rating.version);
    if (!rating.accepted && !isSaid)
      throw new AppError('InvalidRequest', 'It would go back without a word on what is missing.', {
        remedy: 'Say what would make it better, or comment on the lines that are not right.',
        issues: [{ path: 'comment', message: 'Say what would make it better.' }],
      });
    await artefacts.rate(where, { ...rating, byId: actor.id, atMs: clock.now() });
    await this.#note(actor, 'artefact.rated', where, { scores: rating.scores, accepted: rating.accepted });
    await this.#parts.flushStore();
  }

  async #answering(actor: PersonRow, where: Where): Promise<ArtefactAccess> {
    const access = await requireReader(this.#parts, actor, where.attemptId);
    if (!access.mayAnswer)
      throw new AppError('ReadOnly', 'Who wrote it and who reviews it talk about it here.', { remedy: 'Talk to one of them.' });
    return access;
  }

  async #view(where: Where, { mayReview, mayAnswer }: ArtefactAccess): Promise<ReviewsView> {
    const [ratings, comments, names] = await Promise.all([
      this.#parts.artefacts.ratings(where),
      this.#parts.comments.list(where),
      this.#parts.names(),
    ]);
    const nameOf = nameFrom(names);
    return {
      ratings: ratings.map((rating) => viewRating(rating, nameOf)),
      threads: [...groupBy(comments, (row) => row.thread_id).values()].flatMap((rows) => viewThread(rows, nameOf) ?? []),
      mayBegin: mayReview,
      mayAnswer,
    };
  }

  async #note(actor: PersonRow, action: string, where: Where, detail: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#parts.audit.record({ actor, action, subject: where.attemptId, detail: { artefact: where.artefactId, ...detail } });
  }
}

function viewThread(rows: readonly ArtefactCommentRow[], nameOf: (personId: string) => PersonRef): ReviewThread | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const { id, version, place, resolved_at_ms: resolvedAtMs, resolved_by: resolvedBy } = first;
  return {
    id,
    version,
    place: place === null ? null : (JSON.parse(place) as CommentPlace),
    comments: rows.map((row) => ({ id: row.id, by: nameOf(row.by_id), at: toInstant(row.at_ms), text: row.text })),
    resolved: resolvedAtMs === null || resolvedBy === null ? null : { by: nameOf(resolvedBy), at: toInstant(resolvedAtMs) },
  };
}

function requireRateable({ submitted, offered }: StoredArtefact, { version, scores }: z.infer<typeof rateArtefactSchema>): void {
  if (submitted === undefined) throw new AppError('Conflict', 'It was not submitted yet.', { remedy: 'Wait until it is.' });
  if (submitted.version !== version)
    throw new AppError('Conflict', 'A newer version was submitted meanwhile.', { remedy: 'Reload the page and read that one.' });
  const wanted = offered.definition.rubric.map(({ id }) => id);
  const issues = [
    ...wanted.filter((id) => !Object.hasOwn(scores, id)).map((id) => ({ path: `scores.${id}`, message: 'Give 0 to 3.' })),
    ...Object.keys(scores)
      .filter((id) => !wanted.includes(id))
      .map((id) => ({ path: `scores.${id}`, message: 'The rubric has no such item.' })),
  ];
  if (issues.length > 0) throw new AppError('InvalidRequest', 'The rating does not fit the rubric.', { issues });
}
