import { artefactStateOf } from '../artefacts/artefact-state.ts';
import { isPlayer } from '../attempts/team.ts';
import type { ArtefactState } from '../contract/artefacts.ts';
import { groupBy } from '../grouping.ts';
import type { Db } from '../store/schema.ts';
import type { AttemptFact } from './curriculum-plan.ts';

/** Bounds what one statement takes: SQLite allows 32,766 values in it. */
const IDS_A_STATEMENT = 5_000;

/** Something that waits for a review, or came back from one. */
export interface ArtefactFact {
  readonly attemptId: string;
  readonly artefactId: string;
  readonly title: string;
  readonly state: ArtefactState;
  /** Of the rating that holds, and of the version handed in. */
  readonly ratedAtMs: number | null;
  readonly submittedAtMs: number | null;
  readonly submittedVersion: number | null;
}

/** What attempts say of people, read without their documents: this is asked for by every page of everybody. */
export class CurriculumRecords {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Attempts in which somebody played, by person. */
  async attempts(personIds: readonly string[]): Promise<ReadonlyMap<string, readonly AttemptFact[]>> {
    const rows = await inParts(personIds, (ids) =>
      this.#db
        .selectFrom('attempt_members')
        .innerJoin('attempts', 'attempts.id', 'attempt_members.attempt_id')
        .select([
          'attempt_members.person_id',
          'attempt_members.role',
          'attempts.id',
          'attempts.lab_slug',
          'attempts.state',
          'attempts.created_at_ms',
          'attempts.ended_at_ms',
        ])
        .where('attempt_members.person_id', 'in', ids)
        .where('attempt_members.joined_at_ms', 'is not', null)
        .execute(),
    );
    const played = rows.filter(({ role }) => isPlayer(role));
    const attemptIds = [...new Set(played.map(({ id }) => id))];
    const [overridden, artefacts] = await Promise.all([this.#overrides(attemptIds), this.artefacts(attemptIds)]);
    const written = groupBy(artefacts, ({ attemptId }) => attemptId);
    return new Map(
      [...groupBy(played, (row) => row.person_id)].map(([personId, own]) => [
        personId,
        own.map((row) => ({
          attemptId: row.id,
          lab: row.lab_slug,
          createdAtMs: row.created_at_ms,
          endedAtMs: row.ended_at_ms,
          outcome: overridden.get(row.id) ?? (row.state === 'passed' || row.state === 'failed' ? row.state : null),
          artefacts: (written.get(row.id) ?? []).map(({ artefactId, title, state }) => ({ id: artefactId, title, state })),
        })),
      ]),
    );
  }

  async artefacts(attemptIds: readonly string[]): Promise<ArtefactFact[]> {
    const [rows, ratings] = await Promise.all([
      inParts(attemptIds, (ids) =>
        this.#db.selectFrom('artefacts').selectAll().where('attempt_id', 'in', ids).orderBy('attempt_id').orderBy('position').execute(),
      ),
      inParts(attemptIds, (ids) =>
        this.#db
          .selectFrom('artefact_ratings')
          .select(['attempt_id', 'artefact_id', 'version', 'accepted', 'at_ms'])
          .where('attempt_id', 'in', ids)
          .orderBy('seq')
          .execute(),
      ),
    ]);
    const last = new Map(ratings.map((rating) => [`${rating.attempt_id} ${rating.artefact_id}`, rating]));
    return rows.map((row) => {
      const rating = last.get(`${row.attempt_id} ${row.artefact_id}`);
      const held = rating === undefined ? undefined : { version: rating.version, accepted: rating.accepted === 1 };
      return {
        attemptId: row.attempt_id,
        artefactId: row.artefact_id,
        title: (JSON.parse(row.offered) as { readonly definition: { readonly title: string } }).definition.title,
        state: artefactStateOf(row.submitted_version, held),
        ratedAtMs: rating?.at_ms ?? null,
        submittedAtMs: row.submitted_at_ms,
        submittedVersion: row.submitted_version,
      };
    });
  }

  /** When certificates that were not revoked were issued, by person. */
  async certified(personIds: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    const rows = await inParts(personIds, (ids) =>
      this.#db
        .selectFrom('certificates')
        .select(['person_id', 'issued_at_ms'])
        .where('person_id', 'in', ids)
        .where('revoked_at_ms', 'is', null)
        .execute(),
    );
    return timesByPerson(rows.map((row) => [row.person_id, row.issued_at_ms]));
  }

  /** When people were placed, by person. */
  async placed(personIds: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    const rows = await inParts(personIds, (ids) =>
      this.#db.selectFrom('placements').select(['person_id', 'at_ms']).where('person_id', 'in', ids).execute(),
    );
    return timesByPerson(rows.map((row) => [row.person_id, row.at_ms]));
  }

  /** The last one holds. */
  async #overrides(attemptIds: readonly string[]): Promise<ReadonlyMap<string, 'passed' | 'failed'>> {
    const rows = await inParts(attemptIds, (ids) =>
      this.#db.selectFrom('overrides').select(['attempt_id', 'outcome']).where('attempt_id', 'in', ids).orderBy('seq').execute(),
    );
    return new Map(rows.map((row) => [row.attempt_id, row.outcome]));
  }
}

function timesByPerson(pairs: readonly (readonly [personId: string, atMs: number])[]): ReadonlyMap<string, readonly number[]> {
  return new Map([...groupBy(pairs, ([personId]) => personId)].map(([personId, own]) => [personId, own.map(([, atMs]) => atMs)]));
}

/** Nothing is asked for nobody; SQL has no empty lists. */
async function inParts<Row>(ids: readonly string[], read: (ids: readonly string[]) => Promise<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < ids.length; from += IDS_A_STATEMENT) rows.push(...(await read(ids.slice(from, from + IDS_A_STATEMENT))));
  return rows;
}
