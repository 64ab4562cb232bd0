import { nameFrom, type People } from '../accounts/people.ts';
import { AppError, notFound } from '../app-error.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, toInstantOrNull, type Clock } from '../clock.ts';
import { MAX_MENTORS, MAX_NOTES, type MentorNotes, type Mentoring, type MentorPair, type OwnPair } from '../contract/mentoring.ts';
import type { PersonRef } from '../contract/roles.ts';
import { newId } from '../ids.ts';
import { holdPerson } from '../store/hold-person.ts';
import type { Db, MentorshipRow, PersonRow, Tx } from '../store/schema.ts';

export interface MentorParts {
  readonly db: Db;
  readonly people: People;
  readonly audit: Pick<AuditLog, 'record'>;
  readonly clock: Clock;
}

/** Who mentors whom, and what the two write to each other. An assignment is ended, never removed. */
export class Mentors {
  readonly #parts: MentorParts;

  constructor(parts: MentorParts) {
    this.#parts = parts;
  }

  /** Whether the person mentors one of these now. */
  async isMentorOf(mentorId: string, traineeIds: readonly string[]): Promise<boolean> {
    return (await this.traineesOf(mentorId)).some((traineeId) => traineeIds.includes(traineeId));
  }

  /** Whom the person mentors now. */
  async traineesOf(mentorId: string): Promise<readonly string[]> {
    const rows = await this.#active().where('mentor_id', '=', mentorId).execute();
    return rows.map((row) => row.trainee_id);
  }

