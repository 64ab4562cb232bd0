import { z } from 'zod';
import { imageReferenceSchema } from '../../infra/images/catalogue.ts';
import type { Fault } from './fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import { requireServing, rollOutChange, takeBackChange } from './template-change.ts';

const parametersSchema = z.strictObject({ image: imageReferenceSchema });
const pullFailures: readonly string[] = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'];

/** A release names an image that the registry does not hold. */
export const badImage: Fault = {
  id: 'bad-image',
  title: 'Bad image',
  symptom: 'Pods wait with ErrImagePull or ImagePullBackOff; the Service has no endpoints.',
  leavesBehind: 'The Deployment’s template, strategy and change-cause are as before.',
  parameters: parametersSchema,
  async inject(target, parameters) {
    const { image } = parametersSchema.parse(parameters);
    const { deployment, container } = await requireServing(target);
    return rollOutChange(target, deployment, { name: container.name, image }, `release train: ${image}`);
  },
  prove: (target) => proveOutage(target, (pod) => statusesOf(pod).some(({ state }) => pullFailures.includes(state?.waiting?.reason ?? ''))),
  recover: takeBackChange,
};
