import type { OfferedArtefact } from '../../labs/lab-stage.ts';
import { isPlayer } from '../attempts/team.ts';
import type { Clock } from '../clock.ts';
import { groupBy } from '../grouping.ts';
import type { Db } from '../store/schema.ts';
import type { Definition } from './definition.ts';
import type { ArtefactFact, AttemptFact, CertificateFact, DrillFacts, ImprovementFact, PersonFacts } from './facts.ts';
import { stateOf } from './validity.ts';

interface FactFinderParts {
  readonly db: Db;
  readonly drills: DrillFacts;
  readonly clock: Clock;
  readonly labTitle: (slug: string) => string;
  readonly definitions: readonly Definition[];
}

type Of<T> = T & { readonly personId: string };

/** Gathers what requirements ask for, from the store and the drills. Reads only; a few queries for one person as for all. */
export class FactFinder {
  readonly #parts: FactFinderParts;

  constructor(parts: FactFinderParts) {
    this.#parts = parts;
  }

  async find(personId: string): Promise<PersonFacts> {
    const facts = await this.findAll([personId]);
    return facts.get(personId) ?? nothing;
  }

  /** One entry for each of `personIds`. */
  async findAll(personIds: readonly string[]): Promise<ReadonlyMap<string, PersonFacts>> {
    const only = personIds.length === 1 ? personIds[0] : undefined;
    const [attempts, artefacts, improvements, certificates] = await Promise.all([
      this.#attempts(only),
      this.#artefacts(only),
      this.#improvements(only),
      this.#certificates(only),
    ]);
    const by = <T extends { readonly personId: string }>(facts: readonly T[]): ReadonlyMap<string, T[]> =>
      groupBy(facts, (fact) => fact.personId);
    const [attemptsBy, artefactsBy, improvementsBy, certificatesBy] = [by(attempts), by(artefacts), by(improvements), by(certificates)];
    const all = new Map<string, PersonFacts>();
    for (const personId of personIds) {
      all.set(personId, {
        attempts: attemptsBy.get(personId) ?? [],
        artefacts: artefactsBy.get(personId) ?? [],
        drills: await this.#parts.drills.listEnded(personId),
        improvements: improvementsBy.get(personId) ?? [],
        certificates: certificatesBy.get(personId) ?? [],
      });
    }
    return all;
  }

  /** In a team it counts for those who play and were there (attempts/team.ts `countsFor`). */
  async #attempts(personId: string | undefined): Promise<Of<AttemptFact>[]> {
    const { db, labTitle } = this.#parts;
    let query = db
      .selectFrom('attempts')
      .innerJoin('attempt_members', 'attempt_members.attempt_id', 'attempts.id')
      .select(['attempts.id', 'attempt_members.person_id', 'attempt_members.role', 'lab_slug', 'state', 'score', 'ended_at_ms'])
      .where('ended_at_ms', 'is not', null)
      .where('joined_at_ms', 'is not', null);
    if (personId !== undefined) query = query.where('attempt_members.person_id', '=', personId);
    const [rows, overrides] = await Promise.all([query.execute(), this.#overrides()]);
    return rows
      .filter(({ role }) => isPlayer(role))
      .map((row) => ({
        personId: row.person_id,
        attemptId: row.id,
        lab: row.lab_slug,
        title: labTitle(row.lab_slug),
        outcome: overrides.get(row.id) ?? row.state,
        score: row.score,
        endedAtMs: row.ended_at_ms ?? 0,
      }));
  }

  async #overrides(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#parts.db.selectFrom('overrides').select(['attempt_id', 'outcome']).orderBy('seq').execute();
    return new Map(rows.map((row) => [row.attempt_id, row.outcome]));
  }

  /** An artefact counts for whoever wrote the version that was handed in, which in a team need not be who began the attempt. */
  async #artefacts(personId: string | undefined): Promise<Of<ArtefactFact>[]> {
    const { db, labTitle } = this.#parts;
    let query = db
      .selectFrom('artefacts')
      .innerJoin('attempts', 'attempts.id', 'artefacts.attempt_id')
      .innerJoin('artefact_versions as version', (join) =>
        join
          .onRef('version.attempt_id', '=', 'artefacts.attempt_id')
          .onRef('version.artefact_id', '=', 'artefacts.artefact_id')
          .onRef('version.version', '=', 'artefacts.submitted_version'),
      )
      .select([
        'artefacts.attempt_id',
        'artefacts.artefact_id',
        'artefacts.submitted_at_ms',
        'artefacts.offered',
        'attempts.lab_slug',
        'version.by_id',
      ]);
    if (personId !== undefined) query = query.where('version.by_id', '=', personId);
    const [rows, ratings] = await Promise.all([query.execute(), this.#ratings()]);
    return rows.map((row) => {
      const rating = ratings.get(`${row.attempt_id} ${row.artefact_id}`);
      return {
        personId: row.by_id,
        attemptId: row.attempt_id,
        lab: row.lab_slug,
        artefactId: row.artefact_id,
        title: `${titleOf(row.offered)}: ${labTitle(row.lab_slug)}`,
        handedIn: true,
        accepted: rating === undefined ? null : rating.accepted === 1,
        atMs: rating?.at_ms ?? row.submitted_at_ms ?? 0,
      };
    });
  }

  /** The last rating of each artefact holds. */
  async #ratings(): Promise<ReadonlyMap<string, { readonly accepted: number; readonly at_ms: number }>> {
    const rows = await this.#parts.db
      .selectFrom('artefact_ratings')
      .select(['attempt_id', 'artefact_id', 'accepted', 'at_ms'])
      .orderBy('seq')
      .execute();
    return new Map(rows.map((row) => [`${row.attempt_id} ${row.artefact_id}`, row]));
  }

  async #improvements(personId: string | undefined): Promise<Of<ImprovementFact>[]> {
    let query = this.#parts.db.selectFrom('improvements').select(['id', 'person_id', 'title', 'state', 'submitted_at_ms', 'decided_at_ms']);
    if (personId !== undefined) query = query.where('person_id', '=', personId);
    return (await query.execute()).map((row) => ({
      personId: row.person_id,
      improvementId: row.id,
      title: row.title,
      state: row.state,
      atMs: row.decided_at_ms ?? row.submitted_at_ms,
    }));
  }

  async #certificates(personId: string | undefined): Promise<Of<CertificateFact>[]> {
    const { db, clock, definitions } = this.#parts;
    let query = db
      .selectFrom('certificates')
      .select(['id', 'person_id', 'definition_id', 'issued_at_ms', 'valid_until_ms', 'revoked_at_ms']);
    if (personId !== undefined) query = query.where('person_id', '=', personId);
    return (await query.execute()).map((row) => ({
      personId: row.person_id,
      certificateId: row.id,
      definitionId: row.definition_id,
      title: definitions.find(({ id }) => id === row.definition_id)?.title ?? row.definition_id,
      state: stateOf({ validUntilMs: row.valid_until_ms, revokedAtMs: row.revoked_at_ms }, clock.now()),
      issuedAtMs: row.issued_at_ms,
    }));
  }
}

function titleOf(offered: string): string {
  return (JSON.parse(offered) as OfferedArtefact).definition.title;
}

const nothing: PersonFacts = { attempts: [], artefacts: [], drills: [], improvements: [], certificates: [] };
