import type { StepContent } from '../../labs/lab-stage.ts';
import { AppError, notFound } from '../app-error.ts';
import { DuplicateKeyError } from '../store/fault-translation.ts';
import type { Db, Tx } from '../store/schema.ts';
import type { Attempt, Move } from './attempt.ts';
import { noExtraTime } from './extra-time.ts';
import { isPlayer, soloMembers } from './team.ts';

export interface AttemptFilter {
  /** Whose they are, alone or in a team. Exercises that the person only runs or watches are not among them. */
  readonly personId?: string | undefined;
  readonly labSlug?: string | undefined;
  readonly endedOnly?: boolean;
  readonly limit?: number;
}

export interface StoredJournalEntry {
  readonly atMs: number;
  readonly kind: string;
  readonly text: string;
  readonly actorId: string | null;
}

const MAX_LISTED = 2_000;

/** The attempt is not as it was when the move was planned: another server has moved it. */
export class RevisionConflict extends Error {
  constructor({ id, revision }: Attempt) {
    super(`Attempt ${id} is not at revision ${revision - 1}.`);
    this.name = 'RevisionConflict';
  }
}

/** Attempts, their journal and their instructions in the store. A move is stored whole or not at all. */
export class AttemptRecords {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Throws AlreadyRunning, naming the people, when one of them has an attempt at this lab running. */
  async insert(move: Move, nowMs: number): Promise<void> {
    const { attempt } = move;
    try {
      await this.#db.transaction().execute(async (tx) => {
        await tx
          .insertInto('attempts')
          .values({
            ...columnsOf(attempt),
            id: attempt.id,
            person_id: attempt.personId,
            lab_slug: attempt.lab.slug,
            created_at_ms: attempt.createdAtMs,
          })
          .execute();
        await tx
          .insertInto('sandboxes')
          .values({ id: attempt.sandboxId, attempt_id: attempt.id, state: 'provisioning', created_at_ms: nowMs })
          .execute();
        await this.#insertMembers(tx, attempt);
        await insertJournal(tx, move, nowMs);
      });
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
      throw await this.#alreadyRunning(attempt, error);
    }
  }

  /** `along` is stored in the same transaction, and is given the attempt as it then is. Throws RevisionConflict when somebody else changed the attempt meanwhile. */
  async save(move: Move, nowMs: number, along?: (tx: Tx, attempt: Attempt) => Promise<void>): Promise<void> {
    const { attempt } = move;
    await this.#db.transaction().execute(async (tx) => {
      const result = await tx
        .updateTable('attempts')
        .set(columnsOf(attempt))
        .where('id', '=', attempt.id)
        .where('revision', '=', attempt.revision - 1)
        .executeTakeFirst();
      if (result.numUpdatedRows !== 1n) throw new RevisionConflict(attempt);
      if (attempt.endedAtMs !== null && !attempt.released)
        await tx.updateTable('attempt_members').set({ running_lab: null }).where('attempt_id', '=', attempt.id).execute();
      await insertJournal(tx, move, nowMs);
      await along?.(tx, attempt);
    });
  }

  /** Keeps the index of members as the attempt says they are, those who came to the team or left it included. Part of the move's own transaction. */
  async saveMembers(tx: Tx, { id, lab, members }: Attempt): Promise<void> {
    const ids = members.map(({ personId }) => personId);
    await tx.deleteFrom('attempt_members').where('attempt_id', '=', id).where('person_id', 'not in', ids).execute();
    for (const { personId, role, joinedAtMs } of members) {
      const { numUpdatedRows } = await tx
        .updateTable('attempt_members')
        .set({ role, joined_at_ms: joinedAtMs })
        .where('attempt_id', '=', id)
        .where('person_id', '=', personId)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) continue;
      // Who joins a team while an attempt of their own runs keeps that one too: the team cannot wait for it.
      const isFree = isPlayer(role) && !(await isRunning(tx, personId, lab.slug));
      await tx
        .insertInto('attempt_members')
        .values({ attempt_id: id, person_id: personId, role, joined_at_ms: joinedAtMs, running_lab: isFree ? lab.slug : null })
        .execute();
    }
  }

  async find(id: string): Promise<Attempt | undefined> {
    const row = await this.#db.selectFrom('attempts').select('document').where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : parseAttempt(row.document);
  }

  async require(id: string): Promise<Attempt> {
    const attempt = await this.find(id);
    if (attempt === undefined) throw notFound('attempt');
    return attempt;
  }

  /** The newest first. Without those of candidates in interviews, which count in no metric. */
  async list(filter: AttemptFilter): Promise<Attempt[]> {
    let query = this.#db
      .selectFrom('attempts')
      .select('document')
      .where('person_id', 'not in', (eb) => eb.selectFrom('people').select('id').where('role', '=', 'candidate'))
      .orderBy('created_at_ms', 'desc')
      .limit(filter.limit ?? MAX_LISTED);
    if (filter.personId !== undefined) query = query.where('id', 'in', playedBy(this.#db, filter.personId));
    if (filter.labSlug !== undefined) query = query.where('lab_slug', '=', filter.labSlug);
    if (filter.endedOnly === true) query = query.where('ended_at_ms', 'is not', null);
    return (await query.execute()).map((row) => parseAttempt(row.document));
  }

  /** What a start of the server must take up again: attempts that run, and those whose sandbox is still to be let go. The oldest first. */
  async listUnfinished(): Promise<Attempt[]> {
    const rows = await this.#db
      .selectFrom('attempts')
      .select('document')
      .where((eb) =>
        eb.or([
          eb('ended_at_ms', 'is', null),
          eb(
            'id',
            'in',
            eb.selectFrom('sandboxes').select('attempt_id').where('attempt_id', 'is not', null).$castTo<{ attempt_id: string }>(),
          ),
        ]),
      )
      .orderBy('created_at_ms')
      .execute();
    return rows.map((row) => parseAttempt(row.document)).filter((attempt) => !attempt.released);
  }

  /** How many sandboxes are held, of all servers. */
  async countHeld(db: Db | Tx): Promise<number> {
    const row = await db
      .selectFrom('attempts')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('state', '!=', 'requested')
      .where(
        'id',
        'in',
        db.selectFrom('sandboxes').select('attempt_id').where('attempt_id', 'is not', null).$castTo<{ attempt_id: string }>(),
      )
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  async journal(attemptId: string): Promise<StoredJournalEntry[]> {
    const rows = await this.#db.selectFrom('journal').selectAll().where('attempt_id', '=', attemptId).orderBy('seq').execute();
    return rows.map((row) => ({ atMs: row.at_ms, kind: row.kind, text: row.text, actorId: row.actor_id }));
  }

  async saveSteps(attemptId: string, steps: readonly StepContent[]): Promise<void> {
    const content = JSON.stringify(steps);
    await this.#db
      .insertInto('attempt_steps')
      .values({ attempt_id: attemptId, content })
      .onConflict((conflict) => conflict.column('attempt_id').doUpdateSet({ content }))
      .execute();
  }

  async steps(attemptId: string): Promise<readonly StepContent[]> {
    const row = await this.#db.selectFrom('attempt_steps').select('content').where('attempt_id', '=', attemptId).executeTakeFirst();
    return row === undefined ? [] : (JSON.parse(row.content) as StepContent[]);
  }

  async sandboxState(sandboxId: string, state: 'provisioning' | 'in use' | 'releasing' | 'lost'): Promise<void> {
    await this.#db.updateTable('sandboxes').set({ state }).where('id', '=', sandboxId).execute();
  }

  async forgetSandbox(sandboxId: string): Promise<void> {
    await this.#db.deleteFrom('sandboxes').where('id', '=', sandboxId).execute();
  }

  async #insertMembers(tx: Tx, { id, lab, members }: Attempt): Promise<void> {
    const rows = members.map(({ personId, role, joinedAtMs }) => ({
      attempt_id: id,
      person_id: personId,
      role,
      joined_at_ms: joinedAtMs,
      running_lab: isPlayer(role) ? lab.slug : null,
    }));
    await tx.insertInto('attempt_members').values(rows).execute();
  }

  async #alreadyRunning({ personId, members, lab }: Attempt, cause: Error): Promise<AppError> {
    const busy = await this.#db
      .selectFrom('attempt_members')
      .innerJoin('people', 'people.id', 'attempt_members.person_id')
      .select(['people.id', 'people.name'])
      .where('running_lab', '=', lab.slug)
      .where(
        'person_id',
        'in',
        members.flatMap((member) => (isPlayer(member.role) ? [member.personId] : [])),
      )
      .execute();
    const others = busy.filter(({ id }) => id !== personId).map(({ name }) => name);
    if (others.length === 0 || busy.length > others.length)
      return new AppError('AlreadyRunning', `You have an attempt at ${lab.title} running.`, {
        remedy: 'Go back to it, or end it first.',
        cause,
      });
    return new AppError(
      'AlreadyRunning',
      `${others.join(' and ')} ${others.length === 1 ? 'has' : 'have'} an attempt at ${lab.title} running.`,
      {
        remedy: 'Ask them to end it first, or choose somebody else.',
        cause,
      },
    );
  }
}

