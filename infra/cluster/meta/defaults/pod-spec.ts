import type { Container, EnvVar, EphemeralContainer, HTTPGetAction, Pod, PodSpec, Probe, Volume } from '../generated/types.ts';

/** Mode 0644, which Kubernetes shows in decimal. */
const defaultFileMode = 420;

/** A pod gets more than the template of one: service links, and requests from its limits. */
export function defaultPod(pod: Pod): void {
  const { spec } = pod;
  if (spec === undefined) return;
  for (const container of allContainers(spec)) requestsFromLimits(container);
  requestsFromLimits(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) hostPorts(spec);
  defaultPodSpec(spec);
}

function allContainers(spec: PodSpec): (Container | EphemeralContainer)[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
}

function requestsFromLimits(owner: Pick<Container, 'resources'>): void {
  const { resources } = owner;
  if (resources?.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

/** On the host's network a container's port is the host's. */
function hostPorts(spec: PodSpec): void {
  for (const port of allContainers(spec).flatMap((container) => container.ports ?? [])) port.hostPort ??= port.containerPort;
}

/** Defaults of a pod's spec, in a template as in a pod. */
export function defaultPodSpec(spec: PodSpec): void {
  for (const container of allContainers(spec)) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ??= 'default-scheduler';
  // The old name of the field is kept equal to the new.
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  if (account !== undefined) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??= isLatest(container.image ?? '') ? 'Always' : 'IfNotPresent';
  for (const port of container.ports ?? []) port.protocol ??= 'TCP';
  for (const variable of container.env ?? []) defaultVariable(variable);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
    if (probe !== undefined) defaultProbe(probe);
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop])
    if (handler?.httpGet !== undefined) defaultHttpGet(handler.httpGet);
}

/** Whether an image is named without a tag or with `latest`. A digest fixes it whatever the tag. */
export function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const last = image.slice(image.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon < 0 || last.slice(colon + 1) === 'latest';
}

function defaultVariable({ valueFrom }: EnvVar): void {
  if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ??= 'v1';
  if (valueFrom?.fileKeyRef !== undefined) valueFrom.fileKeyRef.optional ??= false;
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  if (probe.httpGet !== undefined) defaultHttpGet(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
}

function defaultHttpGet(action: HTTPGetAction): void {
  action.path ??= '/';
  action.scheme ??= 'HTTP';
}

type VolumeSource = Omit<Volume, 'name'>;

function defaultVolume(volume: Volume): void {
  const { name: _name, ...sources } = volume;
  if (Object.keys(sources).length === 0) volume.emptyDir = {};
  defaultProjections(volume);
  defaultRemoteVolumes(volume);
  if (volume.hostPath !== undefined) volume.hostPath.type ??= '';
  const template = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (template !== undefined) template.volumeMode ??= 'Filesystem';
  const { image } = volume;
  if (image !== undefined) image.pullPolicy ??= isLatest(image.reference ?? '') ? 'Always' : 'IfNotPresent';
}

function defaultProjections({ secret, configMap, downwardAPI, projected }: VolumeSource): void {
  for (const source of [secret, configMap, downwardAPI, projected]) if (source !== undefined) source.defaultMode ??= defaultFileMode;
  const items = [...(downwardAPI?.items ?? []), ...(projected?.sources ?? []).flatMap((source) => source.downwardAPI?.items ?? [])];
  for (const { fieldRef } of items) if (fieldRef !== undefined) fieldRef.apiVersion ??= 'v1';
  for (const { serviceAccountToken } of projected?.sources ?? [])
    if (serviceAccountToken !== undefined) serviceAccountToken.expirationSeconds ??= 3600;
}

function defaultRemoteVolumes({ iscsi, rbd, azureDisk, scaleIO }: VolumeSource): void {
  if (iscsi !== undefined) iscsi.iscsiInterface ??= 'default';
  if (rbd !== undefined) {
    rbd.pool ??= 'rbd';
    rbd.user ??= 'admin';
    rbd.keyring ??= '/etc/ceph/keyring';
  }
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (scaleIO !== undefined) {
    scaleIO.storageMode ??= 'ThinProvisioned';
    scaleIO.fsType ??= 'xfs';
  }
}
