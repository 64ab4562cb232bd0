import type { z } from 'zod';
import { nameFrom } from '../accounts/people.ts';
import { AppError } from '../app-error.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import type { AttemptRecords } from '../attempts/attempt-records.ts';
import { mayDo, requireRight } from '../attempts/permissions.ts';
import type { VerdictRecords } from '../attempts/verdict-records.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, type Clock } from '../clock.ts';
import type {
  ArtefactContentView,
  Artefacts,
  ArtefactVersion,
  ArtefactView,
  rateArtefactSchema,
  saveArtefactSchema,
} from '../contract/artefacts.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { PersonRow } from '../store/schema.ts';
import type { Recordings } from '../terminals/recordings.ts';
import { requireReader, type AccessParts } from './artefact-access.ts';
import type { ArtefactRecords } from './artefact-records.ts';
import type { ArtefactReviews } from './artefact-reviews.ts';
import { mayWrite, recordOf, viewArtefact } from './artefact-view.ts';

export interface ArtefactParts extends AccessParts {
  readonly records: AttemptRecords;
  readonly verdicts: VerdictRecords;
  readonly artefacts: ArtefactRecords;
  readonly reviews: ArtefactReviews;
  readonly recordings: Pick<Recordings, 'typedChanges'>;
  readonly names: () => Promise<ReadonlyMap<string, PersonRef>>;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly flushStore: () => Promise<void>;
}

/** What people do with artefacts: each command checks who asks. Routes come through here. */
export class ArtefactCommands {
  readonly #parts: ArtefactParts;

  constructor(parts: ArtefactParts) {
    this.#parts = parts;
  }

  async list(actor: PersonRow, attemptId: string): Promise<Artefacts> {
    const { attempt, isMentor } = await requireReader(this.#parts, actor, attemptId);
    const isMine = mayDo(actor, attempt, 'write');
    const [stored, journal, verdict, typed, nameOf] = await Promise.all([
      this.#parts.artefacts.list(attemptId),
      this.#parts.records.journal(attemptId),
      this.#parts.verdicts.verdict(attemptId),
      this.#parts.recordings.typedChanges(attemptId),
      this.#namer(),
    ]);
    return {
      attempt: { id: attempt.id, title: attempt.lab.title, person: nameOf(attempt.personId), ended: hasEnded(attempt), mine: isMine },
      artefacts: stored.map((artefact) => viewArtefact(artefact, { attempt, viewer: actor, isMentor, nameOf })),
      record: recordOf({ attempt, journal, typed, restoredAfterMs: hasEnded(attempt) ? (verdict?.restoredAfterMs ?? null) : null }),
    };
  }

  async save(actor: PersonRow, attemptId: string, artefactId: string, change: z.infer<typeof saveArtefactSchema>): Promise<ArtefactView> {
    await this.#written(actor, attemptId, artefactId);
    await this.#parts.artefacts.save({ attemptId, artefactId }, { ...change, byId: actor.id, nowMs: this.#parts.clock.now() });
    return this.#view(actor, attemptId, artefactId);
  }

  async submit(actor: PersonRow, attemptId: string, artefactId: string, basedOn: number): Promise<ArtefactView> {
    const attempt = await this.#written(actor, attemptId, artefactId);
    await this.#parts.artefacts.submit({ attemptId, artefactId }, basedOn, this.#parts.clock.now());
    await this.#note(actor, 'artefact.submitted', attempt, { artefact: artefactId });
    await this.#parts.flushStore();
    return this.#view(actor, attemptId, artefactId);
  }

  async versions(actor: PersonRow, attemptId: string, artefactId: string): Promise<ArtefactVersion[]> {
    await requireReader(this.#parts, actor, attemptId);
    await this.#parts.artefacts.require({ attemptId, artefactId });
    const [versions, nameOf] = await Promise.all([this.#parts.artefacts.versions({ attemptId, artefactId }), this.#namer()]);
    return versions.map(({ version, byId, startedAtMs, savedAtMs, submitted }) => ({
      version,
      by: nameOf(byId),
      startedAt: toInstant(startedAtMs),
      savedAt: toInstant(savedAtMs),
      submitted,
    }));
  }

  async content(actor: PersonRow, attemptId: string, artefactId: string, version: number): Promise<ArtefactContentView> {
    await requireReader(this.#parts, actor, attemptId);
    return this.#parts.artefacts.content({ attemptId, artefactId }, version);
  }

  async rate(actor: PersonRow, attemptId: string, artefactId: string, rating: z.infer<typeof rateArtefactSchema>): Promise<ArtefactView> {
    await this.#parts.reviews.rate(actor, { attemptId, artefactId }, rating);
    return this.#view(actor, attemptId, artefactId);
  }

  async #written(actor: PersonRow, attemptId: string, artefactId: string): Promise<Attempt> {
    const attempt = await this.#parts.supervisor.read(attemptId);
    requireRight(actor, attempt, 'write');
    if (!mayWrite(await this.#parts.artefacts.require({ attemptId, artefactId }), attempt, actor))
      throw new AppError('ReadOnly', 'It was accepted and is closed.', { remedy: 'Ask whoever accepted it to open it again.' });
    return attempt;
  }

  async #view(actor: PersonRow, attemptId: string, artefactId: string): Promise<ArtefactView> {
    const [{ attempt, isMentor }, stored, nameOf] = await Promise.all([
      requireReader(this.#parts, actor, attemptId),
      this.#parts.artefacts.require({ attemptId, artefactId }),
      this.#namer(),
    ]);
    return viewArtefact(stored, { attempt, viewer: actor, isMentor, nameOf });
  }

  async #namer(): Promise<(personId: string) => PersonRef> {
    return nameFrom(await this.#parts.names());
  }

  async #note(actor: PersonRow, action: string, attempt: Attempt, detail: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#parts.audit.record({ actor, action, subject: attempt.id, detail });
  }
}
