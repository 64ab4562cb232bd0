import type { Cohorts } from '../accounts/cohorts.ts';
import { nameFrom, type People } from '../accounts/people.ts';
import type { AttemptRecords } from '../attempts/attempt-records.ts';
import type { VerdictRecords } from '../attempts/verdict-records.ts';
import type { FactFinder } from '../certification/fact-finder.ts';
import type { PersonFacts } from '../certification/facts.ts';
import type { Cohort } from '../contract/people.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { Db } from '../store/schema.ts';
import type { GradingRecords } from './grading-records.ts';
import { judgedAttempt, type JudgedAttempt } from './judged-attempt.ts';
import type { HeldCertificate, OnCallFacts } from './on-call.ts';

/** What is known of one person. */
export interface KnownFacts extends OnCallFacts {
  readonly certification: PersonFacts;
}

export interface SourceParts {
  readonly db: Db;
  readonly gradings: GradingRecords;
  readonly attempts: AttemptRecords;
  readonly verdicts: VerdictRecords;
  readonly people: People;
  readonly cohorts: Cohorts;
  readonly facts: FactFinder;
  readonly labTitle: (slug: string) => string;
}

/** Reads what insight is made of. Reads only; of attempts the newest 2,000 that have ended. */
export class InsightSources {
  readonly #parts: SourceParts;

  constructor(parts: SourceParts) {
    this.#parts = parts;
  }

  /** Attempts that the grader judged, of people with an account: candidates of interviews count in no number. */
  async judged(personId?: string): Promise<JudgedAttempt[]> {
    const { attempts, gradings, verdicts } = this.#parts;
    const [ended, overrides, people] = await Promise.all([
      attempts.list({ endedOnly: true, personId }),
      verdicts.overrides(),
      this.people(),
    ]);
    const graded = await gradings.list(personId === undefined ? undefined : ended.map(({ id }) => id));
    const known = new Set(people.map(({ id }) => id));
    return ended.flatMap((attempt) => {
      const judged = judgedAttempt(attempt, graded.get(attempt.id) ?? [], overrides.get(attempt.id));
      const personIds = judged?.personIds.filter((id) => known.has(id)) ?? [];
      return judged === undefined || personIds.length === 0 ? [] : [{ ...judged, personIds }];
    });
  }

  /** Everybody with an account that is open, by name. */
  async people(): Promise<PersonRef[]> {
    const people = await this.#parts.people.list();
    return people.filter(({ state }) => state !== 'disabled').map(({ id, name }) => ({ id, name }));
  }

  async nameOf(): Promise<(personId: string) => PersonRef> {
    return nameFrom(await this.#parts.people.names());
  }

  /** Which lab an attempt was at, by the attempt. */
  async labsOfAttempts(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#parts.db.selectFrom('attempts').select(['id', 'lab_slug']).where('ended_at_ms', 'is not', null).execute();
    return new Map(rows.map(({ id, lab_slug: slug }) => [id, this.#parts.labTitle(slug)]));
  }

  cohort(id: string): Promise<Cohort> {
    return this.#parts.cohorts.require(id);
  }

  /** What being on call and certificates may ask for, of each of these people. */
  async known(personIds: readonly string[]): Promise<ReadonlyMap<string, KnownFacts>> {
    const only = personIds.length === 1 ? personIds[0] : undefined;
    const [attempts, certificates, certification] = await Promise.all([
      this.judged(only),
      this.#certificates(only),
      this.#parts.facts.findAll(personIds),
    ]);
    return new Map(
      [...certification].map(([personId, facts]) => [
        personId,
        {
          attempts: attempts.filter((attempt) => attempt.personIds.includes(personId)),
          certificates: certificates.filter((held) => held.personId === personId),
          drills: facts.drills,
          certification: facts,
        },
      ]),
    );
  }

  async #certificates(personId: string | undefined): Promise<(HeldCertificate & { readonly personId: string })[]> {
    const all = this.#parts.db
      .selectFrom('certificates')
      .select(['id', 'person_id', 'definition_id', 'issued_at_ms', 'valid_until_ms', 'revoked_at_ms'])
      .orderBy('issued_at_ms', 'desc')
      .limit(5_000);
    const rows = await (personId === undefined ? all : all.where('person_id', '=', personId)).execute();
    return rows.map((row) => ({
      personId: row.person_id,
      id: row.id,
      definitionId: row.definition_id,
      issuedAtMs: row.issued_at_ms,
      validUntilMs: row.valid_until_ms,
      revokedAtMs: row.revoked_at_ms,
    }));
  }
}
