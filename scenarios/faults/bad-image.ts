import { z } from 'zod';
import { imageReferenceSchema } from '../../infra/images/catalogue.ts';
import { objectFault } from './object-fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import { planRollout, requireServing } from './template-change.ts';

const pullFailures: readonly string[] = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'];

/** A release names an image that the registry does not hold. */
export const badImage = objectFault({
  id: 'bad-image',
  title: 'Bad image',
  symptom: 'Pods wait with ErrImagePull or ImagePullBackOff; the Service has no endpoints.',
  leavesBehind: 'The container’s image, the strategy and the change-cause are as before.',
  parameters: z.strictObject({ image: imageReferenceSchema }),
  plan: async (target, { image }) => [
    planRollout(await requireServing(target), { container: (container) => ({ ...container, image }), cause: `release train: ${image}` }),
  ],
  prove: (target) => proveOutage(target, (pod) => statusesOf(pod).some(({ state }) => pullFailures.includes(state?.waiting?.reason ?? ''))),
});
