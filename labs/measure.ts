import { z } from 'zod';
import { atPart, type CheckContext } from '../grader/check-context.ts';
import { durationSchema } from '../grader/check-fields.ts';
import type { CheckSpec } from '../grader/check-spec.ts';
import type { Budgets, LoadCheck } from '../grader/checks/load-check.ts';
import { runTraffic, type TrafficOutcome } from '../grader/checks/traffic.ts';
import type { LoadReport } from '../infra/images/prober/load-protocol.ts';
import type { LabFile } from './lab-schema.ts';
import type { LabProblem, LabWorkload, MeasuredFigures, Percentiles, WorkloadMeasurement } from './lab-stage.ts';
import type { ToProblem } from './schema-problems.ts';

const checkId = z.string().min(1);

/**
 * A workload that a trainee may have measured at any time, by the same prober and with the same traffic as the verdict's: that of the first of the
 * `checks`, all of the kind load. What the budgets of all of them allow is told as the aim; so none of them may be hidden.
 */
export const workloadSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be of small letters, digits and dashes'),
  title: z.string().min(1).max(60),
  checks: z.array(checkId).min(1).max(4),
  /** That of the first check where left out. */
  duration: durationSchema.optional(),
});

type Workload = z.infer<typeof workloadSchema>;

/** What the lab offers to measure, and what is aimed at. Pure. */
export function offerWorkloads({ measure, checks }: LabFile): readonly LabWorkload[] {
  return measure.map((workload) => ({ id: workload.id, title: workload.title, aims: aimsOf(workload, checks) }));
}

function aimsOf({ checks: ids }: Workload, checks: LabFile['checks']): Budgets {
  return Object.assign({}, ...loadsOf(ids, checks).map(({ budgets }) => budgets)) as Budgets;
}

function loadsOf(ids: readonly string[], checks: LabFile['checks']): readonly LoadCheck[] {
  return ids.flatMap((id) => {
    const check: CheckSpec | undefined = checks[id];
    return check?.kind === 'load' ? [check] : [];
  });
}

/** Measures all workloads one after the other, because each would take the others' room. */
export async function measureWorkloads(lab: LabFile, context: CheckContext): Promise<readonly WorkloadMeasurement[]> {
  const measured: WorkloadMeasurement[] = [];
  for (const workload of lab.measure) {
    const aims = aimsOf(workload, lab.checks);
    const [load] = loadsOf(workload.checks, lab.checks);
    if (load === undefined) continue;
    const { id, title, duration = load.duration } = workload;
    const outcome = await runTraffic({ ...load, duration }, atPart(context, load.part), aims.qualityAtLeast);
    measured.push({ id, title, aims, ...describeOutcome(outcome) });
  }
  return measured;
}

function describeOutcome(outcome: TrafficOutcome): Pick<WorkloadMeasurement, 'figures' | 'remark'> {
  switch (outcome.kind) {
    case 'absent':
      return { figures: null, remark: outcome.reason };
    case 'busy':
      return { figures: figuresOf(outcome.report), remark: 'The platform was busy: times are longer than they would be. Measure again.' };
    case 'measured':
      return { figures: figuresOf(outcome.report), remark: null };
  }
}

function figuresOf({ sent, answered, failures, endToEnd, firstToken, cost, cacheHits, quality }: LoadReport): MeasuredFigures {
  const isPriced = answered > 0 && cost.unpricedTokens === 0;
  return {
    requests: sent,
    answered,
    failures: Object.fromEntries(Object.entries(failures).filter(([, count]) => count > 0)),
    usdPerThousandRequests: isPriced ? cost.usdPerThousandRequests : null,
    endToEndMs: endToEnd.count === 0 ? null : percentiles(endToEnd),
    firstTokenMs: firstToken.count === 0 ? null : percentiles(firstToken),
    cacheHits,
    quality,
  };
}

function percentiles({ p50Ms, p95Ms, p99Ms }: LoadReport['endToEnd']): Percentiles {
  return { p50: Math.round(p50Ms), p95: Math.round(p95Ms), p99: Math.round(p99Ms) };
}

/** What of a measurement does not reach its aim, in words; empty when all does. Pure. */
export function findMisses({ title, aims, figures, remark }: WorkloadMeasurement): readonly string[] {
  if (figures === null) return [`${title}: ${remark ?? 'nothing was measured'}`];
  const { usdPerThousandRequests, endToEndMs, firstTokenMs, quality, requests, answered, cacheHits } = figures;
  const over = (name: string, value: number | null | undefined, most: number | undefined): readonly string[] =>
    most === undefined || (value ?? Infinity) <= most ? [] : [`${title}: ${name} is ${value ?? 'unknown'}, at most ${most} is aimed at`];
  const under = (name: string, value: number | null, least: number | undefined): readonly string[] =>
    least === undefined || (value ?? 0) >= least ? [] : [`${title}: ${name} is ${value ?? 'unknown'}, at least ${least} is aimed at`];
  return [
    ...over('the cost of 1,000 requests', usdPerThousandRequests, aims.usdPerThousandRequestsAtMost),
    ...over('p95', endToEndMs?.p95, aims.p95MsAtMost),
    ...over('p95 to the first token', firstTokenMs?.p95, aims.firstTokenP95MsAtMost),
    ...over('the share that failed', requests === 0 ? null : (requests - answered) / requests, aims.failedShareAtMost),
    ...under('quality', quality, aims.qualityAtLeast),
    ...under('the share from the cache', answered === 0 ? null : cacheHits / answered, aims.cachedShareAtLeast),
  ];
}

/** Workloads whose checks cannot be measured, or would tell what is hidden. */
export function findMeasureProblems(lab: LabFile, problem: ToProblem): readonly LabProblem[] {
  return lab.measure.flatMap(({ checks }, index) =>
    checks.flatMap((id, at) => {
      const check = lab.checks[id];
      const path = ['measure', index, 'checks', at];
      if (check === undefined) return [];
      if (check.kind !== 'load')
        return [problem(path, `The check ${id} is of kind ${check.kind}, which sends no traffic.`, 'Name one of kind load.')];
      return check.hidden
        ? [problem(path, `The check ${id} is hidden, and a measurement would tell what it asks for.`, 'Name one that is not hidden.')]
        : [];
    }),
  );
}
