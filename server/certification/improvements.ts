import type { z } from 'zod';
import type { People } from '../accounts/people.ts';
import { AppError, notFound } from '../app-error.ts';
import type { EvidenceChain } from '../attempts/evidence-chain.ts';
import { mayWatchOthers } from '../attempts/permissions.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, type Clock } from '../clock.ts';
import type { decideImprovementSchema, Improvement, submitImprovementSchema } from '../contract/certification.ts';
import type { PersonRef, Role } from '../contract/roles.ts';
import { newId } from '../ids.ts';
import type { Db, ImprovementRow, PersonRow } from '../store/schema.ts';

type Submission = z.infer<typeof submitImprovementSchema>;

export interface ImprovementParts {
  readonly db: Db;
  readonly evidence: EvidenceChain;
  readonly people: People;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly flushStore: () => Promise<void>;
}

const DECIDES: ReadonlySet<Role> = new Set(['manager', 'admin']);
/** What is submitted and not decided: nobody can be asked to read more of one person. */
const MAX_OPEN = 5;

/** Small improvements in production: submitted with where they can be seen, accepted or sent back by a manager. Every word stays in the chain. */
export class Improvements {
  readonly #parts: ImprovementParts;

  constructor(parts: ImprovementParts) {
    this.#parts = parts;
  }

  /** One's own; of everybody for staff. The newest first. */
  async list(actor: PersonRow): Promise<Improvement[]> {
    let query = this.#parts.db.selectFrom('improvements').selectAll().orderBy('submitted_at_ms', 'desc').limit(1_000);
    if (!mayWatchOthers(actor)) query = query.where('person_id', '=', actor.id);
    const [rows, names] = await Promise.all([query.execute(), this.#parts.people.names()]);
    return rows.map((row) => view(row, actor, names));
  }

  async submit(actor: PersonRow, submission: Submission): Promise<Improvement> {
    const open = await this.#parts.db
      .selectFrom('improvements')
      .select('id')
      .where('person_id', '=', actor.id)
      .where('state', '=', 'submitted')
      .execute();
    if (open.length >= MAX_OPEN)
      throw new AppError('Conflict', `${MAX_OPEN} of your improvements wait for a decision already.`, {
        remedy: 'Wait until one is decided.',
      });
    return this.#store(actor, newId('improvement'), submission, true);
  }

  /** What was sent back, or not looked at yet, in better words. */
  async resubmit(actor: PersonRow, id: string, submission: Submission): Promise<Improvement> {
    const row = await this.#require(id);
    if (row.person_id !== actor.id) throw notFound('improvement');
    if (row.state === 'accepted') throw isAccepted();
    return this.#store(actor, id, submission, false);
  }

  /** Throws Forbidden for one's own and Conflict for what was decided before. */
  async decide(actor: PersonRow, id: string, { accepted, comment }: z.infer<typeof decideImprovementSchema>): Promise<Improvement> {
    const row = await this.#require(id);
    if (!mayDecide(actor, row))
      throw new AppError('Forbidden', 'Nobody accepts their own improvement.', { remedy: 'Ask another manager.' });
    if (row.state !== 'submitted')
      throw new AppError(
        'Conflict',
        row.state === 'accepted' ? 'It was accepted already.' : 'It was sent back and not submitted again yet.',
        {
          remedy: 'Reload the page.',
        },
      );
    const atMs = this.#parts.clock.now();
    const decision = {
      state: accepted ? ('accepted' as const) : ('returned' as const),
      decided_by: actor.id,
      decided_at_ms: atMs,
      comment,
    };
    await this.#parts.evidence.exclusive(() =>
      this.#parts.db.transaction().execute(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('improvements')
          .set(decision)
          .where('id', '=', id)
          .where('state', '=', 'submitted')
          .where('submitted_at_ms', '=', row.submitted_at_ms)
          .executeTakeFirst();
        if (numUpdatedRows !== 1n)
          throw new AppError('Conflict', 'It was decided or submitted anew meanwhile.', { remedy: 'Reload the page.' });
        const payload = { improvementId: id, personId: row.person_id, byId: actor.id, accepted, comment };
        await this.#parts.evidence.append(tx, { attemptId: id, kind: 'improvement-decision', atMs, payload });
      }),
    );
    return this.#noted(actor, accepted ? 'improvement.accepted' : 'improvement.returned', id);
  }

  async #store(actor: PersonRow, id: string, { title, what, effect, links }: Submission, isNew: boolean): Promise<Improvement> {
    const atMs = this.#parts.clock.now();
    const values = {
      title,
      what,
      effect,
      links: JSON.stringify(links),
      submitted_at_ms: atMs,
      state: 'submitted' as const,
      decided_by: null,
      decided_at_ms: null,
      comment: null,
    };
    await this.#parts.evidence.exclusive(() =>
      this.#parts.db.transaction().execute(async (tx) => {
        if (isNew)
          await tx
            .insertInto('improvements')
            .values({ id, person_id: actor.id, ...values })
            .execute();
        else {
          const updated = tx.updateTable('improvements').set(values).where('id', '=', id).where('state', '!=', 'accepted');
          if ((await updated.executeTakeFirst()).numUpdatedRows !== 1n) throw isAccepted();
        }
        const payload = { improvementId: id, personId: actor.id, title, what, effect, links };
        await this.#parts.evidence.append(tx, { attemptId: id, kind: 'improvement', atMs, payload });
      }),
    );
    return this.#noted(actor, 'improvement.submitted', id);
  }

  async #noted(actor: PersonRow, action: string, id: string): Promise<Improvement> {
    await this.#parts.flushStore();
    const row = await this.#require(id);
    await this.#parts.audit.record({ actor, action, subject: id, detail: { person: row.person_id } });
    return view(row, actor, await this.#parts.people.names());
  }

  async #require(id: string): Promise<ImprovementRow> {
    const row = await this.#parts.db.selectFrom('improvements').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw notFound('improvement');
    return row;
  }
}

function isAccepted(): AppError {
  return new AppError('ReadOnly', 'It was accepted and stays as it was read.', { remedy: 'Submit another one.' });
}

function mayDecide(actor: PersonRow, row: ImprovementRow): boolean {
  return DECIDES.has(actor.role) && actor.id !== row.person_id;
}

function view(row: ImprovementRow, viewer: PersonRow, names: ReadonlyMap<string, PersonRef>): Improvement {
  const nameOf = (id: string): PersonRef => names.get(id) ?? { id, name: '' };
  return {
    id: row.id,
    person: nameOf(row.person_id),
    title: row.title,
    what: row.what,
    effect: row.effect,
    links: JSON.parse(row.links) as string[],
    submittedAt: toInstant(row.submitted_at_ms),
    state: row.state,
    decided:
      row.decided_at_ms === null
        ? null
        : { at: toInstant(row.decided_at_ms), by: nameOf(row.decided_by ?? ''), comment: row.comment ?? '' },
    mayDecide: row.state === 'submitted' && mayDecide(viewer, row),
  };
}
