import { resources, subresource } from '../client/resources.ts';
import type { ValidatingAdmissionPolicy } from '../meta/generated/types.ts';
import { awaitable, onSelf, startLoop, type ControllerContext } from './controller-context.ts';

/** Says of each ValidatingAdmissionPolicy that it has been looked at. Expressions are not checked against the types of what they match. */
export function startPolicyStatusController(context: ControllerContext): AsyncDisposable {
  const { api, informers } = context;
  const policies = informers.informer<ValidatingAdmissionPolicy>(resources.validatingAdmissionPolicies);

  async function reconcile(name: string): Promise<undefined> {
    const policy = policies.get(name);
    const observedGeneration = policy?.metadata.generation ?? 0;
    if (policy === undefined || policy.status?.observedGeneration === observedGeneration) return undefined;
    const status = { ...policy.status, observedGeneration, typeChecking: {} };
    await api.update<ValidatingAdmissionPolicy>(subresource(resources.validatingAdmissionPolicies, 'status'), { ...policy, status });
    return undefined;
  }

  return startLoop(context, {
    name: 'validatingadmissionpolicy-status',
    workers: 1,
    waitFor: [awaitable(policies)],
    watch: (queue) => [onSelf(policies, queue)],
    reconcile,
  });
}
