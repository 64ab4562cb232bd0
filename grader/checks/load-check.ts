import { z } from 'zod';
import type { LoadReport } from '../../infra/images/prober/load-protocol.ts';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import type { Verdict } from '../verdict.ts';
import { fail, inconclusive, pass } from '../verdicts.ts';
import { runTraffic, trafficFields } from './traffic.ts';

const share = z.number().min(0).max(1);

/** What a run may cost and take, and how good it must be. What is absent is not looked at. */
const budgetsSchema = z.strictObject({
  /** Of the requests that were sent: those that got no answer. */
  failedShareAtMost: share.optional(),
  /** From the intended time of sending to the whole answer. */
  p95MsAtMost: z.number().positive().optional(),
  /** Of streams: to the first token. */
  firstTokenP95MsAtMost: z.number().positive().optional(),
  usdPerThousandRequestsAtMost: z.number().positive().optional(),
  /** Right answers among those that can be right or wrong. */
  qualityAtLeast: share.optional(),
  /** Of the answers: those that came from a cache. */
  cachedShareAtLeast: share.optional(),
  /** Answers that show that personal data reached the model. */
  leakedAtMost: z.int().min(0).optional(),
});

/**
 * Traffic as users make it, open loop: it does not wait for a server that stalls. The traffic is planned from a seed, a fresh one for every look unless
 * the check names one; so nobody can answer by heart.
 */
export const loadCheckSchema = z.strictObject({
  ...checkFields,
  ...trafficFields,
  kind: z.literal('load'),
  budgets: budgetsSchema.refine((budgets) => Object.keys(budgets).length > 0, 'must set at least one budget'),
});

export type LoadCheck = z.infer<typeof loadCheckSchema>;
export type Budgets = z.infer<typeof budgetsSchema>;

export async function runLoadCheck(check: LoadCheck, context: CheckContext): Promise<Verdict> {
  const wasBusy = context.watchMachine?.();
  const outcome = await runTraffic(check, context, check.budgets.qualityAtLeast);
  if (outcome.kind === 'absent') return fail(outcome.reason, [observe(context, 'note', outcome.reason)]);
  const { report } = outcome;
  const evidence = [observe(context, 'probe', summarise(report), report)];
  if (outcome.kind === 'busy') return inconclusive('The traffic could not be sent as it was planned; the platform was too busy.', evidence);
  const over = findExcess(check.budgets, report);
  if (over === undefined) return pass(evidence);
  const isSlow = report.sendLag.p95Ms > QUIET_LAG_P95_MS || wasBusy?.() === true;
  const isDoubtful = isSlow && findExcess(withoutTimes(check.budgets, report), report) === undefined;
  return isDoubtful ? inconclusive('The platform was too busy to tell how long an answer takes.', evidence) : fail(over, evidence);
}

/** On a machine that leaves the prober waiting for longer than this, answers too wait for the machine and not for the service alone. */
const QUIET_LAG_P95_MS = 75;

/** No answer at all: nobody said no. On a machine that is busy a program may just not have got to it; whether it is there is asked by others. */
const UNANSWERED: ReadonlySet<string> = new Set(['timeout', 'resolve', 'connect', 'reset']);

/** What does not depend on how fast the machine is. */
function withoutTimes(
  { p95MsAtMost: _p95, firstTokenP95MsAtMost: _firstToken, failedShareAtMost, ...rest }: Budgets,
  { failures }: LoadReport,
): Budgets {
  const isSilence = Object.entries(failures).every(([kind, count]) => UNANSWERED.has(kind) || count === 0);
  return isSilence || failedShareAtMost === undefined ? rest : { ...rest, failedShareAtMost };
}

function summarise({ sent, answered, endToEnd, cost, quality, cacheHits }: LoadReport): string {
  const right = quality === null ? '' : `, ${Math.round(quality * 100)}% right`;
  const money = `$${cost.usdPerThousandRequests.toFixed(3)} for 1,000 requests`;
  return `${answered} of ${sent} answered${right}, p95 ${Math.round(endToEnd.p95Ms)} ms, ${money}, ${cacheHits} from the cache.`;
}

/** The first budget that a run exceeds, in words; undefined when it keeps all. Pure. */
export function findExcess(budgets: Budgets, report: LoadReport): string | undefined {
  const { sent, answered, endToEnd, firstToken, cost, quality, cacheHits } = report;
  if (sent === 0) return 'No request was sent.';
  const leaked = Object.values(report.classes).reduce((sum, each) => sum + each.leaked, 0);
  const failedShare = (sent - answered) / sent;
  const cachedShare = answered === 0 ? 0 : cacheHits / answered;
  const above = (value: number, limit: number | undefined): boolean => limit !== undefined && value > limit;
  const below = (value: number, limit: number | undefined): boolean => limit !== undefined && value < limit;
  const excesses: readonly (readonly [isExceeded: boolean, text: string])[] = [
    [
      above(failedShare, budgets.failedShareAtMost),
      `${percent(failedShare)} of the requests failed (${describeFailures(report)}), ${percent(budgets.failedShareAtMost)} may.`,
    ],
    [
      above(endToEnd.p95Ms, budgets.p95MsAtMost),
      `The slowest twentieth waits ${Math.round(endToEnd.p95Ms)} ms or more; ${budgets.p95MsAtMost ?? 0} ms are allowed.`,
    ],
    [
      above(firstToken.p95Ms, budgets.firstTokenP95MsAtMost) || (budgets.firstTokenP95MsAtMost !== undefined && firstToken.count === 0),
      `The first token comes after ${Math.round(firstToken.p95Ms)} ms for the slowest twentieth; ${budgets.firstTokenP95MsAtMost ?? 0} ms are allowed.`,
    ],
    [
      budgets.usdPerThousandRequestsAtMost !== undefined && cost.unpricedTokens > 0,
      `What the answers cost cannot be told, because the price list does not know every model that gave them: ${Object.keys(report.models).join(', ')}.`,
    ],
    [
      above(cost.usdPerThousandRequests, budgets.usdPerThousandRequestsAtMost),
      `1,000 requests cost $${cost.usdPerThousandRequests.toFixed(3)}; the budget is $${(budgets.usdPerThousandRequestsAtMost ?? 0).toFixed(3)}.`,
    ],
    [
      below(quality ?? 0, budgets.qualityAtLeast),
      `${percent(quality ?? 0)} of the answers are right; ${percent(budgets.qualityAtLeast)} must be.`,
    ],
    [
      below(cachedShare, budgets.cachedShareAtLeast),
      `${percent(cachedShare)} of the answers come from the cache; ${percent(budgets.cachedShareAtLeast)} should.`,
    ],
    [above(leaked, budgets.leakedAtMost), `${leaked} answers show that personal data reached the model.`],
  ];
  return excesses.find(([isExceeded]) => isExceeded)?.[1];
}

function describeFailures({ failures }: LoadReport): string {
  const kinds = Object.entries(failures).filter(([, count]) => count > 0);
  return kinds.length === 0 ? 'without an answer' : kinds.map(([kind, count]) => `${count} × ${kind}`).join(', ');
}

function percent(value = 0): string {
  return `${Math.round(value * 100)}%`;
}
