import { z } from 'zod';
import type { ConfigMap } from '../../infra/cluster/meta/generated/types.ts';
import { PlatformError } from '../../grader/platform-error.ts';
import type { FaultTarget } from './fault.ts';
import { objectFault } from './object-fault.ts';
import { proveGreenOutage } from './outage.ts';
import { requireServing } from './template-change.ts';

/** Somebody edits the live ConfigMap: the server offers its model under another name after its next start. */
export const configDrift = objectFault({
  id: 'config-drift',
  title: 'Configuration drift',
  symptom: 'Pods are ready, and answer 404 for the model that clients ask for; no rollout shows in the history.',
  leavesBehind: 'The ConfigMap is as before, and the pods run with it.',
  parameters: z.strictObject({}),
  plan: async (target) => {
    const { map, entry, text } = await requireModelConfig(target);
    const ref = { kind: 'ConfigMap', namespace: target.endpoint.namespace, name: map };
    return [{ kind: 'patch', ref, patch: { data: { [entry]: renameModel(text, target.endpoint.model) } } }];
  },
  restartsPods: 'always',
  prove: proveGreenOutage,
});

/** Pure. */
export function renameModel(config: string, model: string): string {
  return config.replaceAll(model, `${model}-next`);
}

async function requireModelConfig(target: FaultTarget): Promise<{ readonly map: string; readonly entry: string; readonly text: string }> {
  const { deployment } = await requireServing(target);
  const names = (deployment.spec?.template.spec?.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []);
  for (const name of names) {
    const map = await target.objects.find<ConfigMap>({ kind: 'ConfigMap', namespace: target.endpoint.namespace, name });
    const found = Object.entries(map?.data ?? {}).find(([, text]) => text.includes(target.endpoint.model));
    if (found !== undefined) return { map: name, entry: found[0], text: found[1] };
  }
  throw new PlatformError(
    'ApiFailed',
    `No ConfigMap that the workload mounts names the model ${target.endpoint.model}, so none can drift.`,
  );
}
