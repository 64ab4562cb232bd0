import { forbidden, invalid, notSupported, required } from '../field-error.ts';
import type { PodDNSConfig, PodSecurityContext, PodSpec, PodTemplateSpec } from '../generated/types.ts';
import { isQualifiedName } from '../names.ts';
import {
  checkContainers,
  checkEphemeralContainers,
  checkId,
  checkInitContainers,
  checkSeccomp,
  type ContainerContext,
} from './containers.ts';
import { checkAnnotations, checkLabels } from './object-meta.ts';
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkIp,
  checkNames,
  checkNonNegative,
  checkRequired,
  inclusiveRange,
  isEmpty,
  type Report,
} from './report.ts';
import { checkAmounts, checkResourceRequirements } from './resources.ts';
import { checkAffinity, checkTolerations, checkTopologySpread } from './scheduling.ts';
import { checkVolumes } from './volumes.ts';

const maxInt32 = 2_147_483_647;
const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** Faults come in the order in which Kubernetes looks. */
export function checkPodSpec(report: Report, spec: PodSpec, path: string): void {
  const volumes = checkVolumes(report, spec.volumes ?? [], `${path}.volumes`);
  const context: ContainerContext = { spec, volumes };
  checkContainers(report, context, `${path}.containers`);
  checkInitContainers(report, context, `${path}.initContainers`);
  checkEphemeralContainers(report, context, `${path}.ephemeralContainers`);
  checkResourceRequirements(report, spec.resources, `${path}.resources`);
  if (spec.hostNetwork === true) checkHostNetwork(report, spec, path);
  checkPolicy(report, spec.restartPolicy, `${path}.restartPolicy`, restartPolicies);
  checkPolicy(report, spec.dnsPolicy, `${path}.dnsPolicy`, dnsPolicies);
  checkLabels(report, spec.nodeSelector, `${path}.nodeSelector`);
  checkSecurityContext(report, spec.securityContext, `${path}.securityContext`);
  for (const [index, { name }] of (spec.imagePullSecrets ?? []).entries()) {
    if (isEmpty(name)) report(required(`${path}.imagePullSecrets[${index}].name`));
  }
  checkAffinity(report, spec.affinity, `${path}.affinity`);
  checkDnsConfig(report, spec, `${path}.dnsConfig`);
  for (const [index, { conditionType }] of (spec.readinessGates ?? []).entries()) {
    checkNames(report, conditionType, `${path}.readinessGates[${index}].conditionType`, isQualifiedName);
  }
  for (const [index, { name }] of (spec.schedulingGates ?? []).entries()) {
    checkNames(report, name, `${path}.schedulingGates[${index}]`, isQualifiedName);
  }
  checkTopologySpread(report, spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`);
  checkIdentity(report, spec, path);
  checkTolerations(report, spec.tolerations ?? [], `${path}.tolerations`);
  for (const [index, { ip, hostnames = [] }] of (spec.hostAliases ?? []).entries()) {
    const at = `${path}.hostAliases[${index}]`;
    checkIp(report, ip, `${at}.ip`);
    for (const hostname of hostnames) checkDnsSubdomain(report, hostname, `${at}.hostnames`);
  }
  if (!isEmpty(spec.priorityClassName)) checkDnsSubdomain(report, spec.priorityClassName, `${path}.priorityClassName`);
  if (spec.runtimeClassName !== undefined) checkDnsSubdomain(report, spec.runtimeClassName, `${path}.runtimeClassName`);
  checkAmounts(report, spec.overhead, `${path}.overhead`);
}

function checkPolicy(report: Report, policy: string | undefined, path: string, supported: readonly string[]): void {
  if (isEmpty(policy)) report(required(path));
  else if (!supported.includes(policy)) report(notSupported(path, policy, supported));
}

function checkHostNetwork(report: Report, spec: PodSpec, path: string): void {
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [index, { ports = [] }] of (spec[list] ?? []).entries()) {
      for (const [portIndex, { containerPort, hostPort = 0 }] of ports.entries()) {
        if (hostPort === containerPort) continue;
        const at = `${path}.${list}[${index}].ports[${portIndex}].containerPort`;
        report(invalid(at, containerPort, 'must match `hostPort` when `hostNetwork` is true'));
      }
    }
  }
}

/** Names by which the pod is known, and its time limits. */
function checkIdentity(report: Report, spec: PodSpec, path: string): void {
  if (!isEmpty(spec.serviceAccountName)) checkDnsSubdomain(report, spec.serviceAccountName, `${path}.serviceAccountName`);
  if (!isEmpty(spec.nodeName)) checkDnsSubdomain(report, spec.nodeName, `${path}.nodeName`);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > maxInt32)) {
    report(invalid(`${path}.activeDeadlineSeconds`, deadline, inclusiveRange(1, maxInt32)));
  }
  checkNonNegative(report, spec.terminationGracePeriodSeconds, `${path}.terminationGracePeriodSeconds`);
  if (!isEmpty(spec.hostname)) checkDnsLabel(report, spec.hostname, `${path}.hostname`);
  if (!isEmpty(spec.subdomain)) checkDnsLabel(report, spec.subdomain, `${path}.subdomain`);
}

const sysctlName = /^([a-z0-9][-_a-z0-9]*[a-z0-9]|[a-z0-9])([./]([a-z0-9][-_a-z0-9]*[a-z0-9]|[a-z0-9]))*$/;

function checkSecurityContext(report: Report, context: PodSecurityContext | undefined, path: string): void {
  if (context === undefined) return;
  checkId(report, context.fsGroup, `${path}.fsGroup`);
  checkId(report, context.runAsUser, `${path}.runAsUser`);
  checkId(report, context.runAsGroup, `${path}.runAsGroup`);
  for (const [index, group] of (context.supplementalGroups ?? []).entries()) checkId(report, group, `${path}.supplementalGroups[${index}]`);
  for (const [index, { name }] of (context.sysctls ?? []).entries()) {
    const at = `${path}.sysctls[${index}].name`;
    if (checkRequired(report, name, at) && !sysctlName.test(name)) {
      report(invalid(at, name, `must have at most 253 characters and match regex ${sysctlName.source}`));
    }
  }
  checkSeccomp(report, context.seccompProfile, `${path}.seccompProfile`);
}

const maxNameservers = 3;
const maxSearches = 32;

function checkDnsConfig(report: Report, spec: PodSpec, path: string): void {
  const config: PodDNSConfig | undefined = spec.dnsConfig;
  const nameservers = config?.nameservers ?? [];
  if (spec.dnsPolicy === 'None') {
    if (config === undefined) {
      report(required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
      return;
    }
    if (nameservers.length === 0)
      report(required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  }
  if (nameservers.length > maxNameservers) {
    report(invalid(`${path}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`));
  }
  for (const [index, address] of nameservers.entries()) checkIp(report, address, `${path}.nameservers[${index}]`);
  const searches = config?.searches ?? [];
  if (searches.length > maxSearches) report(invalid(`${path}.searches`, searches, `must not have more than ${maxSearches} search paths`));
  for (const [index, option] of (config?.options ?? []).entries()) {
    if (isEmpty(option.name)) report(required(`${path}.options[${index}]`, 'must not be empty'));
  }
}

export function checkPodTemplate(report: Report, template: PodTemplateSpec, path: string): void {
  checkLabels(report, template.metadata?.labels, `${path}.labels`);
  checkAnnotations(report, template.metadata?.annotations, `${path}.annotations`);
  const spec = template.spec ?? { containers: [] };
  checkPodSpec(report, spec, `${path}.spec`);
  if ((spec.ephemeralContainers ?? []).length > 0)
    report(forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
}
