import { z } from 'zod';
import type { Node, Pod } from '../../infra/cluster/meta/generated/types.ts';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import { gpusOf } from '../gpus.ts';
import { findMismatch } from '../partial-match.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass } from '../verdicts.ts';
import { fetchWorkload } from '../workload.ts';
import { patternSchema } from './object-check.ts';

/** Where the pods behind the Service run: on nodes that match `node`, each granted so many GPUs. Who runs somewhere by luck has no grant. */
export const placementCheckSchema = z.strictObject({
  ...checkFields,
  kind: z.literal('placement'),
  /** A partial pattern for the Node objects. */
  node: patternSchema,
  gpus: z.strictObject({ atLeast: z.int().min(0).default(0), atMost: z.int().min(0) }),
  otherwise: z.string().optional(),
});

export type PlacementCheck = z.infer<typeof placementCheckSchema>;

export async function runPlacementCheck(check: PlacementCheck, context: CheckContext): Promise<Verdict> {
  const { objects, endpoint } = context;
  const [{ serving }, nodes] = await Promise.all([fetchWorkload(objects, endpoint), objects.list<Node>('Node')]);
  const pods = serving.flatMap(({ pod }) => pod ?? []);
  const seen = pods.map((pod) => ({ pod: pod.metadata.name, node: pod.spec?.nodeName, gpus: gpusOf(pod) }));
  const evidence = [observe(context, 'object', `${pods.length} pods behind the Service ${endpoint.service}.`, seen)];
  if (pods.length === 0)
    return fail(`No pod of the Deployment ${endpoint.deployment} stands behind the Service ${endpoint.service}.`, evidence);
  const misplaced = pods.map((pod) => findMisplacement(check, pod, nodes)).find((reason) => reason !== undefined);
  return misplaced === undefined ? pass(evidence) : fail(check.otherwise ?? misplaced, evidence);
}

/** What is wrong with where a pod runs, in words. Pure. */
function findMisplacement({ node: pattern, gpus }: PlacementCheck, pod: Pod, nodes: readonly Node[]): string | undefined {
  const { name } = pod.metadata;
  const node = nodes.find(({ metadata }) => metadata.name === pod.spec?.nodeName);
  if (node === undefined) return `The pod ${name} runs on no node that is known.`;
  const mismatch = findMismatch(node, pattern);
  if (mismatch !== undefined) return `The pod ${name} runs on the node ${node.metadata.name}, where ${mismatch.path} ${mismatch.message}.`;
  const granted = gpusOf(pod);
  if (granted < gpus.atLeast) return `The pod ${name} was granted ${granted} GPUs and should have ${gpus.atLeast}.`;
  return granted > gpus.atMost ? `The pod ${name} holds ${granted} GPUs; ${gpus.atMost} is the most that it may.` : undefined;
}
