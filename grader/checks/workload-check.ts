import { z } from 'zod';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass, type Sample } from '../verdicts.ts';
import { fetchWorkload, type Workload } from '../workload.ts';
import { fetchKeyFacts, findBoundFault } from '../workload-bounds.ts';

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
  /** The Deployment is as it was in the baseline: what was never broken needs no mending. */
  z.strictObject({ of: z.literal('untouched') }),
]);

const MAX_PODS_SHOWN = 10;

export type WorkloadDemand = z.infer<typeof demandSchema>;

export const workloadCheckSchema = z.strictObject({ ...checkFields, kind: z.literal('workload'), demand: demandSchema });

export type WorkloadCheck = z.infer<typeof workloadCheckSchema>;

/**
 * A sample that remembers: replicas that are the same from look to look but were restarted in between have failed in between, even where every look by
 * chance found them up.
 */
export function startWorkloadCheck(check: WorkloadCheck, context: CheckContext): Sample {
  let livesBefore: string | undefined;
  return async () => {
    const workload = await fetchWorkload(context.objects, context.endpoint);
    const verdict = await judgeWorkload(check, context, workload);
    const lives = livesOf(workload);
    const isSteady = livesBefore === undefined || livesBefore === lives;
    livesBefore = lives;
    if (check.demand.of !== 'replicas' || verdict.kind !== 'pass' || isSteady) return verdict;
    return fail('A replica was restarted or replaced while it was watched.', verdict.evidence);
  };
}

async function judgeWorkload(check: WorkloadCheck, context: CheckContext, workload: Workload): Promise<Verdict> {
  const { endpoint, objects, credentials, baseline } = context;
  const key = check.demand.of === 'key' ? await fetchKeyFacts(objects, endpoint, credentials) : undefined;
  const evidence = [
    observe(context, 'object', summarise(workload, endpoint), describeForEvidence(workload)),
    ...(baseline === undefined ? [] : [observe(context, 'baseline', 'The healthy state before the fault.', baseline)]),
  ];
  const fault = findBoundFault(check.demand, { workload, endpoint, baseline, key });
  return fault === undefined ? pass(evidence) : fail(fault, evidence);
}

function summarise({ deployment, serving }: Workload, endpoint: Endpoint): string {
  if (deployment === undefined) return `There is no Deployment ${endpoint.deployment}.`;
  const ready = `${deployment.status?.readyReplicas ?? 0} of ${deployment.spec?.replicas ?? 1} ready`;
  return `Deployment ${endpoint.deployment}: ${ready}, ${serving.length} behind the Service.`;
}

function describeForEvidence({ deployment, pods, serving }: Workload): object {
  const shown = pods.slice(0, MAX_PODS_SHOWN).map(({ metadata, status }) => ({ name: metadata.name, status }));
  return { deployment, pods: shown, serving: serving.map(({ address }) => address) };
}

/** Which pods there are to stay, and how often each was restarted. Those that end, as after a rollout, may take their time and are nobody's failure. */
function livesOf({ pods }: Workload): string {
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const lives = staying.map(({ metadata, status }) => {
    const restarts = (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
    return `${metadata.uid ?? metadata.name}:${restarts}`;
  });
  return lives.sort().join(' ');
}
