import { completionCheckSchema, runCompletionCheck, type CompletionCheck } from '../../grader/checks/completion-check.ts';
import { describePod, fetchWorkload, type Workload } from '../../grader/workload.ts';
import type { ContainerStatus, Pod } from '../../infra/cluster/meta/generated/types.ts';
import type { FaultTarget, Proof } from './fault.ts';

/** What a fault looks for in the workload: what it saw, in words, or why it is not live yet. */
export type Sign = (workload: Workload) => { readonly seen: string } | { readonly notYet: string };

/**
 * Proof that clients are hurt: the sign shows, and a client with the right credentials gets no answer. The sign alone would also be there during a
 * rollout that hurts nobody.
 */
export async function proveUnanswered(target: FaultTarget, sign: Sign): Promise<Proof> {
  const shown = sign(await fetchWorkload(target.objects, target.endpoint));
  if ('notYet' in shown) return { live: false, reason: shown.notYet };
  const answers = await askAsClient(target);
  if (answers.kind !== 'fail') return { live: false, reason: answers.kind === 'pass' ? 'The endpoint still answers.' : answers.reason };
  return { live: true, seen: `${shown.seen}; nobody gets an answer.` };
}

/** Proof of an outage: some pod of the workload shows the sign, none is ready behind the Service, and nobody gets an answer. */
export function proveOutage(target: FaultTarget, showsSign: (pod: Pod) => boolean): Promise<Proof> {
  return proveUnanswered(target, ({ pods, serving }) => {
    const sick = pods.find(showsSign);
    if (sick === undefined) return { notYet: `No pod shows the sign yet: ${pods.map(describePod).join('; ') || 'there is no pod'}.` };
    if (serving.length > 0) return { notYet: `${serving.length} pods are still behind the Service.` };
    return { seen: `Pod ${sick.metadata.name} is ${describePod(sick)}` };
  });
}

/** Proof that the pods are well and yet clients get no answer: health is green and the service is down. */
export function proveGreenOutage(target: FaultTarget): Promise<Proof> {
  return proveUnanswered(target, ({ pods, serving }) =>
    serving.length === 0
      ? { notYet: `No pod is behind the Service yet: ${pods.map(describePod).join('; ') || 'there is no pod'}.` }
      : { seen: `${serving.length} pods are ready behind the Service` },
  );
}

/** Whether a client with the right credentials gets an answer. */
export function askAsClient(target: FaultTarget): ReturnType<typeof runCompletionCheck> {
  return runCompletionCheck(question, target);
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
