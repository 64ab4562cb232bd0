import { readGraderVersions } from '../../../grader/grader-versions.ts';
import type { Scorecard } from '../../../grader/verdict.ts';
import { sleep } from '../../clock.ts';
import type { Tx } from '../../store/schema.ts';
import { aiEvidence } from '../ai-evidence.ts';
import type { Attempt } from '../attempt.ts';
import { forfeitSolvedIncident } from '../forfeit.ts';
import { graded } from '../ending-moves.ts';
import type { JobContext } from './job.ts';

/** An inconclusive verdict is our fault, so it is tried again before anybody hears of it. */
const TRIES = 3;
const BETWEEN_TRIES_MS = 5_000;

/** Judges from the stored baseline and injection, so that a restart in the middle judges the same thing again. */
export async function grade(context: JobContext): Promise<void> {
  const { actor, evidence, clock } = context;
  const { scorecard: judged, tries } = await judge(context);
  const grader = await readGraderVersions();
  const nowMs = clock.now();
  const scorecard = forfeitSolvedIncident(actor.attempt, judged, nowMs);
  await evidence.exclusive(() =>
    actor.change(
      (attempt) => graded(attempt, scorecard, nowMs),
      async (tx) => {
        await storeVerdict(tx, actor.attempt, scorecard, nowMs);
        await context.artefacts.submitAll(tx, actor.attempt.id, nowMs);
        await evidence.append(tx, {
          attemptId: actor.attempt.id,
          kind: 'verdict',
          atMs: nowMs,
          payload: { ...verdictEvidence(actor.attempt, scorecard), tries, grader },
        });
      },
    ),
  );
  await context.flushStore();
}

/** `tries`: what each check said of the same state when that decided nothing, so that unsteady checks can be found. */
interface Judged {
  readonly scorecard: Scorecard;
  readonly tries: readonly Readonly<Record<string, string>>[];
}

async function judge(context: JobContext): Promise<Judged> {
  const { attempt } = context.actor;
  const { baseline, injection } = attempt;
  if (baseline === null || injection === null) throw new Error(`Attempt ${attempt.id} is graded without baseline or injection.`);
  const stage = await context.stage();
  const stepResults = attempt.steps.flatMap((step) => step.credit);
  const credited = new Set(stepResults.map(({ id }) => id));
  const tries: Readonly<Record<string, string>>[] = [];
  for (let tryNumber = 1; ; tryNumber += 1) {
    const text =
      tryNumber === 1
        ? 'Judging from outside the sandbox'
        : `Judging again, because something could not be measured (${tryNumber} of ${TRIES})`;
    context.progress({ id: 'grading', text, state: 'started' });
    const scorecard = await stage.grade({ baseline, injection, stepResults });
    const decided = scorecard.outcome !== 'inconclusive';
    context.progress({ id: 'grading', text, state: decided ? 'done' : 'failed' });
    if (decided || tryNumber === TRIES) return { scorecard, tries };
    const tried = scorecard.checks.filter(({ id }) => !credited.has(id));
    tries.push(Object.fromEntries(tried.map(({ id, verdict }) => [id, verdict.kind])));
    await sleep(context.clock, BETWEEN_TRIES_MS, context.signal);
  }
}

/** An inconclusive verdict may be followed by a better one; the chain of evidence keeps both. */
async function storeVerdict(tx: Tx, attempt: Attempt, scorecard: Scorecard, nowMs: number): Promise<void> {
  const row = {
    graded_at_ms: nowMs,
    outcome: scorecard.outcome,
    score: scorecard.score,
    scorecard: JSON.stringify(scorecard),
    restored_after_ms: restoredAfterMs(attempt, scorecard),
  };
  await tx
    .insertInto('verdicts')
    .values({ attempt_id: attempt.id, ...row })
    .onConflict((conflict) => conflict.column('attempt_id').doUpdateSet(row))
    .execute();
}

function restoredAfterMs(attempt: Attempt, scorecard: Scorecard): number | null {
  if (scorecard.restoredAt === undefined || attempt.incidentStartedAtMs === null) return null;
  return Math.max(0, Date.parse(scorecard.restoredAt) - attempt.incidentStartedAtMs);
}

function verdictEvidence(attempt: Attempt, scorecard: Scorecard): object {
  const { id, personId, members, lab, mode, variant, baseline, injection, ai } = attempt;
  return { attemptId: id, personId, members, lab, mode, variant, baseline, injection, ai: aiEvidence(ai), scorecard };
}
