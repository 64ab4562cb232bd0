import { duplicate, forbidden, invalid, required, tooLong } from '../field-error.ts';
import type { ConfigMap, LimitRange, LimitRangeItem, Namespace, Node, ResourceQuota, Secret, Taint } from '../generated/types.ts';
import { jsonEqual } from '../go-format.ts';
import { isConfigMapKey, isLabelValue, isQualifiedName } from '../names.ts';
import { compareQuantities } from '../quantity.ts';
import { checkCidr, checkImmutable, checkNames, isEmpty, type Report } from './report.ts';
import { checkAmount, checkAmounts, checkLimitRangeResourceName, checkQuotaResourceName } from './resources.ts';
import { checkTaintEffect } from './scheduling.ts';

const maxDataBytes = 1024 * 1024;

export function checkConfigMap(report: Report, { data = {}, binaryData = {} }: ConfigMap): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    checkNames(report, key, `data[${key}]`, isConfigMapKey);
    if (Object.hasOwn(binaryData, key)) report(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    bytes += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    checkNames(report, key, `binaryData[${key}]`, isConfigMapKey);
    bytes += decodedBytes(value);
  }
  if (bytes > maxDataBytes) report(tooLong('', maxDataBytes));
}

function decodedBytes(base64: string): number {
  return Math.floor((base64.length * 3) / 4);
}

export function checkConfigMapUpdate(report: Report, next: ConfigMap, previous: ConfigMap): void {
  if (previous.immutable === true) checkStaysImmutable(report, next, previous, ['data', 'binaryData']);
  checkConfigMap(report, next);
}

type Frozen = Pick<ConfigMap, 'immutable' | 'data' | 'binaryData'>;

function checkStaysImmutable(report: Report, next: Frozen, previous: Frozen, fields: readonly ('data' | 'binaryData')[]): void {
  const detail = 'field is immutable when `immutable` is set';
  if (next.immutable !== true) report(forbidden('immutable', detail));
  for (const field of fields) if (!jsonEqual(next[field] ?? {}, previous[field] ?? {})) report(forbidden(field, detail));
}

export function checkSecret(report: Report, secret: Secret): void {
  const { data = {} } = secret;
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    checkNames(report, key, `data[${key}]`, isConfigMapKey);
    bytes += decodedBytes(value);
  }
  if (bytes > maxDataBytes) report(tooLong('data', maxDataBytes));
  checkSecretType(report, secret, data);
}

/** Keys that a type of secret must have. */
const keysOfType: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

const serviceAccountName = 'kubernetes.io/service-account.name';

function checkSecretType(report: Report, { type = '', metadata }: Secret, data: Readonly<Record<string, string>>): void {
  for (const key of keysOfType[type] ?? []) if (!Object.hasOwn(data, key)) report(required(`data[${key}]`));
  if (type === 'kubernetes.io/service-account-token' && isEmpty(metadata.annotations?.[serviceAccountName])) {
    report(required(`metadata.annotations[${serviceAccountName}]`));
  }
  if (type === 'kubernetes.io/basic-auth' && !Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) {
    report(required('data[username]'));
    report(required('data[password]'));
  }
  for (const key of ['.dockercfg', '.dockerconfigjson']) {
    const value = data[key];
    if (type.startsWith('kubernetes.io/dockerc') && keysOfType[type]?.includes(key) && value !== undefined)
      checkIsJson(report, value, `data[${key}]`);
  }
}

function checkIsJson(report: Report, base64: string, path: string): void {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    report(invalid(path, '<secret contents redacted>', 'invalid character looking for beginning of value'));
  }
}

export function checkSecretUpdate(report: Report, next: Secret, previous: Secret): void {
  checkImmutable(report, next.type, previous.type, 'type');
  if (previous.immutable === true) checkStaysImmutable(report, next, previous, ['data']);
  checkSecret(report, next);
}

export function checkNamespace(report: Report, { spec }: Namespace): void {
  for (const finalizer of spec?.finalizers ?? []) {
    checkNames(report, finalizer, 'spec.finalizers', isQualifiedName);
    if (!finalizer.includes('/') && finalizer !== 'kubernetes') {
      report(invalid('spec.finalizers', finalizer, 'name is neither a standard finalizer name nor is it fully qualified'));
    }
  }
}

export function checkNode(report: Report, { spec, status }: Node): void {
  checkTaints(report, spec?.taints ?? []);
  for (const [index, cidr] of (spec?.podCIDRs ?? []).entries()) checkCidr(report, cidr, `spec.podCIDRs[${index}]`);
  checkAmounts(report, status?.capacity, 'status.capacity');
  checkAmounts(report, status?.allocatable, 'status.allocatable');
}

