import { AppError, notFound } from '../app-error.ts';
import { toInstant, toInstantOrNull, type Clock } from '../clock.ts';
import type { Person } from '../contract/people.ts';
import type { AccountRole, PersonRef } from '../contract/roles.ts';
import { groupBy } from '../grouping.ts';
import { newId } from '../ids.ts';
import { DuplicateKeyError } from '../store/fault-translation.ts';
import type { Db, PersonRow } from '../store/schema.ts';

export interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly role: AccountRole;
}

export interface PersonChange {
  readonly name?: string | undefined;
  readonly role?: AccountRole | undefined;
  readonly disabled?: boolean | undefined;
}

/** Everyone who has an account. Email addresses are in lower case and unique. */
export class People {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async find(id: string): Promise<PersonRow | undefined> {
    return this.#db.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst();
  }

  async findByEmail(email: string): Promise<PersonRow | undefined> {
    return this.#db.selectFrom('people').selectAll().where('email', '=', email.toLowerCase()).executeTakeFirst();
  }

  async require(id: string): Promise<PersonRow> {
    const person = await this.find(id);
    if (person === undefined) throw notFound('person');
    return person;
  }

  async hasAdministrator(): Promise<boolean> {
    const admin = await this.#db
      .selectFrom('people')
      .select('id')
      .where('role', '=', 'admin')
      .where('state', '=', 'active')
      .executeTakeFirst();
    return admin !== undefined;
  }

  async add(person: NewPerson): Promise<PersonRow> {
    const row: PersonRow = {
      id: newId('person'),
      name: person.name,
      email: person.email.toLowerCase(),
      role: person.role,
      state: 'invited',
      password_hash: null,
      created_at_ms: this.#clock.now(),
      last_seen_at_ms: null,
    };
    try {
      await this.#db.insertInto('people').values(row).execute();
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
      throw new AppError('Conflict', `${row.email} has an account already.`, { remedy: 'Make a new link for that account instead.' });
    }
    return row;
  }

  /** Refuses to leave the installation without an active administrator. */
  async change(id: string, change: PersonChange): Promise<PersonRow> {
    const person = await this.require(id);
    const next = planChange(person, change);
    const losesAdmin = person.role === 'admin' && person.state === 'active' && (next.role !== 'admin' || next.state !== 'active');
    if (losesAdmin && (await this.#countActiveAdmins()) <= 1) {
      throw new AppError('Conflict', 'This is the only administrator left.', { remedy: 'Make somebody else administrator first.' });
    }
    await this.#db.updateTable('people').set({ name: next.name, role: next.role, state: next.state }).where('id', '=', id).execute();
    return next;
  }

  async setPassword(id: string, passwordHash: string, name?: string): Promise<void> {
    const set = { password_hash: passwordHash, state: 'active' as const, ...(name === undefined ? {} : { name }) };
    await this.#db.updateTable('people').set(set).where('id', '=', id).execute();
  }

  async activate(id: string): Promise<void> {
    await this.#db.updateTable('people').set({ state: 'active' }).where('id', '=', id).where('state', '=', 'invited').execute();
  }

  async touch(id: string): Promise<void> {
    await this.#db.updateTable('people').set({ last_seen_at_ms: this.#clock.now() }).where('id', '=', id).execute();
  }

  /** Everybody who has an account; candidates of interviews have none. */
  async list(): Promise<Person[]> {
    const rows = await this.#db.selectFrom('people').selectAll().where('role', '!=', 'candidate').orderBy('name').orderBy('id').execute();
    return this.#withCohorts(rows);
  }

  async view(id: string): Promise<Person> {
    const [person] = await this.#withCohorts([await this.require(id)]);
    if (person === undefined) throw notFound('person');
    return person;
  }

  /** Names by id, for lists. People are never removed, only disabled, so nobody is missing. */
  async names(): Promise<ReadonlyMap<string, PersonRef>> {
    const rows = await this.#db.selectFrom('people').select(['id', 'name']).execute();
    return new Map(rows.map((row) => [row.id, row]));
  }

  async #countActiveAdmins(): Promise<number> {
    const row = await this.#db
      .selectFrom('people')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('role', '=', 'admin')
      .where('state', '=', 'active')
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  async #withCohorts(rows: readonly PersonRow[]): Promise<Person[]> {
    const memberships = await this.#db
      .selectFrom('cohort_members')
      .innerJoin('cohorts', 'cohorts.id', 'cohort_members.cohort_id')
      .select(['cohort_members.person_id', 'cohorts.id', 'cohorts.name'])
      .orderBy('cohorts.name')
      .execute();
    const byPerson = groupBy(memberships, (row) => row.person_id);
    return rows.flatMap(({ role, ...row }) => {
      // Candidates are no people with accounts.
      if (role === 'candidate') return [];
      return [
        {
          id: row.id,
          name: row.name,
          email: row.email,
          role,
          state: row.state,
          cohorts: (byPerson.get(row.id) ?? []).map(({ id, name }) => ({ id, name })),
          createdAt: toInstant(row.created_at_ms),
          lastSeenAt: toInstantOrNull(row.last_seen_at_ms),
        },
      ];
    });
  }
}

/** Names out of {@link People.names}. Somebody who is not in it has none. */
export function nameFrom(names: ReadonlyMap<string, PersonRef>): (personId: string) => PersonRef {
  return (personId) => names.get(personId) ?? { id: personId, name: '' };
}

function planChange(person: PersonRow, change: PersonChange): PersonRow {
  const enabled = person.password_hash === null ? ('invited' as const) : ('active' as const);
  const state =
    change.disabled === undefined
      ? person.state
      : change.disabled
        ? ('disabled' as const)
        : person.state === 'disabled'
          ? enabled
          : person.state;
  return { ...person, name: change.name ?? person.name, role: change.role ?? person.role, state };
}
