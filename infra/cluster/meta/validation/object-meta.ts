import { forbidden, invalid, required, tooLong } from '../field-error.ts';
import { goQuote } from '../go-format.ts';
import type { KubeObject, ObjectMeta, OwnerReference } from '../kube-object.ts';
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isPathSegmentName,
  isQualifiedName,
  type NameCheck,
} from '../names.ts';
import type { ResourceInfo } from '../registry.ts';
import { checkImmutable, checkNames, checkNonNegative, type Report } from './report.ts';

/** Kinds whose names obey another rule than that for DNS subdomains. */
const nameChecks: Readonly<Record<string, NameCheck>> = {
  // `v1.` is the core group's.
  'apiregistration.k8s.io/APIService': isPathSegmentName,
  '/Namespace': isDns1123Label,
  '/Service': isDns1035Label,
  'rbac.authorization.k8s.io/Role': isPathSegmentName,
  'rbac.authorization.k8s.io/ClusterRole': isPathSegmentName,
  'rbac.authorization.k8s.io/RoleBinding': isPathSegmentName,
  'rbac.authorization.k8s.io/ClusterRoleBinding': isPathSegmentName,
  'networking.k8s.io/IPAddress': () => [],
};

/** Kubernetes looks at a name that will get a suffix without its last dash. */
function withoutTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix;
}

export function checkMeta(report: Report, object: KubeObject, info: ResourceInfo, path = 'metadata'): void {
  const { metadata } = object;
  const check = nameChecks[`${info.group}/${info.kind}`] ?? isDns1123Subdomain;
  const { generateName = '', name } = metadata as Partial<ObjectMeta>;
  if (generateName !== '')
    for (const fault of check(withoutTrailingDash(generateName))) report(invalid(`${path}.generateName`, generateName, fault));
  if (name === undefined || name === '') report(required(`${path}.name`, 'name or generateName is required'));
  else checkNames(report, name, `${path}.name`, check);
  checkNamespace(report, metadata, info, path);
  checkNonNegative(report, metadata.generation, `${path}.generation`);
  checkLabels(report, metadata.labels, `${path}.labels`);
  checkAnnotations(report, metadata.annotations, `${path}.annotations`);
  checkOwners(report, metadata.ownerReferences ?? [], `${path}.ownerReferences`);
  checkFinalizers(report, metadata.finalizers ?? [], `${path}.finalizers`);
}

function checkNamespace(report: Report, { namespace = '' }: ObjectMeta, info: ResourceInfo, path: string): void {
  if (!info.namespaced) {
    if (namespace !== '') report(forbidden(`${path}.namespace`, 'not allowed on this type'));
  } else if (namespace === '') report(required(`${path}.namespace`));
  else checkNames(report, namespace, `${path}.namespace`, isDns1123Label);
}

export function checkLabels(report: Report, labels: Readonly<Record<string, string>> | undefined, path: string): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const fault of isQualifiedName(key)) report(invalid(path, key, fault));
    for (const fault of isLabelValue(value)) report(invalid(path, value, fault));
  }
}

const maxAnnotationBytes = 256 * 1024;

export function checkAnnotations(report: Report, annotations: Readonly<Record<string, string>> | undefined, path: string): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const fault of isQualifiedName(key.toLowerCase())) report(invalid(path, key, fault));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > maxAnnotationBytes) report(tooLong(path, maxAnnotationBytes));
}

function checkOwners(report: Report, owners: readonly OwnerReference[], path: string): void {
  let controller: string | undefined;
  for (const [index, owner] of owners.entries()) {
    const at = `${path}[${index}]`;
    const version = owner.apiVersion.slice(owner.apiVersion.indexOf('/') + 1);
    if (version === '') report(invalid(`${at}.apiVersion`, owner.apiVersion, 'version must not be empty'));
    if (owner.kind === '') report(invalid(`${at}.kind`, owner.kind, 'must not be empty'));
    if (owner.name === '') report(invalid(`${at}.name`, owner.name, 'must not be empty'));
    if (owner.uid === '') report(invalid(`${at}.uid`, owner.uid, 'must not be empty'));
    if (owner.apiVersion === 'v1' && owner.kind === 'Event')
      report(invalid(at, owner, '/v1, Kind=Event is disallowed from being an owner'));
    if (owner.controller !== true) continue;
    if (controller !== undefined) {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.name}`;
      report(invalid(path, owners, detail));
    }
    controller = owner.name;
  }
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

function checkFinalizers(report: Report, finalizers: readonly string[], path: string): void {
  for (const finalizer of finalizers) checkNames(report, finalizer, path, isQualifiedName);
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    report(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  for (const [index, finalizer] of finalizers.entries()) {
    if (finalizer.includes('/') || standardFinalizers.includes(finalizer)) continue;
    report(invalid(`${path}[${index}]`, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'));
  }
}

/** What an update may not change about an object's identity. */
export function checkMetaUpdate(report: Report, next: ObjectMeta, previous: ObjectMeta, path = 'metadata'): void {
  if (previous.deletionTimestamp !== undefined) {
    const added = (next.finalizers ?? []).filter((finalizer) => previous.finalizers?.includes(finalizer) !== true);
    if (added.length > 0) {
      const list = `[]string{${added.map(goQuote).join(', ')}}`;
      report(
        forbidden(`${path}.finalizers`, `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`),
      );
    }
  }
  if ((next.generation ?? 0) < (previous.generation ?? 0))
    report(invalid(`${path}.generation`, next.generation ?? 0, 'must not be decremented'));
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    checkImmutable(report, next[field], previous[field], `${path}.${field}`);
  }
}
