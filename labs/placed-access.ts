import type { ChaosName } from '../infra/chaos/chaos-client.ts';
import type { SandboxPlace } from '../infra/substrate/sandbox-place.ts';
import type { RunInPod } from '../grader/pod-exec.ts';
import type { OpenInPod } from '../grader/pod-session.ts';
import { placedNamespace } from './placed-objects.ts';
import type { SandboxChaos } from './sandbox.ts';

/** Commands in pods of ours, wherever those lie in this place. */
export function placedRun(run: RunInPod, place: SandboxPlace): RunInPod {
  return (command) => run({ ...command, namespace: placedNamespace(command.namespace, place) });
}

export function placedSessions(open: OpenInPod, place: SandboxPlace): OpenInPod {
  return (program, events) => open({ ...program, namespace: placedNamespace(program.namespace, place) }, events);
}

/** Experiments lie in the hidden namespace; the pods that they are about are named by the lab's own. */
export function placedChaos(chaos: SandboxChaos, place: SandboxPlace): SandboxChaos {
  const placed = <T extends Pick<ChaosName, 'namespace'>>(named: T): T => ({
    ...named,
    namespace: placedNamespace(named.namespace, place),
  });
  return {
    isServed: () => chaos.isServed(),
    create: (wanted) => chaos.create(placed(wanted)),
    list: (kind, namespace, labelSelector) => chaos.list(kind, placedNamespace(namespace, place), labelSelector),
    awaitInjected: (kind, name) => chaos.awaitInjected(kind, placed(name)),
    delete: (kind, name) => chaos.delete(kind, placed(name)),
    deleteAll: (namespace, labelSelector) => chaos.deleteAll(placedNamespace(namespace, place), labelSelector),
  };
}
