import { Cohorts } from '../accounts/cohorts.ts';
import type { CheckResult } from '../../grader/verdict.ts';
import { planScorecard } from '../../grader/scorecard.ts';
import { AttemptRecords } from '../attempts/attempt-records.ts';
import { released } from '../attempts/ending-moves.ts';
import { EvidenceChain } from '../attempts/evidence-chain.ts';
import { requestAttempt } from '../attempts/moves.ts';
import { newId } from '../ids.ts';
import { DAY_MS } from '../clock.ts';
import { ProgramRecords } from '../program/program-records.ts';
import type { Store } from '../store/store.ts';
import { fakeFigures, fakeLab } from './fake-lab.ts';
import { ManualClock } from './manual-clock.ts';
import { addPerson } from './test-store.ts';

/** What one thirty days looked like: how many of its attempts passed, how long recovery took, what requests cost, and what the team imported. */
interface Period {
  /** Its middle, in days from the start of the programme. */
  readonly day: number;
  readonly passed: number;
  readonly minutes: number;
  readonly usd: number;
  readonly failedChanges: number;
  readonly tickets: number;
}

const PEOPLE = 5;
const CHANGES = 50;
/** From the published example: 40 to 80% passed, 90 to 60 min, $18 to $12, 22 to 12%, 150 to 90 a month, on the way. */
const QUARTER: readonly Period[] = [
  { day: -15, passed: 2, minutes: 90, usd: 18, failedChanges: 11, tickets: 150 },
  { day: 15, passed: 3, minutes: 66, usd: 15, failedChanges: 9, tickets: 120 },
  { day: 45, passed: 4, minutes: 41, usd: 12.4, failedChanges: 5, tickets: 95 },
];

/** A cohort whose programme is at day 61, with what is needed for all six numbers. */
export async function seedQuarter(store: Store, nowMs: number): Promise<void> {
  const startsAtMs = nowMs - 61 * DAY_MS;
  const cohorts = new Cohorts(store.db, new ManualClock(startsAtMs));
  const records = new ProgramRecords(store.db);
  const cohort = await cohorts.create('Autumn');
  const people = [];
  for (let index = 0; index < PEOPLE; index += 1) people.push(await addPerson(store));
  await cohorts.setMembers(
    cohort.id,
    people.map(({ id }) => id),
  );
  await records.save(cohort.id, {
    startsAt: new Date(startsAtMs).toISOString(),
    track: 'platform-engineer',
    team: 'platform',
    curriculum: [{ lab: fakeLab.slug, dueDay: 30 }],
    baselines: { completion: 55 },
    targets: {},
  });
  for (const period of QUARTER) {
    const atMs = startsAtMs + period.day * DAY_MS;
    for (const [index, { id }] of people.entries()) await seedAttempt(store, { personId: id, atMs, period, passed: index < period.passed });
    await seedImports(records, people[0]?.id ?? '', period, atMs);
  }
}

interface Ended {
  readonly personId: string;
  readonly atMs: number;
  readonly period: Period;
  readonly passed: boolean;
}

async function seedAttempt({ db }: Store, { personId, atMs, period, passed }: Ended): Promise<void> {
  const variant = { seed: 's', fault: 'bad-image', values: {} };
  const scorecard = planScorecard(checksOf(passed, atMs), { passMark: fakeLab.passMark, labHash: fakeLab.hash, gradedAtMs: atMs });
  const id = newId('attempt');
  const move = requestAttempt({ id, personId, sandboxId: newId('sandbox'), lab: fakeLab, mode: 'incident', variant }, atMs);
  const outcome = passed ? 'passed' : 'failed';
  const { revision } = move.attempt;
  const attempt = { ...move.attempt, state: outcome, endedAtMs: atMs, score: scorecard.score, revision: revision + 1 } as const;
  const records = new AttemptRecords(db);
  await records.insert(move, atMs);
  await records.save({ attempt, journal: [] }, atMs);
  await records.save(released(attempt), atMs);
  const verdict = {
    attempt_id: id,
    graded_at_ms: atMs,
    outcome,
    score: attempt.score,
    scorecard: JSON.stringify(scorecard),
    restored_after_ms: period.minutes * 60_000,
  } as const;
  await db.insertInto('verdicts').values(verdict).execute();
  const evidence = new EvidenceChain();
  const payload = { lab: attempt.lab, variant, scorecard, tries: [] };
  await evidence.exclusive(() => db.transaction().execute((tx) => evidence.append(tx, { attemptId: id, kind: 'verdict', atMs, payload })));
  const figures = { ...fakeFigures, usdPerThousandRequests: period.usd };
  await db
    .insertInto('measurements')
    .values({
      attempt_id: id,
      number: 1,
      label: 'Run 1',
      by_id: personId,
      started_at_ms: atMs,
      finished_at_ms: atMs,
      reason: null,
      workloads: JSON.stringify([{ ...fakeLab.workloads?.[0], figures, remark: null }]),
    })
    .execute();
}

const CHECKS: readonly Pick<CheckResult, 'id' | 'title' | 'dimension' | 'critical' | 'hidden'>[] = [
  { id: 'answers', title: 'The endpoint answers', dimension: 'observability-reliability', critical: true, hidden: false },
  { id: 'stays', title: 'It stays healthy', dimension: 'observability-reliability', critical: false, hidden: false },
  { id: 'auth', title: 'Requests without a key are refused', dimension: 'security-governance', critical: true, hidden: true },
  { id: 'secret', title: 'The key is in a Secret', dimension: 'security-governance', critical: false, hidden: false },
  { id: 'limits', title: 'Limits are set', dimension: 'security-governance', critical: false, hidden: true },
  { id: 'replicas', title: 'Two pods are ready', dimension: 'cloud-kubernetes', critical: false, hidden: false },
];

/** Whoever fails has an endpoint that answers and is open to everybody. */
function checksOf(passed: boolean, atMs: number): CheckResult[] {
  const at = new Date(atMs).toISOString();
  return CHECKS.map((check) => ({
    ...check,
    weight: 10,
    verdict:
      passed || check.dimension !== 'security-governance'
        ? { kind: 'pass', evidence: [] }
        : { kind: 'fail', evidence: [], reason: 'It was open to everybody.' },
    startedAt: at,
    finishedAt: at,
  }));
}

async function seedImports(records: ProgramRecords, byId: string, period: Period, atMs: number): Promise<void> {
  const entry = { source: 'Helpdesk', known: 0, by_id: byId, at_ms: atMs };
  const row = (id: string, failed: boolean | null): Parameters<ProgramRecords['keep']>[1][number] => ({
    id,
    atMs,
    team: 'platform',
    failed,
  });
  const tickets = Array.from({ length: period.tickets }, (_, n) => row(`T${period.day}-${n}`, null));
  const changes = Array.from({ length: CHANGES }, (_, n) => row(`C${period.day}-${n}`, n < period.failedChanges));
  await records.keep({ ...entry, id: newId('import'), kind: 'tickets', row_count: tickets.length }, tickets);
  await records.keep({ ...entry, id: newId('import'), kind: 'changes', row_count: changes.length }, changes);
}
