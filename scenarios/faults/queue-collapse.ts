import { z } from 'zod';
import { sendBurst } from './burst-load.ts';
import { atComponent, componentSchema } from './component.ts';
import type { FaultTarget } from './fault.ts';
import { objectFault } from './object-fault.ts';
import { proveServing } from './released-image.ts';
import { planRollout, requireServing, withFlag } from './template-change.ts';

/** Short, because they are answered one by one, and long enough for all ten to meet. */
const BURST = { count: 10, sentences: 2, answerTokens: 4 };

const parameters = z.strictObject({
  maxNumSeqs: z.int().min(1).max(4).default(1),
  maxQueued: z.int().min(0).max(4).default(2),
  /** An inference server behind the lab's endpoint, with the model that it serves; the endpoint itself where left out. */
  at: componentSchema.extend({ model: z.string().min(1) }).optional(),
});

function place(target: FaultTarget, { at }: z.infer<typeof parameters>): FaultTarget {
  if (at === undefined) return target;
  const component = atComponent(target, at);
  return { ...component, endpoint: { ...component.endpoint, model: at.model } };
}

/** Batching is all but switched off: one request at a time, a short queue, and the rest is sent away. */
export const queueCollapse = objectFault({
  id: 'queue-collapse',
  title: 'Queue collapse',
  symptom:
    'Alone, a request is answered; under ordinary traffic vllm:num_requests_waiting is at its limit and clients get 429: the waiting queue is full.',
  leavesBehind: 'The container’s arguments, the strategy and the change-cause are as before.',
  parameters,
  place,
  plan: async (target, { maxNumSeqs, maxQueued }) => [
    planRollout(await requireServing(target), {
      container: (container) => ({
        ...container,
        args: withFlag(withFlag(container.args, '--max-num-seqs', maxNumSeqs), '--max-queued-requests', maxQueued),
      }),
      cause: 'stability: no two requests may disturb each other',
    }),
  ],
  prove: (target) =>
    proveServing(target, async () => {
      const { results } = await sendBurst(target, BURST);
      const refused = results.filter(
        (result) => result.kind === 'answered' && result.status === 429 && /queue is full/.test(result.body),
      ).length;
      const answered = results.filter((result) => result.kind === 'answered' && result.status === 200).length;
      const seen = `Of ${BURST.count} requests ${answered} were answered and ${refused} refused, because the queue was full.`;
      return refused > 0 && answered > 0 ? { live: true, seen } : { live: false, reason: seen };
    }),
});
