import type { z } from 'zod';
import { fetchWorkload } from '../../grader/workload.ts';
import { applyChanges, undoChanges, type Change } from './changes.ts';
import type { Fault, FaultTarget, Proof } from './fault.ts';

interface ObjectFaultSpec<P extends z.ZodType> extends Pick<Fault, 'id' | 'title' | 'symptom' | 'leavesBehind'> {
  readonly parameters: P;
  /** Reads and decides; writes nothing. */
  readonly plan: (target: FaultTarget, parameters: z.infer<P>) => Promise<readonly Change[]>;
  /** When the workload's pods are started anew, because what runs would not take the change up. */
  readonly restartsPods?: 'after injection' | 'always';
  readonly prove: (target: FaultTarget) => Promise<Proof>;
  /** Where it strikes, by what a lab gave; the endpoint where left out. */
  readonly place?: (target: FaultTarget, parameters: z.infer<P>) => FaultTarget;
}

/** A fault that consists of changed objects, which is most of what goes wrong on Kubernetes. */
export function objectFault<P extends z.ZodType>(spec: ObjectFaultSpec<P>): Fault {
  const { plan, restartsPods, prove, place, ...rest } = spec;
  const placed = (target: FaultTarget, given: unknown): FaultTarget => place?.(target, spec.parameters.parse(given ?? {})) ?? target;
  return {
    ...rest,
    async inject(target, parameters) {
      const settings = spec.parameters.parse(parameters);
      const at = placed(target, settings);
      await applyChanges(at, spec.id, () => plan(at, settings));
      if (restartsPods !== undefined) await restartPods(at);
      return place === undefined ? null : settings;
    },
    prove: (target, data) => prove(placed(target, data)),
    async recover(target, data) {
      const at = placed(target, data);
      await undoChanges(at, spec.id);
      if (restartsPods === 'always') await restartPods(at);
    },
  };
}

/** All at once, as somebody in a hurry would. */
export async function restartPods(target: FaultTarget): Promise<void> {
  const { pods } = await fetchWorkload(target.objects, target.endpoint);
  const { namespace } = target.endpoint;
  await Promise.all(
    pods.map(({ metadata }) => target.objects.remove({ kind: 'Pod', namespace, name: metadata.name }, { graceSeconds: 1 })),
  );
}
