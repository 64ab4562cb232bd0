import { z } from 'zod';
import { ensureObject } from '../../grader/ensure-object.ts';
import { PlatformError } from '../../grader/platform-error.ts';
import { fetchWorkload, keySourceOf } from '../../grader/workload.ts';
import type { Secret } from '../../infra/cluster/meta/generated/types.ts';
import type { Fault, FaultTarget } from './fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import { requireServing } from './template-change.ts';

const dataSchema = z.strictObject({ secret: z.string() });
const VAULT_ENTRY = 'fault-missing-secret';

/** Somebody cleans up: the Secret with the API key is gone, and the pods are restarted. */
export const missingSecret: Fault = {
  id: 'missing-secret',
  title: 'Missing secret',
  symptom: 'Pods wait with CreateContainerConfigError; the Service has no endpoints.',
  leavesBehind: 'The Secret is there again with its data; the Deployment was never changed.',
  parameters: z.strictObject({}),
  async inject(target) {
    const secret = await requireKeySecret(target);
    const namespace = target.endpoint.namespace;
    const present = await target.objects.find<Secret>({ kind: 'Secret', namespace, name: secret });
    // A repeated injection finds the Secret gone; its copy is in the vault already.
    if (present !== undefined) await target.vault.store(VAULT_ENTRY, JSON.stringify(bare(present)));
    await target.objects.remove({ kind: 'Secret', namespace, name: secret });
    const { pods } = await fetchWorkload(target.objects, target.endpoint);
    await Promise.all(
      pods.map(({ metadata }) => target.objects.remove({ kind: 'Pod', namespace, name: metadata.name }, { graceSeconds: 1 })),
    );
    return { secret };
  },
  async prove(target, data) {
    const { secret } = dataSchema.parse(data);
    const present = await target.objects.find({ kind: 'Secret', namespace: target.endpoint.namespace, name: secret });
    if (present !== undefined) return { live: false, reason: `The Secret ${secret} is there again.` };
    return proveOutage(target, (pod) => statusesOf(pod).some(({ state }) => state?.waiting?.reason === 'CreateContainerConfigError'));
  },
  async recover(target, data) {
    const { secret } = dataSchema.parse(data);
    const copy = await target.vault.fetch(VAULT_ENTRY);
    if (copy === undefined) throw new PlatformError('CredentialsMissing', `The copy of the Secret ${secret} is lost.`);
    await ensureObject(target.objects, JSON.parse(copy) as Secret);
    await target.vault.remove(VAULT_ENTRY);
  },
};

async function requireKeySecret(target: FaultTarget): Promise<string> {
  const { container } = await requireServing(target);
  const source = keySourceOf(container, target.endpoint);
  if (source.kind !== 'secret') throw new PlatformError('ApiFailed', 'The workload takes no key from a Secret, so none can go missing.');
  return source.secret;
}

function bare({ apiVersion, kind, metadata, type, data }: Secret): object {
  const { name, namespace, labels, annotations } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, labels, annotations }, type, data };
}
