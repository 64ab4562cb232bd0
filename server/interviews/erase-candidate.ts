import type { Attempt } from '../attempts/attempt.ts';
import { forgetDeclared } from '../attempts/ai-moves.ts';
import type { AttemptRecords } from '../attempts/attempt-records.ts';
import type { EvidenceChain } from '../attempts/evidence-chain.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import type { Db, Tx } from '../store/schema.ts';
import type { RecordingStore } from '../terminals/recording-store.ts';
import type { Interview } from './interview.ts';

export interface ErasureParts {
  readonly db: Db;
  readonly recordings: Pick<RecordingStore, 'remove'>;
  readonly evidence: EvidenceChain;
  readonly attempts: AttemptRecords;
  readonly supervisor: Pick<Supervisor, 'find'>;
  /** Takes what was deleted out of the files of the store. */
  readonly purgeStore: () => Promise<void>;
}

/**
 * Takes away what is personal of a candidate for good: the name, recordings, what was written, reasons for more time, addresses in the audit log. What stays goes
 * by an alias that leads to nobody: the verdict with what the grader saw, times, and the counts. Recordings go first: after a crash in between it is done again.
 */
export async function eraseCandidate(
  parts: ErasureParts,
  interview: Interview,
  attempt: Attempt | undefined,
  nowMs: number,
): Promise<void> {
  if (attempt !== undefined) {
    await forgetWords(parts, attempt);
    await removeRecordings(parts, attempt.id);
  }
  await parts.evidence.exclusive(() =>
    parts.db.transaction().execute(async (tx) => {
      if (attempt !== undefined) await eraseWork(tx, attempt);
      await tx.deleteFrom('sessions').where('person_id', '=', interview.personId).execute();
      await tx.deleteFrom('extra_time').where('person_id', '=', interview.personId).execute();
      await tx.updateTable('people').set({ state: 'disabled', last_seen_at_ms: null }).where('id', '=', interview.personId).execute();
      await tx.updateTable('audit').set({ address: null }).where('actor_id', '=', interview.personId).execute();
      await tx.updateTable('interviews').set({ candidate_name: null, erased_at_ms: nowMs }).where('id', '=', interview.id).execute();
      const payload = { personId: interview.personId, interviewId: interview.id };
      await parts.evidence.append(tx, { attemptId: attempt?.id ?? interview.id, kind: 'candidate-erased', atMs: nowMs, payload });
    }),
  );
  await parts.purgeStore();
}

/** Whoever still holds the attempt in memory must forget too, or would store it again. */
async function forgetWords({ supervisor, attempts }: ErasureParts, attempt: Attempt): Promise<void> {
  const runner = supervisor.find(attempt.id);
  if (runner !== undefined) {
    await runner.actor.change(forgetDeclared);
    return;
  }
  const move = forgetDeclared(attempt);
  if (move !== undefined) await attempts.save(move, 0);
}

async function removeRecordings({ db, recordings }: ErasureParts, attemptId: string): Promise<void> {
  const rows = await db.selectFrom('recordings').select('terminal_id').where('attempt_id', '=', attemptId).execute();
  for (const { terminal_id: terminalId } of rows) await recordings.remove(terminalId);
}

async function eraseWork(tx: Tx, attempt: Attempt): Promise<void> {
  for (const table of [
    'recordings',
    'terminals',
    'artefact_comments',
    'artefact_versions',
    'artefacts',
    'status_updates',
    'measurements',
  ] as const)
    await tx.deleteFrom(table).where('attempt_id', '=', attempt.id).execute();
}
