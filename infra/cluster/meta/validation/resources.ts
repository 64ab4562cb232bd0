import { invalid, required } from '../field-error.ts';
import type { ResourceRequirements } from '../generated/types.ts';
import { isQualifiedName } from '../names.ts';
import { compareQuantities, parseQuantity } from '../quantity.ts';
import { checkNames, negativeMessage, type Report } from './report.ts';

type Amounts = Readonly<Record<string, string>>;

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);
const quotaResources = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);
const integerResources = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);

function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Kubernetes' own: without a domain or under kubernetes.io. */
function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** Of a vendor, e.g. nvidia.com/gpu. */
export function isExtendedResource(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0;
}

function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

export function checkResourceRequirements(report: Report, resources: ResourceRequirements | undefined, path: string): void {
  if (resources === undefined) return;
  const { limits = {}, requests = {} } = resources;
  for (const [name, amount] of Object.entries(limits)) {
    checkContainerResourceName(report, name, `${path}.limits[${name}]`);
    checkAmount(report, name, amount, `${path}.limits[${name}]`);
  }
  for (const [name, amount] of Object.entries(requests)) {
    checkContainerResourceName(report, name, `${path}.requests[${name}]`);
    checkAmount(report, name, amount, `${path}.requests[${name}]`);
    checkAgainstLimit(report, { name, amount, limit: limits[name] }, path);
  }
}

function checkAgainstLimit(
  report: Report,
  { name, amount, limit }: { name: string; amount: string; limit: string | undefined },
  path: string,
): void {
  const strict = !isOvercommitAllowed(name);
  if (limit === undefined) {
    if (strict) report(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    return;
  }
  const order = compareQuantities(amount, limit);
  if (order !== 0 && strict) report(invalid(`${path}.requests`, amount, `must be equal to ${name} limit of ${limit}`));
  else if (order > 0) report(invalid(`${path}.requests`, amount, `must be less than or equal to ${name} limit of ${limit}`));
}

function checkContainerResourceName(report: Report, name: string, path: string): void {
  checkNames(report, name, path, isQualifiedName);
  if (!name.includes('/')) {
    const standard = containerResources.has(name) || isHugePages(name);
    if (!standard && !quotaResources.has(name)) report(invalid(path, name, 'must be a standard resource type or fully qualified'));
    if (!standard) report(invalid(path, name, 'must be a standard resource for containers'));
  } else if (!isNative(name) && !isExtendedResource(name)) report(invalid(path, name, "doesn't follow extended resource name standard"));
}

/** Names that a quota may count, e.g. `requests.nvidia.com/gpu` or `count/deployments.apps`. */
export function checkQuotaResourceName(report: Report, name: string, path: string): void {
  checkNames(report, name, path, isQualifiedName);
  if (name.includes('/')) return;
  const standard = quotaResources.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');
  if (!standard) report(invalid(path, name, 'must be a standard resource for quota'));
}

/** Names that a limit range may bound. */
export function checkLimitRangeResourceName(report: Report, type: string, name: string, path: string): void {
  if (type === 'Pod' || type === 'Container') {
    checkContainerResourceName(report, name, path);
    return;
  }
  checkNames(report, name, path, isQualifiedName);
  if (!name.includes('/') && name !== 'storage' && !quotaResources.has(name))
    report(invalid(path, name, 'must be a standard resource type or fully qualified'));
}

export function checkAmount(report: Report, name: string, amount: string, path: string): void {
  const { nano } = parseQuantity(amount);
  if (nano < 0n) report(invalid(path, amount, negativeMessage));
  if ((integerResources.has(name) || isExtendedResource(name)) && nano % 1_000_000_000n !== 0n)
    report(invalid(path, amount, 'must be an integer'));
}

export function checkAmounts(report: Report, amounts: Amounts | undefined, path: string): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) checkAmount(report, name, amount, `${path}[${name}]`);
}
