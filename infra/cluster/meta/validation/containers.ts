import { duplicate, forbidden, invalid, notFound, required } from '../field-error.ts';
import type { Container, ContainerPort, EphemeralContainer, PodSpec, SecurityContext, VolumeMount } from '../generated/types.ts';
import { isValidPortName, isValidPortNumber } from '../names.ts';
import { isSidecar } from '../pod-status.ts';
import { checkDescendingPath, checkEnv, checkEnvFrom } from './env.ts';
import { checkLifecycle, checkProbes } from './probes.ts';
import { checkDnsLabel, checkOneOf, checkOptionalOneOf, checkRequired, inclusiveRange, isEmpty, protocols, type Report } from './report.ts';
import { checkResourceRequirements } from './resources.ts';

/** What a pod's containers are checked against. */
export interface ContainerContext {
  readonly spec: PodSpec;
  /** Volumes that mounts may name. */
  readonly volumes: ReadonlySet<string>;
}

export function checkContainers(report: Report, context: ContainerContext, path: string): void {
  const { containers } = context.spec;
  if (containers.length === 0) {
    report(required(path));
    return;
  }
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    checkContainer(report, container, context, at);
    if (names.has(container.name)) report(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    checkLifecycle(report, container, at);
    checkProbes(report, container, at);
    checkOptionalOneOf(report, container.restartPolicy, `${at}.restartPolicy`, ['Always', 'Never', 'OnFailure']);
  }
  checkHostPortConflicts(report, containers, path);
}

export function checkInitContainers(report: Report, context: ContainerContext, path: string): void {
  const names = new Set(context.spec.containers.map(({ name }) => name));
  for (const [index, container] of (context.spec.initContainers ?? []).entries()) {
    const at = `${path}[${index}]`;
    checkContainer(report, container, context, at);
    if (names.has(container.name)) report(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    if (isSidecar(container)) {
      checkLifecycle(report, container, at);
      checkProbes(report, container, at);
    } else forbidWhatOnlyLongRunningHave(report, container, at);
    checkHostPortConflicts(report, [container], path, index);
  }
}

function forbidWhatOnlyLongRunningHave(report: Report, container: Container, path: string): void {
  for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (container[field] !== undefined)
      report(forbidden(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'));
  }
}

const ephemeralForbidden = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
] as const;

export function checkEphemeralContainers(report: Report, context: ContainerContext, path: string): void {
  const { containers, initContainers = [], ephemeralContainers = [] } = context.spec;
  const targets = new Set([...containers, ...initContainers].map(({ name }) => name));
  const names = new Set(targets);
  for (const [index, container] of ephemeralContainers.entries()) {
    const at = `${path}[${index}]`;
    checkContainer(report, container, context, at);
    if (names.has(container.name)) report(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    const target = container.targetContainerName ?? '';
    if (target !== '' && !targets.has(target)) report(notFound(`${at}.targetContainerName`, target));
    for (const field of ephemeralForbidden) {
      if (container[field] !== undefined) report(forbidden(`${at}.${field}`, 'cannot be set for an Ephemeral Container'));
    }
    if (Object.keys(container.resources ?? {}).length > 0) report(forbidden(`${at}.resources`, 'cannot be set for an Ephemeral Container'));
    for (const [mountIndex, { subPath, subPathExpr }] of (container.volumeMounts ?? []).entries()) {
      const mountPath = `${at}.volumeMounts[${mountIndex}]`;
      if (!isEmpty(subPath)) report(forbidden(`${mountPath}.subPath`, 'cannot be set for an Ephemeral Container'));
      if (!isEmpty(subPathExpr)) report(forbidden(`${mountPath}.subPathExpr`, 'cannot be set for an Ephemeral Container'));
    }
  }
}

/** What all kinds of containers have in common. */
function checkContainer(report: Report, container: Container | EphemeralContainer, { volumes }: ContainerContext, path: string): void {
  if (checkRequired(report, container.name, `${path}.name`)) checkDnsLabel(report, container.name, `${path}.name`);
  const image = container.image ?? '';
  if (image === '') report(required(`${path}.image`));
  else if (image !== image.trim()) report(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  checkOneOf(report, container.terminationMessagePolicy, `${path}.terminationMessagePolicy`, ['FallbackToLogsOnError', 'File']);
  checkPorts(report, container.ports ?? [], `${path}.ports`);
  checkEnv(report, container.env ?? [], `${path}.env`);
  checkEnvFrom(report, container.envFrom ?? [], `${path}.envFrom`);
  checkMounts(report, container, volumes, path);
  checkDevices(report, container, volumes, path);
  checkOneOf(report, container.imagePullPolicy, `${path}.imagePullPolicy`, ['Always', 'IfNotPresent', 'Never']);
  checkResourceRequirements(report, container.resources, `${path}.resources`);
  checkSecurityContext(report, container.securityContext, `${path}.securityContext`);
}

function checkPorts(report: Report, ports: readonly ContainerPort[], path: string): void {
  const names = new Set<string>();
  for (const [index, { name = '', containerPort, hostPort = 0, protocol }] of ports.entries()) {
    const at = `${path}[${index}]`;
    if (name !== '') {
      const faults = isValidPortName(name);
      for (const fault of faults) report(invalid(`${at}.name`, name, fault));
      if (faults.length === 0 && names.has(name)) report(duplicate(`${at}.name`, name));
      names.add(name);
    }
    if (containerPort === 0) report(required(`${at}.containerPort`));
    else for (const fault of isValidPortNumber(containerPort)) report(invalid(`${at}.containerPort`, containerPort, fault));
    if (hostPort !== 0) for (const fault of isValidPortNumber(hostPort)) report(invalid(`${at}.hostPort`, hostPort, fault));
    checkOneOf(report, protocol, `${at}.protocol`, protocols);
  }
}

function checkHostPortConflicts(report: Report, containers: readonly Container[], path: string, offset = 0): void {
  const taken = new Set<string>();
  for (const [index, { ports = [] }] of containers.entries()) {
    for (const [portIndex, { hostPort = 0, hostIP = '', protocol = '' }] of ports.entries()) {
      if (hostPort === 0) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) report(duplicate(`${path}[${index + offset}].ports[${portIndex}].hostPort`, key));
      taken.add(key);
    }
  }
}

function checkMounts(report: Report, container: Container | EphemeralContainer, volumes: ReadonlySet<string>, path: string): void {
  const mountPaths = new Set<string>();
  const devices = container.volumeDevices ?? [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}.volumeMounts[${index}]`;
    checkRequired(report, mount.name, `${at}.name`);
    if (!volumes.has(mount.name)) report(notFound(`${at}.name`, mount.name));
    checkRequired(report, mount.mountPath, `${at}.mountPath`);
    if (mountPaths.has(mount.mountPath)) report(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    mountPaths.add(mount.mountPath);
    if (devices.some(({ name }) => name === mount.name))
      report(invalid(`${at}.name`, mount.name, 'must not already exist in volumeDevices'));
    if (devices.some(({ devicePath }) => devicePath === mount.mountPath)) {
      report(invalid(`${at}.mountPath`, mount.mountPath, 'must not already exist as a path in volumeDevices'));
    }
    // Kubernetes itself leaves the index out of these paths.
    checkSubPaths(report, mount, at, `${path}.volumeMounts`);
    const modes = ['Bidirectional', 'HostToContainer', 'None'];
    checkOptionalOneOf(report, mount.mountPropagation, `${at}.mountPropagation`, modes);
    if (mount.mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
      report(forbidden(`${at}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'));
    }
  }
}

