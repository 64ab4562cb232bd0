import type { z } from 'zod';
import type { People } from '../accounts/people.ts';
import { AppError, notFound } from '../app-error.ts';
import type { AttemptRecords } from '../attempts/attempt-records.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import type { EvidenceChain } from '../attempts/evidence-chain.ts';
import { mayWatchOthers, requireView } from '../attempts/permissions.ts';
import { outcomeOf } from '../attempts/results.ts';
import { countsFor, memberOf } from '../attempts/team.ts';
import type { StoredVerdict, VerdictRecords } from '../attempts/verdict-records.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, toInstantOrNull, type Clock } from '../clock.ts';
import type { AppealState, AppealView, decideAppealSchema } from '../contract/certification.ts';
import type { PersonRef } from '../contract/roles.ts';
import { newId } from '../ids.ts';
import { holdPerson } from '../store/hold-person.ts';
import type { AppealRow, Db, PersonRow, Tx } from '../store/schema.ts';
import { planRegrade } from './regrade.ts';

type Decision = z.infer<typeof decideAppealSchema>;

export interface AppealParts {
  readonly db: Db;
  readonly evidence: EvidenceChain;
  readonly attempts: AttemptRecords;
  readonly verdicts: VerdictRecords;
  readonly people: People;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly flushStore: () => Promise<void>;
}

/** So many appeals an attempt: a fourth would say what the third one said. */
const MAX_APPEALS = 3;

/**
 * Appeals against verdicts. A regrade judges again from the kept evidence and holds over the machine's verdict as an override does; the
 * verdict itself, the appeal and the regrade all stay, in the tables and in the chain.
 */
export class Appeals {
  readonly #parts: AppealParts;

  constructor(parts: AppealParts) {
    this.#parts = parts;
  }

  /** Everybody's, the open ones first, then the newest. For staff. */
  async list(actor: PersonRow): Promise<AppealView[]> {
    const rows = await this.#parts.db.selectFrom('appeals').selectAll().orderBy('made_at_ms', 'desc').limit(500).execute();
    const open = rows.filter(({ decision }) => decision === null);
    return this.#viewAll(actor, [...open, ...rows.filter(({ decision }) => decision !== null)]);
  }

