import { nameFrom, type People } from '../accounts/people.ts';
import { AppError, notFound } from '../app-error.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { mostOf, type ExtraTime } from '../attempts/extra-time.ts';
import { giveTime } from '../attempts/moves.ts';
import { mayWatchOthers } from '../attempts/permissions.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import { isPlayer, memberOf, type Member } from '../attempts/team.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, type Clock } from '../clock.ts';
import type { ExtraTimeHistory, SetExtraTime } from '../contract/extra-time.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { ExtraTimeRow, PersonRow } from '../store/schema.ts';
import { whatHolds, type ExtraTimeRecords } from './extra-time-records.ts';

export interface AccommodationParts {
  readonly records: ExtraTimeRecords;
  readonly people: People;
  readonly supervisor: Pick<Supervisor, 'read' | 'require'>;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** More time for who needs it. Reasons go to the person and to staff, never into the audit log. */
export class Accommodations {
  readonly #parts: AccommodationParts;

  constructor(parts: AccommodationParts) {
    this.#parts = parts;
  }

  /** What an attempt of these people gives: of those who play, what the one who has most has. */
  async forTeam(members: readonly Pick<Member, 'personId' | 'role'>[]): Promise<ExtraTime> {
    const players = members.filter(({ role }) => isPlayer(role));
    return mostOf(await Promise.all(players.map(({ personId }) => this.#parts.records.holds(personId))));
  }

  /** Those of these people who have some, and how much of it is in percent. */
  async percentOf(personIds: readonly string[]): Promise<Readonly<Record<string, number>>> {
    const held = await Promise.all(personIds.map(async (id) => [id, (await this.#parts.records.holds(id)).percent] as const));
    return Object.fromEntries(held.filter(([, percent]) => percent > 0));
  }

  async list(): Promise<ExtraTimeHistory[]> {
    const ids = await this.#parts.records.peopleIds();
    const known = await Promise.all(ids.map((id) => this.#parts.people.find(id)));
    const people = known.flatMap((person) => (person === undefined || person.role === 'candidate' ? [] : [person]));
    const histories = await Promise.all(people.map((person) => this.#history(person)));
    return histories.sort((a, b) => a.person.name.localeCompare(b.person.name));
  }

  /** Somebody else's is answered like a person that does not exist, unless it is staff who asks. */
  async history(viewer: PersonRow, personId: string): Promise<ExtraTimeHistory> {
    if (viewer.id !== personId && !mayWatchOthers(viewer)) throw notFound('person');
    return this.#history(await this.#requirePerson(personId));
  }

  /** From now on; what runs already keeps its time. */
  async set(actor: PersonRow, personId: string, wanted: SetExtraTime, address: string): Promise<ExtraTimeHistory> {
    const person = await this.#requirePerson(personId);
    if (actor.id === personId)
      throw new AppError('Forbidden', 'Nobody sets their own extra time.', { remedy: 'Ask another instructor or manager.' });
    const { percent, minutes, reason } = wanted;
    const row = { person_id: personId, attempt_id: null, percent, minutes, reason, by_id: actor.id, at_ms: this.#parts.clock.now() };
    await this.#parts.records.add(row);
    await this.#parts.audit.record({ actor, action: 'extra-time.set', subject: personId, detail: { percent, minutes }, address });
    return this.#history(person);
  }

  /** For one attempt that runs. The reason is kept with whose attempt it is. */
  async addToAttempt(
    actor: PersonRow,
    attemptId: string,
    { minutes, reason }: { readonly minutes: number; readonly reason: string },
    address: string,
  ): Promise<Attempt> {
    const before = await this.#parts.supervisor.read(attemptId);
    if (memberOf(before, actor.id) !== undefined)
      throw new AppError('Forbidden', 'Nobody adds extra time to an attempt they take part in.', {
        remedy: 'Ask another instructor or manager, or extend the attempt.',
      });
    const { actor: attempts } = await this.#parts.supervisor.require(attemptId);
    const attempt = await attempts.change(
      (current, nowMs) => giveTime(current, minutes, actor.id, nowMs),
      (tx, { personId }) =>
        this.#parts.records.append(tx, {
          person_id: personId,
          attempt_id: attemptId,
          percent: 0,
          minutes,
          reason,
          by_id: actor.id,
          at_ms: this.#parts.clock.now(),
        }),
    );
    const detail = { minutes, person: attempt.personId };
    await this.#parts.audit.record({ actor, action: 'attempt.time-added', subject: attemptId, detail, address });
    return attempt;
  }

  async #requirePerson(id: string): Promise<PersonRow> {
    const person = await this.#parts.people.require(id);
    // Of a candidate's time the interview says what there is.
    if (person.role === 'candidate') throw notFound('person');
    return person;
  }

  async #history({ id, name }: PersonRow): Promise<ExtraTimeHistory> {
    const [rows, names] = await Promise.all([this.#parts.records.list(id), this.#parts.people.names()]);
    return { person: { id, name }, ...whatHolds(rows), entries: rows.map((row) => viewEntry(row, nameFrom(names))) };
  }
}

function viewEntry(row: ExtraTimeRow, nameOf: (id: string) => PersonRef): ExtraTimeHistory['entries'][number] {
  const { percent, minutes, reason, attempt_id: attemptId } = row;
  return { percent, minutes, reason, attemptId, by: nameOf(row.by_id), at: toInstant(row.at_ms) };
}