function checkSubPaths(report: Report, { subPath = '', subPathExpr = '' }: VolumeMount, path: string, listPath: string): void {
  if (subPath !== '') checkDescendingPath(report, subPath, `${listPath}.subPath`);
  if (subPathExpr === '') return;
  if (subPath !== '') report(invalid(`${path}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  checkDescendingPath(report, subPathExpr, `${listPath}.subPathExpr`);
}

function checkDevices(report: Report, container: Container | EphemeralContainer, volumes: ReadonlySet<string>, path: string): void {
  const names = new Set<string>();
  for (const [index, { name, devicePath }] of (container.volumeDevices ?? []).entries()) {
    const at = `${path}.volumeDevices[${index}]`;
    checkRequired(report, name, `${at}.name`);
    if (names.has(name)) report(invalid(`${at}.name`, name, 'must be unique'));
    names.add(name);
    if (!volumes.has(name)) report(notFound(`${at}.name`, name));
    checkRequired(report, devicePath, `${at}.devicePath`);
  }
}

const maxId = 2_147_483_647;

export function checkId(report: Report, id: number | undefined, path: string): void {
  if (id !== undefined && (id < 0 || id > maxId)) report(invalid(path, id, inclusiveRange(0, maxId)));
}

function checkSecurityContext(report: Report, context: SecurityContext | undefined, path: string): void {
  if (context === undefined) return;
  checkId(report, context.runAsUser, `${path}.runAsUser`);
  checkId(report, context.runAsGroup, `${path}.runAsGroup`);
  if (context.allowPrivilegeEscalation === false) {
    const escalates = 'cannot set `allowPrivilegeEscalation` to false and';
    if (context.privileged === true) report(invalid(path, context, `${escalates} \`privileged\` to true`));
    const added = context.capabilities?.add ?? [];
    if (added.includes('CAP_SYS_ADMIN')) report(invalid(path, context, `${escalates} \`capabilities.Add\` CAP_SYS_ADMIN`));
  }
  checkSeccomp(report, context.seccompProfile, `${path}.seccompProfile`);
}

export function checkSeccomp(report: Report, profile: SecurityContext['seccompProfile'], path: string): void {
  if (profile === undefined) return;
  const { type, localhostProfile } = profile;
  if (checkRequired(report, type, `${path}.type`, 'type is required when seccompProfile is set')) {
    checkOneOf(report, type, `${path}.type`, ['Localhost', 'RuntimeDefault', 'Unconfined']);
  }
  if (type === 'Localhost' && isEmpty(localhostProfile)) {
    report(required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost'));
  } else if (type !== 'Localhost' && localhostProfile !== undefined) {
    report(invalid(`${path}.localhostProfile`, localhostProfile, 'can only be set when seccomp type is Localhost'));
  }
}
