import type { ContainerState } from '../../infra/cluster/meta/generated/types.ts';
import { objectFault } from './object-fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import { imageParameter, planRelease } from './released-image.ts';

/** A broken build: it ends while it starts. */
export const badRelease = objectFault({
  id: 'bad-release',
  title: 'Release that does not start',
  symptom: 'Containers end with Error (1) at once and go into CrashLoopBackOff; their log ends in an ImportError.',
  leavesBehind: 'The container’s image, the strategy and the change-cause are as before.',
  parameters: imageParameter('registry.lab/inference:1.5.2'),
  plan: (target, { image }) => planRelease(target, image),
  prove: (target) => proveOutage(target, (pod) => statusesOf(pod).some(({ state, lastState }) => hasFailed(state) || hasFailed(lastState))),
});

function hasFailed(state: ContainerState | undefined): boolean {
  return state?.terminated?.reason === 'Error' && state.terminated.exitCode === 1;
}
