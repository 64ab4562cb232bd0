import type { Table, TableColumnDefinition, TableRow } from './generated/types.ts';
import type { KubeObject } from './kube-object.ts';
import { customColumns, printCustom } from './printers/custom-printer.ts';
import * as admission from './printers/admission-printers.ts';
import * as core from './printers/core-printers.ts';
import * as other from './printers/other-printers.ts';
import { printPod } from './printers/pod-printer.ts';
import type { Cell, PrintedRow, RowPrinter } from './printers/row.ts';
import * as workload from './printers/workload-printers.ts';
import type { ResourceInfo } from './registry.ts';

/** What each row carries of its object; kubectl asks for Metadata when it sorts or shows labels. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
  /** The list's metadata. */
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
  /** Of a watch only the first event describes the columns. */
  readonly watchEvent?: 'first' | 'later';
}

/** Kinds with cells of their own, by `<group>/<kind>`. */
const printers: Readonly<Record<string, RowPrinter<never>>> = {
  '/ComponentStatus': core.printComponentStatus,
  '/ConfigMap': core.printConfigMap,
  '/Endpoints': core.printEndpoints,
  '/Event': core.printEvent,
  '/LimitRange': core.printLimitRange,
  '/Namespace': core.printNamespace,
  '/Node': core.printNode,
  '/PersistentVolume': core.printPersistentVolume,
  '/PersistentVolumeClaim': core.printPersistentVolumeClaim,
  '/PodTemplate': workload.printPodTemplate,
  '/ReplicationController': workload.printReplicationController,
  '/ResourceQuota': core.printResourceQuota,
  '/Secret': core.printSecret,
  '/Service': core.printService,
  '/ServiceAccount': core.printNameAndAge,
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': admission.printMutatingPolicy,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': admission.printPolicyBinding,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': admission.printWebhooks,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': admission.printValidatingPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': admission.printPolicyBinding,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': admission.printWebhooks,
  'apiregistration.k8s.io/APIService': admission.printApiService,
  'apps/ControllerRevision': workload.printControllerRevision,
  'apps/DaemonSet': workload.printDaemonSet,
  'apps/Deployment': workload.printDeployment,
  'apps/ReplicaSet': workload.printReplicaSet,
  'apps/StatefulSet': workload.printStatefulSet,
  'autoscaling/Scale': workload.printScale,
  'autoscaling/HorizontalPodAutoscaler': workload.printHorizontalPodAutoscaler,
  'batch/CronJob': workload.printCronJob,
  'batch/Job': workload.printJob,
  'certificates.k8s.io/CertificateSigningRequest': other.printCertificateSigningRequest,
  'coordination.k8s.io/Lease': other.printLease,
  'discovery.k8s.io/EndpointSlice': other.printEndpointSlice,
  'events.k8s.io/Event': core.printEventsV1Event,
  'networking.k8s.io/IPAddress': other.printIpAddress,
  'networking.k8s.io/Ingress': other.printIngress,
  'networking.k8s.io/IngressClass': other.printIngressClass,
  'networking.k8s.io/NetworkPolicy': other.printNetworkPolicy,
  'networking.k8s.io/ServiceCIDR': other.printServiceCidr,
  'node.k8s.io/RuntimeClass': admission.printRuntimeClass,
  'policy/PodDisruptionBudget': workload.printPodDisruptionBudget,
  'rbac.authorization.k8s.io/ClusterRoleBinding': other.printRoleBinding,
  'rbac.authorization.k8s.io/RoleBinding': other.printRoleBinding,
  'scheduling.k8s.io/PriorityClass': other.printPriorityClass,
  'storage.k8s.io/CSIDriver': other.printCsiDriver,
  'storage.k8s.io/CSINode': other.printCsiNode,
  'storage.k8s.io/StorageClass': other.printStorageClass,
  'storage.k8s.io/VolumeAttachment': other.printVolumeAttachment,
  'storage.k8s.io/VolumeAttributesClass': other.printVolumeAttributesClass,
};

/** How the scale subresource of any kind is shown. */
export const scaleInfo: ResourceInfo = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  typeName: 'autoscaling/v1.Scale',
  resource: 'scale',
  listKind: 'ScaleList',
  singular: '',
  namespaced: true,
  verbs: [],
  shortNames: [],
  categories: [],
  subresources: [],
  columns: [
    { name: 'Name', type: 'string', priority: 0, format: 'name', description: '' },
    { name: 'Desired', type: 'integer', priority: 0, format: '', description: '' },
    { name: 'Available', type: 'integer', priority: 0, format: '', description: '' },
    { name: 'Age', type: 'date', priority: 0, format: '', description: '' },
  ],
};

/** What the server shows of a kind that has no columns of its own. */
const defaultColumns = [
  { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
  { name: 'Created At', type: 'date', format: '', description: '', priority: 0 },
];

/** The objects as a meta.k8s.io/v1 Table, cells by the rules of `kubectl get`. Wide columns are always there, with priority 1. */
export function toTable(info: ResourceInfo, objects: readonly KubeObject[], options: TableOptions): Table {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {
      ...(options.resourceVersion !== undefined && { resourceVersion: options.resourceVersion }),
      ...(options.continue !== undefined && { continue: options.continue }),
      ...(options.remainingItemCount !== undefined && { remainingItemCount: options.remainingItemCount }),
    },
    // Null, not empty: the server's own word for "as before".
    columnDefinitions: (options.watchEvent === 'later' ? null : tableColumns(info)) as TableColumnDefinition[],
    rows: objects.map((object) => tableRow(info, object, options)),
  };
}

export function tableColumns(info: ResourceInfo): TableColumnDefinition[] {
  if (info.typeName === undefined) return customColumns(info);
  if (info.columns.length === 0) return defaultColumns;
  return info.columns.map(({ name, type, format, description, priority }) => ({ name, type, format, description, priority }));
}

function tableRow(info: ResourceInfo, object: KubeObject, { includeObject, nowMs }: TableOptions): TableRow {
  const { cells, conditions } = printRow(info, object, nowMs);
  return {
    cells: [...cells],
    ...(conditions !== undefined && { conditions: [...conditions] }),
    object: includedObject(object, includeObject),
  };
}

function printRow(info: ResourceInfo, object: KubeObject, nowMs: number): PrintedRow {
  if (info.typeName === undefined) return { cells: printCustom(info, object, nowMs) };
  if (info.typeName === 'core/v1.Pod') return printPod(object, nowMs);
  const printer = (printers[`${info.group}/${info.kind}`] ?? core.printNameAndCreation) as RowPrinter;
  const cells: readonly Cell[] = printer(object, nowMs);
  return { cells };
}

function includedObject(object: KubeObject, include: IncludeObject): unknown {
  switch (include) {
    case 'None':
      return null;
    case 'Object':
      return object;
    case 'Metadata':
      return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
  }
}
