import { z } from 'zod';
import { faultSetSchema } from '../../infra/images/provider/faults.ts';
import { sleep } from '../../infra/cluster/meta/clock.ts';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import type { Verdict } from '../verdict.ts';
import { allOf, fail } from '../verdicts.ts';
import { httpRequestSchema, runHttpRequest } from './http-check.ts';

/**
 * Makes a provider fail, asks as a client would, and makes it well again: whether there is a way out is seen when it is needed and not before. The
 * provider ends the trial by itself, should this program not come to it.
 */
export const failoverCheckSchema = z.strictObject({
  ...checkFields,
  kind: z.literal('failover'),
  /** By its name in lab.yaml, and what is the matter with it meanwhile. */
  provider: z.string().min(1),
  faults: faultSetSchema,
  /** Each is made so often, one after the other; all must come out as expected. */
  rounds: z.int().min(1).max(20).default(3),
  requests: z.array(httpRequestSchema).min(1).max(10),
});

export type FailoverCheck = z.infer<typeof failoverCheckSchema>;

const TRIAL_MS = 60_000;
/** Between rounds, so that a gateway that gives a failed deployment time to recover is seen while it does. */
const PAUSE_MS = 300;

export async function runFailoverCheck(check: FailoverCheck, context: CheckContext): Promise<Verdict> {
  const { provider, faults, rounds } = check;
  const { providers, clock, signal } = context;
  const verdicts: Verdict[] = [];
  await providers.order(provider, { action: 'tryFaults', faults, forMs: TRIAL_MS });
  try {
    for (let round = 0; round < rounds && verdicts.every(({ kind }) => kind === 'pass'); round += 1) {
      if (round > 0) await sleep(clock, PAUSE_MS, signal);
      verdicts.push(...(await Promise.all(check.requests.map((request) => runHttpRequest(request, context)))));
    }
  } finally {
    await providers.order(provider, { action: 'tryFaults', faults: {}, forMs: 1 });
  }
  const outcome = allOf(verdicts);
  const told = observe(context, 'note', `While ${provider} failed (${Object.keys(faults).join(', ')}).`);
  const evidence = [told, ...outcome.evidence];
  return outcome.kind === 'fail' ? fail(`While ${provider} failed: ${outcome.reason}`, evidence) : { ...outcome, evidence };
}
