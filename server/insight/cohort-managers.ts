import type { Cohorts } from '../accounts/cohorts.ts';
import { nameFrom, type People } from '../accounts/people.ts';
import { AppError } from '../app-error.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { CohortManagersView } from '../contract/insight.ts';
import { groupBy } from '../grouping.ts';
import type { Db, PersonRow } from '../store/schema.ts';
import type { Looker } from './access.ts';

export interface CohortManagersParts {
  readonly db: Db;
  readonly cohorts: Cohorts;
  readonly people: People;
  readonly audit: AuditLog;
}

/** Which managers may look into the evidence of a cohort's people. While nobody is named, no manager may. */
export class CohortManagers {
  readonly #parts: CohortManagersParts;

  constructor(parts: CohortManagersParts) {
    this.#parts = parts;
  }

  /** For managers their own cohorts, for administrators all of them and who could be named. */
  async view(actor: PersonRow): Promise<CohortManagersView> {
    const { cohorts, people } = this.#parts;
    const [all, named, names] = await Promise.all([cohorts.list(), this.#rows(), people.names()]);
    const nameOf = nameFrom(names);
    const managersOf = groupBy(named, ({ cohort_id: id }) => id);
    const shown = all.map(({ id, name }) => ({
      id,
      name,
      managers: (managersOf.get(id) ?? []).map(({ person_id: personId }) => nameOf(personId)),
    }));
    if (actor.role !== 'admin')
      return { cohorts: shown.filter(({ managers }) => managers.some(({ id }) => id === actor.id)), candidates: [] };
    const candidates = (await people.list()).filter(({ role, state }) => role === 'manager' && state !== 'disabled');
    return { cohorts: shown, candidates: candidates.map(({ id, name }) => ({ id, name })) };
  }

  /** Exactly these. Throws InvalidRequest for somebody who is no manager. */
  async save(actor: PersonRow, cohortId: string, personIds: readonly string[], address: string): Promise<CohortManagersView> {
    const { cohorts, people, db, audit } = this.#parts;
    await cohorts.require(cohortId);
    const wanted = [...new Set(personIds)];
    const managers = new Set((await people.list()).filter(({ role }) => role === 'manager').map(({ id }) => id));
    if (wanted.some((id) => !managers.has(id)))
      throw new AppError('InvalidRequest', 'Only people with the role manager can be named.', {
        remedy: 'Give them the role manager first; instructors and administrators need not be named.',
      });
    await db.transaction().execute(async (tx) => {
      await tx.deleteFrom('cohort_managers').where('cohort_id', '=', cohortId).execute();
      if (wanted.length > 0)
        await tx
          .insertInto('cohort_managers')
          .values(wanted.map((personId) => ({ cohort_id: cohortId, person_id: personId })))
          .execute();
    });
    await audit.record({ actor, action: 'cohort.managers-set', subject: cohortId, detail: { managers: wanted }, address });
    return this.view(actor);
  }

  /** Besides who is named already. */
  async name(cohortId: string, personId: string): Promise<void> {
    await this.#parts.db
      .insertInto('cohort_managers')
      .values({ cohort_id: cohortId, person_id: personId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async lookerOf({ id, role }: PersonRow): Promise<Looker> {
    if (role !== 'manager') return { id, role, managed: new Set() };
    const [all, rows] = await Promise.all([this.#parts.cohorts.list(), this.#rows(id)]);
    const own = new Set(rows.map(({ cohort_id: cohortId }) => cohortId));
    return { id, role, managed: new Set(all.flatMap((cohort) => (own.has(cohort.id) ? cohort.members.map((member) => member.id) : []))) };
  }

  #rows(personId?: string): Promise<{ cohort_id: string; person_id: string }[]> {
    const query = this.#parts.db.selectFrom('cohort_managers').selectAll().orderBy('person_id');
    return (personId === undefined ? query : query.where('person_id', '=', personId)).execute();
  }
}
