import type { Container, EphemeralContainer, Namespace, Pod, PodSpec, PodTemplateSpec } from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import { forbidden } from '../../meta/status-error.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { Call } from '../call.ts';

export type Finding = { readonly title: string; readonly detail: string };

const baselineCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);
const restrictedVolumes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

export const securityLabel = 'pod-security.kubernetes.io/';

/** A level and the version of Kubernetes whose rules it means. Only the newest rules are known, which the version does not change. */
export interface SecurityLevel {
  readonly level: string;
  readonly text: string;
}

export function levelOf(namespace: Namespace | undefined, mode: 'enforce' | 'warn'): SecurityLevel {
  const labels = namespace?.metadata.labels ?? {};
  const level = labels[`${securityLabel}${mode}`] ?? 'privileged';
  return { level, text: `${level}:${labels[`${securityLabel}${mode}-version`] ?? 'latest'}` };
}

/** The PodSecurity plugin: what the namespace's labels demand of a pod. */
export function checkPodSecurity(store: ObjectStore, call: Call, object: KubeObject): void {
  const namespace = namespaceOf(store, object);
  const { spec } = object as Pod;
  if (spec === undefined) return;
  const enforce = levelOf(namespace, 'enforce');
  const findings = findingsFor(spec, enforce.level);
  if (findings.length > 0)
    throw forbidden(call.info, object.metadata.name, `violates PodSecurity ${JSON.stringify(enforce.text)}: ${textOf(findings)}`);
  warn(call, namespace, spec);
}

/** What makes pods is never refused, only warned of: the pods themselves will be. */
export function warnOfTemplate(store: ObjectStore, call: Call, object: KubeObject): void {
  const template = templateOf(object);
  if (template?.spec !== undefined) warn(call, namespaceOf(store, object), template.spec);
}

function warn(call: Call, namespace: Namespace | undefined, spec: PodSpec): void {
  const { level, text } = levelOf(namespace, 'warn');
  const warnings = findingsFor(spec, level);
  if (warnings.length > 0) call.warn(`would violate PodSecurity ${JSON.stringify(text)}: ${textOf(warnings)}`);
}

/** Whether an update changes what the levels are about; labels and tolerations may be edited on a pod that would not be let in today. */
export function isSecurityUpdate(next: Pod, previous: Pod): boolean {
  const relevant = ({ spec }: Pod): string =>
    JSON.stringify(
      [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])].map(({ name, image }) => [
        name,
        image,
      ]),
    );
  return relevant(next) !== relevant(previous);
}

function namespaceOf(store: ObjectStore, object: KubeObject): Namespace | undefined {
  return store.get('/namespaces', `/${object.metadata.namespace ?? ''}`);
}

const templateKinds = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicationController']);

function templateOf(object: KubeObject): PodTemplateSpec | undefined {
  const { spec, template } = object as {
    spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } };
    template?: PodTemplateSpec;
  };
  if (object.kind === 'PodTemplate') return template;
  if (object.kind === 'CronJob') return spec?.jobTemplate?.spec?.template;
  return templateKinds.has(object.kind) ? spec?.template : undefined;
}

function textOf(findings: readonly Finding[]): string {
  return findings.map(({ title, detail }) => `${title} (${detail})`).join(', ');
}

/** What a pod does that a level does not allow; a level that there is not allows what the strictest does. */
export function findingsFor(spec: PodSpec, level: string): readonly Finding[] {
  if (level === 'privileged') return [];
  return level === 'baseline' ? baseline(spec) : [...baseline(spec), ...restricted(spec)];
}

function baseline(spec: PodSpec): Finding[] {
  const host = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true);
  const hostPaths = (spec.volumes ?? []).filter((volume) => volume.hostPath !== undefined).map((volume) => volume.name);
  return [
    ...(host.length === 0 ? [] : [{ title: 'host namespaces', detail: host.map((field) => `${field}=true`).join(', ') }]),
    ...(hostPaths.length === 0 ? [] : [{ title: 'hostPath volumes', detail: plural('volume', hostPaths) }]),
    ...containerFinding(
      spec,
      'privileged',
      (container) => container.securityContext?.privileged === true,
      'must not set securityContext.privileged=true',
    ),
    ...containerFinding(
      spec,
      'hostPort',
      (container) => (container.ports ?? []).some((port) => (port.hostPort ?? 0) !== 0),
      'uses hostPorts',
    ),
    ...containerFinding(
      spec,
      'non-default capabilities',
      (container) => (container.securityContext?.capabilities?.add ?? []).some((name) => !baselineCapabilities.has(name)),
      'must not include more capabilities in securityContext.capabilities.add',
    ),
  ];
}

function restricted(spec: PodSpec): Finding[] {
  const pod = spec.securityContext;
  const volumes = (spec.volumes ?? [])
    .filter((volume) => Object.keys(volume).some((key) => key !== 'name' && !restrictedVolumes.has(key)))
    .map((volume) => volume.name);
  return [
    ...containerFinding(
      spec,
      'allowPrivilegeEscalation != false',
      (container) => container.securityContext?.allowPrivilegeEscalation !== false,
      'must set securityContext.allowPrivilegeEscalation=false',
    ),
    ...containerFinding(
      spec,
      'unrestricted capabilities',
      (container) => !(container.securityContext?.capabilities?.drop ?? []).includes('ALL'),
      'must set securityContext.capabilities.drop=["ALL"]',
    ),
    ...(volumes.length === 0 ? [] : [{ title: 'restricted volume types', detail: plural('volume', volumes) }]),
    ...containerFinding(
      spec,
      'runAsNonRoot != true',
      (container) => (container.securityContext?.runAsNonRoot ?? pod?.runAsNonRoot) !== true,
      'must set securityContext.runAsNonRoot=true',
      'pod or ',
    ),
    ...containerFinding(
      spec,
      'runAsUser=0',
      (container) => (container.securityContext?.runAsUser ?? pod?.runAsUser) === 0,
      'must not set runAsUser=0',
    ),
    ...containerFinding(
      spec,
      'seccompProfile',
      (container) =>
        !['RuntimeDefault', 'Localhost'].includes(container.securityContext?.seccompProfile?.type ?? pod?.seccompProfile?.type ?? ''),
      'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
      'pod or ',
    ),
  ];
}

function containerFinding(
  spec: PodSpec,
  title: string,
  isBad: (container: Container | EphemeralContainer) => boolean,
  demand: string,
  prefix = '',
): Finding[] {
  const bad = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]
    .filter(isBad)
    .map((container) => container.name);
  return bad.length === 0 ? [] : [{ title, detail: `${prefix}${plural('container', bad)} ${demand}` }];
}

function plural(noun: string, names: readonly string[]): string {
  return `${noun}${names.length > 1 ? 's' : ''} ${names.map((name) => JSON.stringify(name)).join(', ')}`;
}
