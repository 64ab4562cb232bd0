import type { Container, Namespace, Pod, PodSpec } from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import { forbidden } from '../../meta/status-error.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { Call } from '../call.ts';

type Level = 'privileged' | 'baseline' | 'restricted';
type Finding = { readonly title: string; readonly detail: string };

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

/** The PodSecurity plugin: what the namespace's labels demand of new pods. */
export function checkPodSecurity(store: ObjectStore, call: Call, object: KubeObject): void {
  const namespace = store.get('/namespaces', `/${object.metadata.namespace ?? ''}`) as Namespace | undefined;
  const levelOf = (mode: string): Level => (namespace?.metadata.labels?.[`pod-security.kubernetes.io/${mode}`] ?? 'privileged') as Level;
  const { spec } = object as Pod;
  if (spec === undefined) return;
  const enforce = levelOf('enforce');
  const findings = findingsFor(spec, enforce);
  if (findings.length > 0)
    throw forbidden(call.info, object.metadata.name, `violates PodSecurity "${enforce}:latest": ${textOf(findings)}`);
  const warn = levelOf('warn');
  const warnings = findingsFor(spec, warn);
  if (warnings.length > 0) call.warn(`would violate PodSecurity "${warn}:latest": ${textOf(warnings)}`);
}

function textOf(findings: readonly Finding[]): string {
  return findings.map(({ title, detail }) => `${title} (${detail})`).join(', ');
}

function findingsFor(spec: PodSpec, level: Level): readonly Finding[] {
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

function containerFinding(spec: PodSpec, title: string, isBad: (container: Container) => boolean, demand: string, prefix = ''): Finding[] {
  const bad = [...(spec.initContainers ?? []), ...spec.containers].filter(isBad).map((container) => container.name);
  return bad.length === 0 ? [] : [{ title, detail: `${prefix}${plural('container', bad)} ${demand}` }];
}

function plural(noun: string, names: readonly string[]): string {
  return `${noun}${names.length > 1 ? 's' : ''} ${names.map((name) => JSON.stringify(name)).join(', ')}`;
}
