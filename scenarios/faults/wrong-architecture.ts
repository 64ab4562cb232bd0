import { objectFault } from './object-fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import { imageParameter, planRelease } from './released-image.ts';

/** A release was built on another kind of machine: the tag is there, and holds nothing for these nodes. */
export const wrongArchitecture = objectFault({
  id: 'wrong-architecture',
  title: 'Image of another architecture',
  symptom: 'Pods wait with ErrImagePull or ImagePullBackOff: no match for platform in manifest; the Service has no endpoints.',
  leavesBehind: 'The container’s image, the strategy and the change-cause are as before.',
  parameters: imageParameter('registry.lab/inference:1.6.0-arm64'),
  plan: (target, { image }) => planRelease(target, image),
  prove: (target) =>
    proveOutage(target, (pod) => statusesOf(pod).some(({ state }) => state?.waiting?.message?.includes('no match for platform') === true)),
});
