import { z } from 'zod';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass } from '../verdicts.ts';
import { fetchWorkload } from '../workload.ts';
import { findBoundFault, fetchKeyFacts, type KeyFacts } from '../workload-bounds.ts';

/** What a fix may not fall short of; each is a check of its own, so that each says its own why. */
const demandSchema = z.discriminatedUnion('of', [
  /** As many replicas as the baseline (or `atLeast`), wanted and ready. */
  z.strictObject({ of: z.literal('replicas'), atLeast: z.int().min(1).optional() }),
  /** Only the Deployment's own ready pods, running allowed images, stand behind the Service. */
  z.strictObject({ of: z.literal('serving'), images: z.array(z.string()).min(1) }),
  /** Every container limits its memory, the serving one to at most this; CPU and memory are requested. */
  z.strictObject({ of: z.literal('resources'), memoryAtMost: z.string() }),
  /** Readiness and liveness look at the paths given, no slower than `detectWithinSeconds` or twice the baseline. */
  z.strictObject({ of: z.literal('probes'), paths: z.array(z.string()).min(1), detectWithinSeconds: z.number().positive() }),
  /** The API key comes from a Secret, has the agreed form, and stands nowhere in clear text. */
  z.strictObject({ of: z.literal('key') }),
]);

export type WorkloadDemand = z.infer<typeof demandSchema>;

export const workloadCheckSchema = z.strictObject({ ...checkFields, kind: z.literal('workload'), demand: demandSchema });

export type WorkloadCheck = z.infer<typeof workloadCheckSchema>;

export async function runWorkloadCheck(check: WorkloadCheck, context: CheckContext): Promise<Verdict> {
  const { endpoint, objects, credentials, baseline } = context;
  const [workload, key] = await Promise.all([
    fetchWorkload(objects, endpoint),
    check.demand.of === 'key' ? fetchKeyFacts(objects, endpoint, credentials) : Promise.resolve<KeyFacts | undefined>(undefined),
  ]);
  const { deployment, pods, serving } = workload;
  const summary =
    deployment === undefined
      ? `There is no Deployment ${endpoint.deployment}.`
      : `Deployment ${endpoint.deployment}: ${deployment.status?.readyReplicas ?? 0} of ${deployment.spec?.replicas ?? 1} ready, ${serving.length} behind the Service.`;
  const evidence = [
    observe(context, 'object', summary, {
      deployment,
      pods: pods.slice(0, 10).map(({ metadata, status }) => ({ name: metadata.name, status })),
      serving: serving.map(({ address }) => address),
    }),
    ...(baseline === undefined ? [] : [observe(context, 'baseline', 'The healthy state before the fault.', baseline)]),
  ];
  const fault = findBoundFault(check.demand, { workload, endpoint, baseline, key });
  return fault === undefined ? pass(evidence) : fail(fault, evidence);
}
