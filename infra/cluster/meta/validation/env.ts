import { invalid, notSupported } from '../field-error.ts';
import type { Container, EnvVar, EnvVarSource, KeyToPath, ObjectFieldSelector, ResourceFieldSelector } from '../generated/types.ts';
import { isConfigMapKey, isEnvVarName, isQualifiedName, isRelaxedEnvVarName } from '../names.ts';
import { checkDnsSubdomain, checkNames, checkRequired, type Report } from './report.ts';

const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const volumeFieldPaths = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const allFieldPaths = new Set([...envFieldPaths, ...volumeFieldPaths]);

const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

export function checkEnv(report: Report, env: readonly EnvVar[], path: string): void {
  for (const [index, variable] of env.entries()) {
    const at = `${path}[${index}]`;
    if (checkRequired(report, variable.name, `${at}.name`)) checkNames(report, variable.name, `${at}.name`, isRelaxedEnvVarName);
    if (variable.valueFrom !== undefined) checkSource(report, variable.valueFrom, variable.value ?? '', `${at}.valueFrom`);
  }
}

function checkSource(report: Report, source: EnvVarSource, value: string, path: string): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  if (fieldRef !== undefined) checkFieldRef(report, fieldRef, 'env', `${path}.fieldRef`);
  if (resourceFieldRef !== undefined) checkResourceFieldRef(report, resourceFieldRef, `${path}.resourceFieldRef`);
  if (configMapKeyRef !== undefined) checkKeyRef(report, configMapKeyRef, `${path}.configMapKeyRef`);
  if (secretKeyRef !== undefined) checkKeyRef(report, secretKeyRef, `${path}.secretKeyRef`);
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter((one) => one !== undefined).length;
  if (count === 0) {
    report(invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'));
  } else if (value !== '') report(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) report(invalid(path, '', 'may not have more than one field specified at a time'));
}

function checkKeyRef(report: Report, ref: { readonly name?: string; readonly key: string }, path: string): void {
  checkDnsSubdomain(report, ref.name ?? '', `${path}.name`);
  if (checkRequired(report, ref.key, `${path}.key`)) checkNames(report, ref.key, `${path}.key`, isConfigMapKey);
}

/** Variables and volumes may show different parts of the pod. */
export function checkFieldRef(report: Report, ref: ObjectFieldSelector, use: 'env' | 'volume', path: string): void {
  if (!checkRequired(report, ref.apiVersion, `${path}.apiVersion`)) return;
  if (!checkRequired(report, ref.fieldPath, `${path}.fieldPath`)) return;
  const at = `${path}.fieldPath`;
  const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/.exec(ref.fieldPath);
  if (subscript !== null) {
    const key = subscript[2] ?? '';
    checkNames(report, subscript[1] === 'metadata.labels' ? key : key.toLowerCase(), path, isQualifiedName);
  } else if (!allFieldPaths.has(ref.fieldPath)) {
    report(invalid(at, ref.fieldPath, `error converting fieldPath: field label not supported: ${ref.fieldPath}`));
  } else {
    const supported = use === 'env' ? envFieldPaths : volumeFieldPaths;
    if (!supported.includes(ref.fieldPath)) report(notSupported(at, ref.fieldPath, supported));
  }
}

export function checkResourceFieldRef(report: Report, ref: ResourceFieldSelector, path: string): void {
  if (!checkRequired(report, ref.resource, `${path}.resource`)) return;
  const hugePages = /^(?:limits|requests)\.hugepages-/.test(ref.resource);
  if (!resourceFields.includes(ref.resource) && !hugePages) report(notSupported(`${path}.resource`, ref.resource, resourceFields));
  else checkDivisor(report, ref, path);
}

const divisors: Readonly<Record<string, readonly string[]>> = {
  cpu: ['1m', '1'],
  memory: ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'],
};

function checkDivisor(report: Report, { resource, divisor = '0' }: ResourceFieldSelector, path: string): void {
  if (divisor === '0') return;
  const isCpu = resource.endsWith('.cpu');
  if ((isCpu ? divisors['cpu'] : divisors['memory'])?.includes(divisor) === true) return;
  const detail = isCpu
    ? "only divisor's values 1m and 1 are supported with the cpu resource"
    : "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource";
  report(invalid(`${path}.divisor`, resource, detail));
}

export function checkEnvFrom(report: Report, sources: NonNullable<Container['envFrom']>, path: string): void {
  for (const [index, { prefix = '', configMapRef, secretRef }] of sources.entries()) {
    const at = `${path}[${index}]`;
    if (prefix !== '') checkNames(report, prefix, `${at}.prefix`, isEnvVarName);
    if (configMapRef !== undefined) checkRefName(report, configMapRef.name, `${at}.configMapRef.name`);
    if (secretRef !== undefined) checkRefName(report, secretRef.name, `${at}.secretRef.name`);
    if (configMapRef === undefined && secretRef === undefined)
      report(invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (configMapRef !== undefined && secretRef !== undefined)
      report(invalid(at, '', 'may not have more than one field specified at a time'));
  }
}

function checkRefName(report: Report, name: string | undefined, path: string): void {
  if (checkRequired(report, name, path)) checkDnsSubdomain(report, name, path);
}

/** Keys of a configMap or secret as files. */
export function checkKeyToPath(report: Report, items: readonly KeyToPath[], path: string): void {
  for (const [index, item] of items.entries()) {
    const at = `${path}[${index}]`;
    checkRequired(report, item.key, `${at}.key`);
    if (checkRequired(report, item.path, `${at}.path`)) checkRelativePath(report, item.path, `${at}.path`);
    checkFileMode(report, item.mode, `${at}.mode`);
  }
}

export function checkRelativePath(report: Report, value: string, path: string): void {
  checkDescendingPath(report, value, path);
  // A plain `..` is already said.
  if (value.startsWith('..') && !value.startsWith('../') && value !== '..') report(invalid(path, value, "must not start with '..'"));
}

export function checkDescendingPath(report: Report, value: string, path: string): void {
  if (value.startsWith('/')) report(invalid(path, value, 'must be a relative path'));
  if (value.split('/').includes('..')) report(invalid(path, value, "must not contain '..'"));
}

export function checkFileMode(report: Report, mode: number | undefined, path: string): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) {
    report(invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive'));
  }
}
