import { AppError, notFound } from '../app-error.ts';
import { toInstant, type Clock } from '../clock.ts';
import type { Cohort } from '../contract/people.ts';
import type { PersonRef } from '../contract/roles.ts';
import { groupBy } from '../grouping.ts';
import { newId } from '../ids.ts';
import { DuplicateKeyError } from '../store/fault-translation.ts';
import type { Db } from '../store/schema.ts';

/** Groups of people who train together. */
export class Cohorts {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async list(): Promise<Cohort[]> {
    const cohorts = await this.#db.selectFrom('cohorts').selectAll().orderBy('name').execute();
    const members = await this.#db
      .selectFrom('cohort_members')
      .innerJoin('people', 'people.id', 'cohort_members.person_id')
      .select(['cohort_members.cohort_id', 'people.id', 'people.name'])
      .orderBy('people.name')
      .execute();
    const byCohort = groupBy(members, (row) => row.cohort_id);
    return cohorts.map((cohort) => ({
      id: cohort.id,
      name: cohort.name,
      members: (byCohort.get(cohort.id) ?? []).map(({ id, name }) => ({ id, name })),
      createdAt: toInstant(cohort.created_at_ms),
    }));
  }

  async require(id: string): Promise<Cohort> {
    const cohort = (await this.list()).find((candidate) => candidate.id === id);
    if (cohort === undefined) throw notFound('cohort');
    return cohort;
  }

  async create(name: string): Promise<Cohort> {
    const row = { id: newId('cohort'), name, created_at_ms: this.#clock.now() };
    try {
      await this.#db.insertInto('cohorts').values(row).execute();
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
      throw new AppError('Conflict', `There is a cohort named ${name} already.`, { remedy: 'Choose another name.' });
    }
    return this.require(row.id);
  }

  async findByName(name: string): Promise<Cohort | undefined> {
    return (await this.list()).find((cohort) => cohort.name === name);
  }

  async setMembers(id: string, personIds: readonly string[]): Promise<Cohort> {
    await this.require(id);
    const wanted = [...new Set(personIds)];
    const known =
      wanted.length === 0
        ? []
        : await this.#db.selectFrom('people').select('id').where('id', 'in', wanted).where('role', '!=', 'candidate').execute();
    if (known.length !== wanted.length) throw notFound('person');
    await this.#db.transaction().execute(async (tx) => {
      await tx.deleteFrom('cohort_members').where('cohort_id', '=', id).execute();
      if (wanted.length > 0)
        await tx
          .insertInto('cohort_members')
          .values(wanted.map((person_id) => ({ cohort_id: id, person_id })))
          .execute();
    });
    return this.require(id);
  }

  /** Who shares a cohort with the person and has an account that works, by name. */
  async matesOf(personId: string): Promise<PersonRef[]> {
    return this.#db
      .selectFrom('people')
      .select(['id', 'name'])
      .where('state', '!=', 'disabled')
      .where('id', '!=', personId)
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('cohort_members')
          .select('person_id')
          .where('cohort_id', 'in', eb.selectFrom('cohort_members').select('cohort_id').where('person_id', '=', personId)),
      )
      .orderBy('name')
      .execute();
  }

  async addMember(cohortId: string, personId: string): Promise<void> {
    const row = { cohort_id: cohortId, person_id: personId };
    await this.#db
      .insertInto('cohort_members')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
