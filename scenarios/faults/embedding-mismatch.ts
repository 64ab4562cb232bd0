import { z } from 'zod';
import { componentFault, retrievalComponent } from './component.ts';
import type { FaultTarget } from './fault.ts';
import { proveServing } from './released-image.ts';
import { reindex, searchFor, settleUntil } from './retrieval-calls.ts';
import { planRollout, requireServing } from './template-change.ts';

/** The embedding model is exchanged for a better one; the index is still the old one's. Takes hold where the index outlives its pods. */
export const embeddingMismatch = componentFault({
  id: 'embedding-mismatch',
  title: 'Embedding mismatch',
  symptom: 'The service runs and answers 503 index_mismatch, naming both models; retrieval_index_available is 0.',
  leavesBehind:
    'The container’s environment, the strategy and the change-cause are as before; an index that was built anew meanwhile is built back.',
  component: retrievalComponent,
  parameters: {
    model: z.string().min(1).max(200).default('words-384'),
    /** Of the server that has the model, where it is another one. */
    url: z.url({ protocol: /^https?$/ }).optional(),
  },
  plan: async (target, { model, url }) => {
    const variables = { EMBEDDING_MODEL: model, ...(url === undefined ? {} : { EMBEDDING_URL: url }) };
    return [
      planRollout(await requireServing(target), {
        container: ({ env = [], ...container }) => ({
          ...container,
          env: [
            ...env.filter(({ name }) => !Object.hasOwn(variables, name)),
            ...Object.entries(variables).map(([name, value]) => ({ name, value })),
          ],
        }),
        cause: `better search: ${model}`,
      }),
    ];
  },
  prove: async (target) => {
    const outcome = await searchFor(target, 'anything');
    return outcome.kind === 'refused' && outcome.code === 'index_mismatch'
      ? { live: true, seen: outcome.message }
      : { live: false, reason: `Searches are not refused for a mismatch: ${outcome.kind === 'refused' ? outcome.code : outcome.kind}.` };
  },
  settle: async (target, before) => {
    if (before === 'mended') await rebuildIndex(target);
  },
});

/** An index that was built with the exchanged model is of no use to the former one, which comes back with its pods. */
async function rebuildIndex(target: FaultTarget): Promise<void> {
  await settleUntil(target, async () => {
    const isBack = await proveServing(target, () => Promise.resolve({ live: true, seen: '' }));
    if (!isBack.live) return false;
    const outcome = await searchFor(target, 'anything');
    if (outcome.kind === 'refused' && outcome.code === 'index_mismatch') await reindex(target);
    return outcome.kind === 'found';
  });
}