  async ofAttempt(actor: PersonRow, attemptId: string): Promise<AppealState> {
    const attempt = await this.#seen(actor, attemptId);
    const rows = await this.#ofAttempt(attemptId);
    return { appeals: await this.#viewAll(actor, rows), mayAppeal: refusalOf(actor, attempt, rows) === undefined };
  }

  async appeal(actor: PersonRow, attemptId: string, reason: string): Promise<AppealView> {
    const attempt = await this.#seen(actor, attemptId);
    const refusal = refusalOf(actor, attempt, await this.#ofAttempt(attemptId));
    if (refusal !== undefined) throw refusal;
    const row: AppealRow = {
      id: newId('appeal'),
      attempt_id: attemptId,
      person_id: actor.id,
      reason,
      made_at_ms: this.#parts.clock.now(),
      ...undecided,
    };
    await this.#parts.evidence.exclusive(() =>
      this.#parts.db.transaction().execute(async (tx) => {
        // Two who appeal at once, or one who presses twice, take turns and are looked at again.
        await holdPerson(tx, attempt.personId);
        const earlier = await tx.selectFrom('appeals').selectAll().where('attempt_id', '=', attemptId).execute();
        const late = refusalOf(actor, attempt, earlier);
        if (late !== undefined) throw late;
        await tx.insertInto('appeals').values(row).execute();
        const payload = { appealId: row.id, byId: actor.id, reason };
        await this.#parts.evidence.append(tx, { attemptId, kind: 'appeal', atMs: row.made_at_ms, payload });
      }),
    );
    return this.#noted(actor, 'appeal.made', row.id);
  }

  async withdraw(actor: PersonRow, appealId: string): Promise<AppealView> {
    const row = await this.#require(appealId);
    if (row.person_id !== actor.id) throw notFound('appeal');
    requireOpen(row);
    await this.#close(row, { decision: 'withdrawn', outcome: null, answer: null }, actor);
    return this.#noted(actor, 'appeal.withdrawn', appealId);
  }

  /** Throws Forbidden for an attempt of one's own, Conflict for what is decided or cannot be judged again. */
  async decide(actor: PersonRow, appealId: string, decision: Decision): Promise<AppealView> {
    const row = await this.#require(appealId);
    const attempt = await this.#parts.attempts.require(row.attempt_id);
    requireOpen(row);
    if (!mayDecide(actor, attempt, row))
      throw new AppError('Forbidden', 'Nobody decides an appeal of an attempt they took part in.', { remedy: 'Ask another instructor.' });
    if (decision.decision === 'upheld') await this.#close(row, { decision: 'upheld', outcome: null, answer: decision.answer }, actor);
    else await this.#regrade(actor, row, attempt, decision);
    return this.#noted(actor, `appeal.${decision.decision === 'upheld' ? 'upheld' : 'regraded'}`, appealId);
  }

  async #regrade(actor: PersonRow, row: AppealRow, attempt: Attempt, decision: Extract<Decision, { decision: 'regrade' }>): Promise<void> {
    const kept = await this.#parts.verdicts.verdict(attempt.id);
    if (kept === undefined)
      throw new AppError('Conflict', 'There was no verdict, so there is nothing to judge again.', {
        remedy: 'Let it stand, or ask a manager to override the outcome.',
      });
    const atMs = this.#parts.clock.now();
    const scorecard = planRegrade(kept.scorecard, decision.corrections, { reason: decision.answer, nowMs: atMs });
    const outcome = scorecard.outcome === 'passed' ? 'passed' : 'failed';
    const payload = {
      appealId: row.id,
      byId: actor.id,
      reason: decision.answer,
      corrections: decision.corrections,
      before: { outcome: kept.scorecard.outcome, score: kept.scorecard.score },
      scorecard,
    };
    const override = { atMs, byId: actor.id, outcome, reason: `Judged again after an appeal: ${decision.answer}` } as const;
    const decided = { decision: 'regraded', outcome, answer: decision.answer, decided_by: actor.id, decided_at_ms: atMs } as const;
    await this.#parts.verdicts.addOverride(attempt.id, override, {
      before: (tx) => decideRow(tx, row.id, decided),
      after: (tx) => this.#parts.evidence.append(tx, { attemptId: attempt.id, kind: 'regrade', atMs, payload }),
    });
  }

  async #close(row: AppealRow, decision: Pick<AppealRow, 'decision' | 'outcome' | 'answer'>, actor: PersonRow): Promise<void> {
    const atMs = this.#parts.clock.now();
    await this.#parts.evidence.exclusive(() =>
      this.#parts.db.transaction().execute(async (tx) => {
        await decideRow(tx, row.id, { ...decision, decided_by: actor.id, decided_at_ms: atMs });
        const payload = { appealId: row.id, byId: actor.id, ...decision };
        await this.#parts.evidence.append(tx, { attemptId: row.attempt_id, kind: 'appeal-decision', atMs, payload });
      }),
    );
  }

  async #seen(actor: PersonRow, attemptId: string): Promise<Attempt> {
    const attempt = await this.#parts.attempts.require(attemptId);
    requireView(actor, attempt);
    return attempt;
  }

  async #require(appealId: string): Promise<AppealRow> {
    const row = await this.#parts.db.selectFrom('appeals').selectAll().where('id', '=', appealId).executeTakeFirst();
    if (row === undefined) throw notFound('appeal');
    return row;
  }

  #ofAttempt(attemptId: string): Promise<AppealRow[]> {
    return this.#parts.db.selectFrom('appeals').selectAll().where('attempt_id', '=', attemptId).orderBy('made_at_ms', 'desc').execute();
  }

  async #noted(actor: PersonRow, action: string, appealId: string): Promise<AppealView> {
    await this.#parts.flushStore();
    const row = await this.#require(appealId);
    await this.#parts.audit.record({ actor, action, subject: row.attempt_id, detail: { appeal: row.id, person: row.person_id } });
    const [view] = await this.#viewAll(actor, [row]);
    if (view === undefined) throw notFound('appeal');
    return view;
  }

  async #viewAll(viewer: PersonRow, rows: readonly AppealRow[]): Promise<AppealView[]> {
    const names = await this.#parts.people.names();
    const nameOf = (id: string): PersonRef => names.get(id) ?? { id, name: '' };
    return Promise.all(
      rows.map(async (row) => {
        const [attempt, verdict, override] = await Promise.all([
          this.#parts.attempts.require(row.attempt_id),
          this.#parts.verdicts.verdict(row.attempt_id),
          this.#parts.verdicts.override(row.attempt_id),
        ]);
        return viewAppeal(row, {
          attempt,
          verdict,
          outcomeNow: outcomeOf(attempt, verdict?.scorecard.outcome, override?.outcome),
          viewer,
          nameOf,
        });
      }),
    );
  }
}

