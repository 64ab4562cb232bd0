import { resourceQuotaUsage, type UsageEntry } from '../../meta/quota-usage.ts';
import type { ResourceQuota } from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  subtractQuantities,
  zeroQuantity,
  type Quantity,
} from '../../meta/quantity.ts';
import { forbidden } from '../../meta/status-error.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { storageOf, type Call } from '../call.ts';

/**
 * The ResourceQuota plugin. Usage is counted from the objects themselves at every write rather than booked in the quota's status, so it
 * can never drift; the status, for people to read, is a controller's.
 */
export function checkQuota(store: ObjectStore, call: Call, object: KubeObject, previous?: KubeObject): void {
  const { namespace = '' } = object.metadata;
  if (namespace === '' || call.subresource !== undefined || call.dryRun) return;
  const quotas = store.list('/resourcequotas', namespace) as readonly ResourceQuota[];
  for (const quota of quotas) checkOne(store, call, { object, previous }, quota);
}

function checkOne(
  store: ObjectStore,
  call: Call,
  change: { readonly object: KubeObject; readonly previous: KubeObject | undefined },
  quota: ResourceQuota,
): void {
  const { object, previous } = change;
  const hard = quota.spec?.hard ?? {};
  const entry = usageEntry(call, object);
  const wanted = resourceQuotaUsage(entry, quota);
  if (wanted === undefined) return;
  const name = object.metadata.name;
  if (wanted.missing.length > 0 && previous === undefined) {
    const containers = wanted.missing.map(({ resource, containers: names }) => `${resource} for: ${names.join(',')}`);
    throw forbidden(call.info, name, `failed quota: ${quota.metadata.name}: must specify ${containers.join('; ')}`);
  }
  const before = previous === undefined ? {} : (resourceQuotaUsage(usageEntry(call, previous), quota)?.amounts ?? {});
  const delta = Object.fromEntries(
    Object.entries(wanted.amounts).map(([resource, amount]) => [resource, subtractQuantities(amount, before[resource] ?? zeroQuantity)]),
  );
  const grown = Object.keys(delta).filter(
    (resource) => hard[resource] !== undefined && compareQuantities(delta[resource] ?? zeroQuantity, zeroQuantity) > 0,
  );
  if (grown.length === 0) return;
  const used = usedBy(store, call, quota);
  const exceeded = grown
    .filter(
      (resource) =>
        compareQuantities(
          addQuantities(used[resource] ?? zeroQuantity, delta[resource] ?? zeroQuantity),
          parseQuantity(hard[resource] ?? '0'),
        ) > 0,
    )
    .sort();
  if (exceeded.length === 0) return;
  const show = (amounts: Record<string, Quantity>): string =>
    exceeded.map((resource) => `${resource}=${formatQuantity(amounts[resource] ?? zeroQuantity)}`).join(',');
  const limited = exceeded.map((resource) => `${resource}=${hard[resource] ?? ''}`).join(',');
  throw forbidden(
    call.info,
    name,
    `exceeded quota: ${quota.metadata.name}, requested: ${show(delta)}, used: ${show(used)}, limited: ${limited}`,
  );
}

/** What the namespace's objects of this resource use of a quota now. */
function usedBy(store: ObjectStore, call: Call, quota: ResourceQuota): Record<string, Quantity> {
  const used: Record<string, Quantity> = {};
  for (const object of store.list(storageOf(call.info), quota.metadata.namespace ?? '')) {
    for (const [resource, amount] of Object.entries(resourceQuotaUsage(usageEntry(call, object), quota)?.amounts ?? {})) {
      used[resource] = addQuantities(used[resource] ?? zeroQuantity, amount);
    }
  }
  return used;
}

function usageEntry({ info }: Call, object: KubeObject): UsageEntry {
  return { group: info.group, resource: info.resource, object };
}
