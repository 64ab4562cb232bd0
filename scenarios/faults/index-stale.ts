import { z } from 'zod';
import { PlatformError } from '../../grader/platform-error.ts';
import type { ConfigMap } from '../../infra/cluster/meta/generated/types.ts';
import { componentFault, retrievalComponent } from './component.ts';
import type { FaultTarget } from './fault.ts';
import { fetchIndex, reindex, requireVolume, searchFor, settleUntil } from './retrieval-calls.ts';

/** The facts change, and nobody builds the index anew: what the assistant says was true yesterday. */
export const indexStale = componentFault({
  id: 'index-stale',
  title: 'Index stale',
  symptom: 'Answers state the old fact; retrieval_index_stale_documents is above 0, and /index names the documents.',
  leavesBehind: 'The documents are as before, and the index was built from them.',
  component: retrievalComponent,
  parameters: {
    /** The entry of the ConfigMap with the documents in which a fact changes. */
    document: z.string().min(1),
    from: z.string().min(1).max(500),
    to: z.string().min(1).max(500),
  },
  plan: async (target, { document, from, to }) => {
    const { configMap } = await requireVolume(target, 'DOCUMENTS_DIR', '/documents');
    const ref = { kind: 'ConfigMap', namespace: target.endpoint.namespace, name: configMap?.name ?? '' };
    const text = (await target.objects.find<ConfigMap>(ref))?.data?.[document];
    if (text?.includes(from) !== true)
      throw new PlatformError('ApiFailed', `No ConfigMap that the workload mounts has a document ${document} that states ${from}.`);
    return [{ kind: 'patch', ref, patch: { data: { [document]: text.replaceAll(from, to) } } }];
  },
  prove: async (target, { document, from, to }) => {
    const index = await fetchIndex(target);
    if (index?.staleDocuments?.includes(document) !== true)
      return { live: false, reason: `The index knows ${document} as it is, or there is none (${index?.state ?? 'no answer'}).` };
    const found = await searchFor(target, from);
    const texts = found.kind === 'found' ? found.results.map(({ text }) => text) : [];
    return texts.some((text) => text.includes(from)) && !texts.some((text) => text.includes(to))
      ? { live: true, seen: `${document} has changed, and searches find what it said before.` }
      : { live: false, reason: 'Searches do not find the old fact.' };
  },
  settle: awaitOldFacts,
});

/**
 * The old documents reach the pod some time after they are back. An index that the trainee had built from the new ones is stale from then on, and
 * built once more; any other one is fresh from then on.
 */
async function awaitOldFacts(target: FaultTarget, before: 'live' | 'mended'): Promise<void> {
  await settleUntil(target, async () => {
    const stale = (await fetchIndex(target))?.staleDocuments;
    // A service that is gone or has no index has nothing to settle.
    if (stale === undefined) return true;
    if (before === 'live') return stale.length === 0;
    if (stale.length > 0) await reindex(target);
    return stale.length > 0;
  });
}