const undecided = { decision: null, outcome: null, answer: null, decided_by: null, decided_at_ms: null };

/** Throws Conflict when somebody decided it since it was read. */
async function decideRow(tx: Tx, id: string, decision: Partial<AppealRow>): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('appeals')
    .set(decision)
    .where('id', '=', id)
    .where('decision', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw isDecided();
}

function requireOpen(row: AppealRow): void {
  if (row.decision !== null) throw isDecided();
}

function isDecided(): AppError {
  return new AppError('Conflict', 'This appeal is decided already.', { remedy: 'Reload the page.' });
}

function mayDecide(actor: PersonRow, attempt: Attempt, row: AppealRow): boolean {
  return mayWatchOthers(actor) && row.person_id !== actor.id && memberOf(attempt, actor.id) === undefined;
}

function refusalOf(actor: PersonRow, attempt: Attempt, appeals: readonly AppealRow[]): AppError | undefined {
  if (!hasEnded(attempt)) return new AppError('Conflict', 'This attempt still runs.', { remedy: 'Wait for its verdict.' });
  if (!countsFor(attempt, actor.id))
    return new AppError('Forbidden', 'Only those whom the verdict counts for may appeal.', { remedy: 'Ask whose attempt it is.' });
  if (appeals.some(({ decision }) => decision === null))
    return new AppError('Conflict', 'An appeal of this attempt waits to be decided.', { remedy: 'Wait for the decision, or withdraw it.' });
  return appeals.length >= MAX_APPEALS
    ? new AppError('Conflict', `This attempt was appealed ${MAX_APPEALS} times; that is all there is.`, {
        remedy: 'Talk to an instructor, or try the lab again.',
      })
    : undefined;
}

interface AppealContext {
  readonly attempt: Attempt;
  readonly verdict: StoredVerdict | undefined;
  readonly outcomeNow: string;
  readonly viewer: PersonRow;
  readonly nameOf: (personId: string) => PersonRef;
}

function viewAppeal(row: AppealRow, { attempt, verdict, outcomeNow, viewer, nameOf }: AppealContext): AppealView {
  const decides = row.decision === null && mayDecide(viewer, attempt, row);
  return {
    id: row.id,
    attemptId: row.attempt_id,
    lab: attempt.lab.title,
    person: nameOf(row.person_id),
    reason: row.reason,
    madeAt: toInstant(row.made_at_ms),
    outcomeNow,
    decision: row.decision,
    outcome: row.outcome,
    answer: row.answer,
    decidedBy: row.decided_by === null ? null : nameOf(row.decided_by),
    decidedAt: toInstantOrNull(row.decided_at_ms),
    mayDecide: decides,
    checks: decides
      ? (verdict?.scorecard.checks ?? []).map((check) => ({
          id: check.id,
          title: check.title,
          weight: check.weight,
          critical: check.critical,
          verdict: check.verdict.kind,
          reason: check.verdict.kind === 'pass' ? null : check.verdict.reason,
        }))
      : [],
  };
}
