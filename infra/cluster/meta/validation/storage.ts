import { forbidden, invalid, notSupported, required } from '../field-error.ts';
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec, StorageClass } from '../generated/types.ts';
import { jsonEqual } from '../go-format.ts';
import { compareQuantities, parseQuantity } from '../quantity.ts';
import { checkLabelSelector } from './label-selector.ts';
import { checkDnsSubdomain, checkImmutable, checkOneOf, checkRequired, isEmpty, type Report } from './report.ts';
import { checkAmounts } from './resources.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];

function checkAccessModes(report: Report, modes: readonly string[], detail: string): void {
  if (modes.length === 0) report(required('spec.accessModes', detail));
  for (const mode of modes) if (!accessModes.includes(mode)) report(notSupported('spec.accessModes', mode, accessModes));
  if (modes.includes('ReadWriteOncePod') && modes.length > 1)
    report(forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'));
}

export function checkClaim(report: Report, { spec = {} }: PersistentVolumeClaim): void {
  checkAccessModes(report, spec.accessModes ?? [], 'at least 1 access mode is required');
  checkLabelSelector(report, spec.selector, 'spec.selector');
  const storage = spec.resources?.requests?.['storage'];
  if (storage === undefined) report(required('spec.resources[storage]'));
  else if (parseQuantity(storage).nano <= 0n) report(invalid('spec.resources[storage]', storage, 'must be greater than zero'));
  if (!isEmpty(spec.storageClassName)) checkDnsSubdomain(report, spec.storageClassName, 'spec.storageClassName');
  if (spec.volumeMode !== undefined && !volumeModes.includes(spec.volumeMode))
    report(notSupported('spec.volumeMode', spec.volumeMode, volumeModes));
}

const claimMessage = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

export function checkClaimUpdate(report: Report, next: PersistentVolumeClaim, previous: PersistentVolumeClaim): void {
  checkClaim(report, next);
  const [now, was] = [next.spec ?? {}, previous.spec ?? {}];
  const bound = previous.status?.phase === 'Bound';
  const fixed = (spec: PersistentVolumeClaimSpec): object => {
    const { resources, volumeName, volumeAttributesClassName, ...rest } = spec;
    // The volume is named once, when the claim is bound; a claim without a class may get one.
    return { ...rest, ...(was.volumeName !== undefined && { volumeName }), ...(!bound && { resources, volumeAttributesClassName }) };
  };
  if (!jsonEqual(fixed(now), fixed(was))) report(forbidden('spec', claimMessage));
  const [size, old] = [now.resources?.requests?.['storage'], was.resources?.requests?.['storage']];
  if (bound && size !== undefined && old !== undefined && compareQuantities(size, old) < 0) {
    report(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
}

/** All fields of the spec that are no source of a volume. */
const volumeSettings = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

export function checkVolume(report: Report, { spec = {} }: PersistentVolume): void {
  checkAccessModes(report, spec.accessModes ?? [], '');
  const capacity = spec.capacity ?? {};
  if (Object.keys(capacity).length === 0) report(required('spec.capacity'));
  else if (capacity['storage'] === undefined || Object.keys(capacity).length > 1)
    report(notSupported('spec.capacity', capacity, ['storage']));
  checkAmounts(report, capacity, 'spec.capacity');
  const policies = ['Delete', 'Recycle', 'Retain'];
  if (!isEmpty(spec.persistentVolumeReclaimPolicy) && !policies.includes(spec.persistentVolumeReclaimPolicy)) {
    report(notSupported('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy, policies));
  }
  const sources = Object.keys(spec).filter((field) => !volumeSettings.has(field));
  if (sources.length === 0) report(required('spec', 'must specify a volume type'));
  for (const extra of sources.slice(1)) report(forbidden(`spec.${extra}`, 'may not specify more than 1 volume type'));
  if (spec.local !== undefined && spec.nodeAffinity === undefined)
    report(required('metadata.annotations', 'Local volume requires node affinity'));
  if (spec.volumeMode !== undefined && !volumeModes.includes(spec.volumeMode))
    report(notSupported('spec.volumeMode', spec.volumeMode, volumeModes));
}

export function checkVolumeUpdate(report: Report, next: PersistentVolume, previous: PersistentVolume): void {
  checkVolume(report, next);
  const sourcesOf = ({ spec = {} }: PersistentVolume): object =>
    Object.fromEntries(Object.entries(spec).filter(([field]) => !volumeSettings.has(field)));
  if (!jsonEqual(sourcesOf(next), sourcesOf(previous)))
    report(forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'));
  checkImmutable(report, next.spec?.volumeMode, previous.spec?.volumeMode, 'spec.volumeMode');
}

export function checkStorageClass(report: Report, { provisioner, reclaimPolicy, volumeBindingMode }: StorageClass): void {
  checkRequired(report, provisioner, 'provisioner');
  checkOneOf(report, reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain']);
  checkOneOf(report, volumeBindingMode, 'volumeBindingMode', ['Immediate', 'WaitForFirstConsumer']);
}

export function checkStorageClassUpdate(report: Report, next: StorageClass, previous: StorageClass): void {
  checkStorageClass(report, next);
  if (!jsonEqual(next.parameters ?? {}, previous.parameters ?? {})) report(forbidden('parameters', 'updates to parameters are forbidden.'));
  if (next.provisioner !== previous.provisioner) report(forbidden('provisioner', 'updates to provisioner are forbidden.'));
  checkImmutable(report, next.reclaimPolicy, previous.reclaimPolicy, 'reclaimPolicy');
  checkImmutable(report, next.volumeBindingMode, previous.volumeBindingMode, 'volumeBindingMode');
}
