import type { KubeObject } from './kube-object.ts';
import type { ResourceInfo } from './registry.ts';

export type SelectableResource = Pick<ResourceInfo, 'group' | 'kind' | 'namespaced' | 'selectableFields'>;

/** Reads a field as text; what is missing reads as empty. */
export type FieldReader = (object: KubeObject) => string;

const metadataFields: Readonly<Record<string, FieldReader>> = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': (object) => object.metadata.namespace ?? '',
};

/** What else each kind can be selected by; a bare list means that the field is read where its name says. */
const kindFields: Readonly<Record<string, readonly string[] | Readonly<Record<string, FieldReader>>>> = {
  '/Pod': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  '/Node': ['spec.unschedulable'],
  '/Namespace': ['status.phase'],
  '/Secret': ['type'],
  '/Service': ['spec.clusterIP', 'spec.type'],
  '/ReplicationController': ['status.replicas'],
  'apps/ReplicaSet': ['status.replicas'],
  'batch/Job': ['status.successful'],
  'certificates.k8s.io/CertificateSigningRequest': ['spec.signerName'],
  '/Event': eventFields('involvedObject', 'reportingComponent', ['source', 'component']),
  'events.k8s.io/Event': eventFields('regarding', 'reportingController', ['deprecatedSource', 'component']),
};

function eventFields(about: string, reporter: string, source: readonly string[]): Record<string, FieldReader> {
  const readers: Record<string, FieldReader> = {};
  for (const field of ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']) {
    readers[`${about}.${field}`] = (object) => fieldText(object, [about, field]);
  }
  for (const field of ['reason', 'type']) readers[field] = (object) => fieldText(object, [field]);
  readers[reporter] = (object) => fieldText(object, [reporter]);
  // Newer clients fill the reporter only, older ones the source only.
  readers['source'] = (object) => fieldText(object, source) || fieldText(object, [reporter]);
  return readers;
}

const booleanFields = new Set(['spec.unschedulable', 'spec.hostNetwork']);
const countFields = new Set(['status.replicas', 'status.successful']);

/** What objects of the resource can be selected by. */
export function fieldReaders(info: SelectableResource): Map<string, FieldReader> {
  const readers = new Map(Object.entries(metadataFields));
  const more = kindFields[`${info.group}/${info.kind}`] ?? (info.selectableFields ?? []).map((path) => path.replace(/^\./, ''));
  if (!Array.isArray(more)) {
    for (const [field, reader] of Object.entries(more as Readonly<Record<string, FieldReader>>)) readers.set(field, reader);
    return readers;
  }
  for (const field of more as readonly string[]) {
    const path = field === 'status.successful' ? ['status', 'succeeded'] : field.split('.');
    const empty = booleanFields.has(field) ? 'false' : countFields.has(field) ? '0' : '';
    readers.set(field, (object) => fieldText(object, path) || empty);
  }
  return readers;
}

function fieldText(object: unknown, path: readonly string[]): string {
  let value: unknown = object;
  for (const name of path) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  if (Array.isArray(value)) return value.map((item) => fieldText(item, ['ip'])).join(',');
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Whether the kind names its own fields; messages about others differ by that. */
export function hasOwnFields(info: SelectableResource): boolean {
  return kindFields[`${info.group}/${info.kind}`] !== undefined;
}