function checkTaints(report: Report, taints: readonly Taint[]): void {
  const seen = new Set<string>();
  for (const [index, taint] of taints.entries()) {
    const path = `spec.taints[${index}]`;
    checkNames(report, taint.key, `${path}.key`, isQualifiedName);
    const faults = isLabelValue(taint.value ?? '');
    if (faults.length > 0) report(invalid(`${path}.value`, taint.value, faults.join(';')));
    if (isEmpty(taint.effect)) report(required(`${path}.effect`));
    else checkTaintEffect(report, taint.effect, `${path}.effect`);
    const key = `${taint.key}:${taint.effect}`;
    if (seen.has(key)) report({ ...duplicate(path, taint), detail: 'taints must be unique by key and effect pair' });
    seen.add(key);
  }
}

const standardScopes = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];

export function checkResourceQuota(report: Report, { spec, status }: ResourceQuota): void {
  checkQuotaAmounts(report, spec?.hard ?? {}, 'spec.hard');
  for (const scope of spec?.scopes ?? []) {
    if (!standardScopes.includes(scope)) report(invalid('spec.scopes', spec?.scopes, 'unsupported scope'));
  }
  checkQuotaAmounts(report, status?.hard ?? {}, 'status.hard');
  checkQuotaAmounts(report, status?.used ?? {}, 'status.used');
}

function checkQuotaAmounts(report: Report, amounts: Readonly<Record<string, string>>, path: string): void {
  for (const [name, amount] of Object.entries(amounts)) {
    checkQuotaResourceName(report, name, `${path}[${name}]`);
    checkAmount(report, name, amount, `${path}[${name}]`);
  }
}

export function checkResourceQuotaUpdate(report: Report, next: ResourceQuota, previous: ResourceQuota): void {
  checkResourceQuota(report, next);
  if (!jsonEqual(next.spec?.scopes ?? [], previous.spec?.scopes ?? []))
    report(invalid('spec.scopes', next.spec?.scopes, 'field is immutable'));
}

export function checkLimitRange(report: Report, { spec }: LimitRange): void {
  const types = new Set<string>();
  for (const [index, item] of (spec?.limits ?? []).entries()) {
    const path = `spec.limits[${index}]`;
    checkLimitRangeType(report, item.type, `${path}.type`);
    if (types.has(item.type)) report(duplicate(`${path}.type`, item.type));
    types.add(item.type);
    checkLimitRangeItem(report, item, path);
  }
}

function checkLimitRangeType(report: Report, type: string, path: string): void {
  if (type === '') {
    report(required(path));
    return;
  }
  checkNames(report, type, path, isQualifiedName);
  const standard = ['Pod', 'Container', 'PersistentVolumeClaim'];
  if (!type.includes('/') && !standard.includes(type)) report(invalid(path, type, 'must be a standard limit type or fully qualified'));
}

const bounds = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

function checkLimitRangeItem(report: Report, item: LimitRangeItem, path: string): void {
  for (const field of bounds) {
    if (item.type === 'Pod' && field.startsWith('default')) {
      if (Object.keys(item[field] ?? {}).length > 0) report(forbidden(`${path}.${field}`, "may not be specified when `type` is 'Pod'"));
      continue;
    }
    for (const name of Object.keys(item[field] ?? {})) checkLimitRangeResourceName(report, item.type, name, `${path}.${field}[${name}]`);
  }
  if (item.type === 'PersistentVolumeClaim' && item.max?.['storage'] === undefined && item.min?.['storage'] === undefined) {
    report(required(path, 'either minimum or maximum storage value is required, but neither was provided'));
  }
  for (const name of new Set(bounds.flatMap((field) => Object.keys(item[field] ?? {})))) checkLimitOrder(report, item, name, path);
}

/** Each bound with the one it may not exceed, in the words for both. */
const orders = [
  ['min', 'max', 'min value', 'max value'],
  ['defaultRequest', 'min', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'default request value', 'default limit value'],
  ['default', 'min', 'min value', 'default value'],
  ['default', 'max', 'default value', 'max value'],
] as const;

function checkLimitOrder(report: Report, item: LimitRangeItem, name: string, path: string): void {
  for (const [field, other, lowWord, highWord] of orders) {
    const [own, bound] = [item[field]?.[name], item[other]?.[name]];
    if (own === undefined || bound === undefined) continue;
    const [low, high] = other === 'min' ? [bound, own] : [own, bound];
    if (compareQuantities(low, high) > 0)
      report(invalid(`${path}.${field}[${name}]`, own, `${lowWord} ${low} is greater than ${highWord} ${high}`));
  }
  const ratio = item.maxLimitRequestRatio?.[name];
  if (ratio !== undefined && compareQuantities(ratio, '1') < 0) {
    report(invalid(`${path}.maxLimitRequestRatio[${name}]`, ratio, `ratio ${ratio} is less than 1`));
  }
}
