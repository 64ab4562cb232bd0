import { objectFault } from './object-fault.ts';
import { imageParameter, planRelease } from './released-image.ts';
import { proveSlow } from './slow-answers.ts';

/** A release that answers rightly, stays healthy and takes three times as long. */
export const latencyRegression = objectFault({
  id: 'latency-regression',
  title: 'Latency regression',
  symptom: 'Pods are ready and answers are right; vllm:inter_token_latency_seconds and time_to_first_token are a multiple of before.',
  leavesBehind: 'The container’s image, the strategy and the change-cause are as before.',
  parameters: imageParameter('registry.lab/inference:1.5.0'),
  plan: (target, { image }) => planRelease(target, image),
  prove: proveSlow,
});