  /** Their mentors now, by trainee. */
  async mentorsByTrainee(): Promise<ReadonlyMap<string, readonly PersonRef[]>> {
    const [rows, nameOf] = await Promise.all([this.#active().execute(), this.#namer()]);
    const mentors = new Map<string, PersonRef[]>();
    for (const row of rows) mentors.set(row.trainee_id, [...(mentors.get(row.trainee_id) ?? []), nameOf(row.mentor_id)]);
    return mentors;
  }

  async pairs(): Promise<MentorPair[]> {
    const [rows, nameOf] = await Promise.all([
      this.#parts.db.selectFrom('mentorships').selectAll().orderBy('since_ms', 'desc').orderBy('id').execute(),
      this.#namer(),
    ]);
    return rows.map((row) => view(row, nameOf));
  }

  /** Both sides of the caller's own, those that go on first. */
  async own(actor: PersonRow): Promise<Mentoring> {
    const { db } = this.#parts;
    const [rows, notes, nameOf] = await Promise.all([
      db
        .selectFrom('mentorships')
        .selectAll()
        .where((eb) => eb.or([eb('mentor_id', '=', actor.id), eb('trainee_id', '=', actor.id)]))
        .orderBy('since_ms', 'desc')
        .orderBy('id')
        .execute(),
      db
        .selectFrom('mentor_notes')
        .select(['mentorship_id', (eb) => eb.fn.countAll().as('count'), (eb) => eb.fn.max('at_ms').as('last')])
        .groupBy('mentorship_id')
        .execute(),
      this.#namer(),
    ]);
    const counted = new Map(notes.map((row) => [row.mentorship_id, row]));
    const own = rows
      .toSorted((a, b) => Number(a.ended_at_ms !== null) - Number(b.ended_at_ms !== null))
      .map((row) => ({ row, pair: ownView(row, nameOf, counted.get(row.id)) }));
    return {
      mentors: own.filter(({ row }) => row.trainee_id === actor.id).map(({ pair }) => pair),
      trainees: own.filter(({ row }) => row.mentor_id === actor.id).map(({ pair }) => pair),
    };
  }

  /** Throws InvalidRequest for oneself as one's mentor, Conflict for what is so already and for more than {@link MAX_MENTORS}. */
  async assign(actor: PersonRow, { mentorId, traineeId }: { mentorId: string; traineeId: string }, address: string): Promise<MentorPair> {
    const { db, people, audit, clock } = this.#parts;
    const [mentor, trainee] = await Promise.all([people.require(mentorId), people.require(traineeId)]);
    if (mentorId === traineeId)
      throw new AppError('InvalidRequest', 'Nobody is their own mentor.', { remedy: 'Choose two different people.' });
    if ([mentor, trainee].some(({ role }) => role === 'candidate')) throw notFound('person');
    const closed = [mentor, trainee].find(({ state }) => state === 'disabled');
    if (closed !== undefined)
      throw new AppError('Conflict', `The account of ${closed.name} is closed.`, {
        remedy: 'Ask an administrator to open it again first.',
      });
    const row = { id: newId('mentorship'), mentor_id: mentorId, trainee_id: traineeId, since_ms: clock.now(), by_id: actor.id };
    await db.transaction().execute(async (tx) => {
      await holdPerson(tx, traineeId);
      const present = await tx
        .selectFrom('mentorships')
        .select('mentor_id')
        .where('trainee_id', '=', traineeId)
        .where('ended_at_ms', 'is', null)
        .execute();
      if (present.some(({ mentor_id: id }) => id === mentorId))
        throw new AppError('Conflict', `${mentor.name} mentors ${trainee.name} already.`, { remedy: 'There is nothing to do.' });
      if (present.length >= MAX_MENTORS)
        throw new AppError('Conflict', `${trainee.name} has ${MAX_MENTORS} mentors already.`, { remedy: 'End one of them first.' });
      await tx
        .insertInto('mentorships')
        .values({ ...row, ended_at_ms: null })
        .execute();
    });
    await audit.record({ actor, action: 'mentor.assigned', subject: traineeId, detail: { mentor: mentorId }, address });
    return view({ ...row, ended_at_ms: null }, await this.#namer());
  }

  async end(actor: PersonRow, pairId: string, address: string): Promise<void> {
    const { db, audit, clock } = this.#parts;
    const row = await db.selectFrom('mentorships').selectAll().where('id', '=', pairId).executeTakeFirst();
    if (row === undefined) throw notFound('mentorship');
    if (row.ended_at_ms !== null) return;
    await db
      .updateTable('mentorships')
      .set({ ended_at_ms: clock.now() })
      .where('id', '=', pairId)
      .where('ended_at_ms', 'is', null)
      .execute();
    await audit.record({ actor, action: 'mentor.ended', subject: row.trainee_id, detail: { mentor: row.mentor_id }, address });
  }

  /** The two of them only, also when it has ended; for everybody else it does not exist. */
  async notes(actor: PersonRow, pairId: string): Promise<MentorNotes> {
    const [row, nameOf] = await Promise.all([this.#requireOwn(actor, pairId), this.#namer()]);
    const notes = await this.#parts.db.selectFrom('mentor_notes').selectAll().where('mentorship_id', '=', pairId).orderBy('seq').execute();
    return {
      pair: view(row, nameOf),
      notes: notes.map(({ seq, at_ms: atMs, by_id: byId, text }) => ({ seq, at: toInstant(atMs), by: nameOf(byId), text })),
    };
  }

  /** Throws Conflict once it has ended, and beyond {@link MAX_NOTES}. */
  async write(actor: PersonRow, pairId: string, text: string): Promise<MentorNotes> {
    const row = await this.#requireOwn(actor, pairId);
    await this.#parts.db.transaction().execute(async (tx) => {
      await holdPair(tx, pairId);
      const last = await tx
        .selectFrom('mentor_notes')
        .select((eb) => eb.fn.max('seq').as('seq'))
        .where('mentorship_id', '=', pairId)
        .executeTakeFirst();
      const seq = (last?.seq ?? 0) + 1;
      if (seq > MAX_NOTES)
        throw new AppError('Conflict', `There are ${MAX_NOTES} notes, which is as many as are kept.`, {
          remedy: 'Have the mentor assigned anew; the old notes stay readable.',
        });
      await tx
        .insertInto('mentor_notes')
        .values({ mentorship_id: pairId, seq, at_ms: this.#parts.clock.now(), by_id: actor.id, text })
        .execute();
    });
    // That something was written is on record; what it was is between the two.
    await this.#parts.audit.record({ actor, action: 'mentor.note-written', subject: row.trainee_id });
    return this.notes(actor, pairId);
  }

  #active() {
    return this.#parts.db.selectFrom('mentorships').selectAll().where('ended_at_ms', 'is', null).orderBy('since_ms').orderBy('id');
  }

  async #requireOwn(actor: PersonRow, pairId: string): Promise<MentorshipRow> {
    const row = await this.#parts.db.selectFrom('mentorships').selectAll().where('id', '=', pairId).executeTakeFirst();
    if (row === undefined || (row.mentor_id !== actor.id && row.trainee_id !== actor.id)) throw notFound('mentorship');
    return row;
  }

  async #namer(): Promise<(personId: string) => PersonRef> {
    return nameFrom(await this.#parts.people.names());
  }
}

/** Holds the pair's row until the transaction ends, so that notes are numbered one after the other. Throws Conflict once it has ended. */
async function holdPair(tx: Tx, pairId: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('mentorships')
    .set({ ended_at_ms: null })
    .where('id', '=', pairId)
    .where('ended_at_ms', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n)
    throw new AppError('Conflict', 'This mentoring has ended; what was written stays.', { remedy: 'Talk to an instructor.' });
}

function view(row: MentorshipRow, nameOf: (id: string) => PersonRef): MentorPair {
  return {
    id: row.id,
    mentor: nameOf(row.mentor_id),
    trainee: nameOf(row.trainee_id),
    since: toInstant(row.since_ms),
    endedAt: toInstantOrNull(row.ended_at_ms),
  };
}

function ownView(
  row: MentorshipRow,
  nameOf: (id: string) => PersonRef,
  notes: { readonly count: string | number | bigint; readonly last: number | null } | undefined,
): OwnPair {
  return { ...view(row, nameOf), notes: Number(notes?.count ?? 0), lastNoteAt: toInstantOrNull(notes?.last ?? null) };
}
