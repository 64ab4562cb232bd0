import { isDeepStrictEqual } from 'node:util';
import { keyOf, type ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import type { ResourceQuota } from '../meta/generated/types.ts';
import type { KubeObject, ResourceRef } from '../meta/kube-object.ts';
import { addQuantities, canonicalQuantity, formatQuantity, zeroQuantity, type Quantity } from '../meta/quantity.ts';
import { resourceQuotaUsage } from '../meta/quota-usage.ts';
import { awaitable, onSelf, startLoop, type ControllerContext } from './controller-context.ts';

/** What quotas can count. */
const counted: readonly ResourceRef[] = [
  resources.pods,
  resources.services,
  resources.configMaps,
  resources.secrets,
  resources.persistentVolumeClaims,
  resources.resourceQuotas,
  resources.deployments,
  resources.replicaSets,
  resources.statefulSets,
  resources.jobs,
  resources.cronJobs,
];

/** Writes into each ResourceQuota's status what its namespace uses. Refusing what is too much is admission's work. */
export function startQuotaController(context: ControllerContext): AsyncDisposable {
  const { api, informers } = context;
  const quotas = informers.informer<ResourceQuota>(resources.resourceQuotas);
  const usages = counted.map((ref) => ({ ref, informer: informers.informer<KubeObject>(ref) }));

  async function reconcile(key: ObjectKey): Promise<undefined> {
    const quota = quotas.get(key);
    if (quota === undefined || quota.metadata.deletionTimestamp !== undefined) return undefined;
    const hard = Object.fromEntries(Object.entries(quota.spec?.hard ?? {}).map(([name, text]) => [name, canonicalQuantity(text)]));
    const status = { hard, used: usedOf(quota) };
    if (isDeepStrictEqual(status, quota.status)) return undefined;
    await api.update<ResourceQuota>(subresource(resources.resourceQuotas, 'status'), { ...quota, status });
    return undefined;
  }

  function usedOf(quota: ResourceQuota): Record<string, string> {
    const names = Object.keys(quota.spec?.hard ?? {});
    const used: Record<string, Quantity> = Object.fromEntries(names.map((name) => [name, zeroQuantity]));
    for (const { ref, informer } of usages) {
      for (const object of informer.inNamespace(quota.metadata.namespace ?? '')) {
        const usage = resourceQuotaUsage({ group: ref.group, resource: ref.resource, object }, quota);
        for (const [name, amount] of Object.entries(usage?.amounts ?? {})) {
          const sum = used[name];
          if (sum !== undefined) used[name] = sum.nano === 0n ? amount : addQuantities(sum, amount);
        }
      }
    }
    return Object.fromEntries(Object.entries(used).map(([name, amount]) => [name, formatQuantity(amount)]));
  }

  return startLoop(context, {
    name: 'resourcequota',
    waitFor: [awaitable(quotas), ...usages.map(({ informer }) => awaitable(informer))],
    watch: (queue) => [
      onSelf(quotas, queue),
      ...usages.map(({ informer }) =>
        informer.subscribe(({ object }) => {
          for (const quota of quotas.inNamespace(object.metadata.namespace ?? '')) queue.add(keyOf(quota));
        }),
      ),
    ],
    reconcile,
  });
}
