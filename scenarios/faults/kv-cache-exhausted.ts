import { z } from 'zod';
import { sampleOf, sendBurst } from './burst-load.ts';
import { objectFault } from './object-fault.ts';
import { proveServing } from './released-image.ts';
import { planRollout, requireServing, withFlag } from './template-change.ts';

const PREEMPTIONS = 'vllm:num_preemptions_total';
/** The cache fills by what is read and written: prompts of 200 to 400 tokens, and answers that grow into what is left. */
const BURST = { count: 12, sentences: 25, answerTokens: 24 };

/** Memory is saved where the conversations live: a few of them fill the cache, and throw each other out to begin again. */
export const kvCacheExhausted = objectFault({
  id: 'kv-cache-exhausted',
  title: 'KV cache exhausted',
  symptom:
    'Under ordinary traffic vllm:kv_cache_usage_perc is near 1, requests wait and vllm:num_preemptions_total grows; alone, a request is as fast as ever.',
  leavesBehind: 'The container’s arguments, the strategy and the change-cause are as before.',
  /** The server does not start with a context that its cache could not hold. Small enough to show with two replicas at eight requests at once. */
  parameters: z.strictObject({
    kvCache: z
      .string()
      .regex(/^\d+Mi$/)
      .default('4Mi'),
    maxModelLen: z.int().min(512).max(8_192).default(1_024),
  }),
  plan: async (target, { kvCache, maxModelLen }) => [
    planRollout(await requireServing(target), {
      container: (container) => ({
        ...container,
        args: withFlag(withFlag(container.args, '--kv-cache-memory-bytes', kvCache), '--max-model-len', maxModelLen),
      }),
      cause: 'savings: less memory for idle conversations',
    }),
  ],
  prove: (target) =>
    proveServing(target, async () => {
      const { metrics } = await sendBurst(target, BURST);
      const preemptions = sampleOf(metrics, PREEMPTIONS);
      if (preemptions === undefined) return { live: false, reason: 'The endpoint shows no metrics.' };
      return preemptions > 0
        ? { live: true, seen: `${preemptions} requests had to give up their cache to others and begin again.` }
        : { live: false, reason: 'No request had to give up its cache.' };
    }),
});