async function isRunning(tx: Tx, personId: string, labSlug: string): Promise<boolean> {
  const row = await tx
    .selectFrom('attempt_members')
    .select('attempt_id')
    .where('person_id', '=', personId)
    .where('running_lab', '=', labSlug)
    .executeTakeFirst();
  return row !== undefined;
}

/** Attempts that the person plays in. */
function playedBy(db: Db, personId: string) {
  return db
    .selectFrom('attempt_members')
    .select('attempt_id')
    .where('person_id', '=', personId)
    .where('role', 'not in', ['facilitator', 'controller', 'evaluator', 'observer']);
}

function columnsOf(attempt: Attempt): {
  state: string;
  revision: number;
  ended_at_ms: number | null;
  score: number | null;
  document: string;
} {
  return {
    state: attempt.state,
    revision: attempt.revision,
    ended_at_ms: attempt.endedAtMs,
    score: attempt.score,
    document: JSON.stringify(attempt),
  };
}

async function insertJournal(tx: Tx, { attempt, journal }: Move, nowMs: number): Promise<void> {
  if (journal.length === 0) return;
  const firstSeq = attempt.journalSeq - journal.length + 1;
  const rows = journal.map((entry, index) => ({
    attempt_id: attempt.id,
    seq: firstSeq + index,
    at_ms: nowMs,
    kind: entry.kind,
    text: entry.text,
    actor_id: entry.actorId,
  }));
  await tx.insertInto('journal').values(rows).execute();
}

/** What documents of earlier versions do not say. */
function unsaid({ personId, createdAtMs }: Pick<Attempt, 'personId' | 'createdAtMs'>) {
  return { members: soloMembers(personId, createdAtMs), pauses: [], ai: null, extraTime: noExtraTime, interviewId: null } as const;
}

/** The document was written by {@link AttemptRecords.save}, so its shape is known but for what came later. */
function parseAttempt(document: string): Attempt {
  const stored = JSON.parse(document) as Omit<Attempt, keyof ReturnType<typeof unsaid>> & Partial<Attempt>;
  return { ...unsaid(stored), ...stored };
}
