import { completionCheckSchema, runCompletionCheck, type CompletionCheck } from '../../grader/checks/completion-check.ts';
import { describePod, fetchWorkload } from '../../grader/workload.ts';
import type { ContainerStatus, Pod } from '../../infra/cluster/meta/generated/types.ts';
import type { FaultTarget, Proof } from './fault.ts';

/**
 * Proof of an outage: some pod of the workload shows the sign, none is ready behind the Service, and a client with the right credentials gets no
 * answer. The sign alone would also be there during a rollout that hurts nobody.
 */
export async function proveOutage(target: FaultTarget, showsSign: (pod: Pod) => boolean): Promise<Proof> {
  const { pods, serving } = await fetchWorkload(target.objects, target.endpoint);
  const sick = pods.find(showsSign);
  if (sick === undefined)
    return { live: false, reason: `No pod shows the sign yet: ${pods.map(describePod).join('; ') || 'there is no pod'}.` };
  if (serving.length > 0) return { live: false, reason: `${serving.length} pods are still behind the Service.` };
  const answers = await runCompletionCheck(question, target);
  if (answers.kind !== 'fail') return { live: false, reason: answers.kind === 'pass' ? 'The endpoint still answers.' : answers.reason };
  return { live: true, seen: `Pod ${sick.metadata.name} is ${describePod(sick)}; nobody gets an answer.` };
}

const question: CompletionCheck = completionCheckSchema.parse({
  kind: 'completion',
  ask: 'echo',
  title: 'The endpoint answers',
  explain: 'A client with the right credentials gets an answer.',
  dimension: 'observability-reliability',
});

export function statusesOf(pod: Pod): readonly ContainerStatus[] {
  return pod.status?.containerStatuses ?? [];
}
