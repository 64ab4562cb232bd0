import { forbidden, invalid, notSupported, required } from '../field-error.ts';
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressClass,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../generated/types.ts';
import { isDns1123Subdomain, isValidPortName, isWildcardDns1123Subdomain } from '../names.ts';
import { checkLabelSelector } from './label-selector.ts';
import {
  checkCidr,
  checkDnsSubdomain,
  checkImmutable,
  checkNames,
  checkPortNumber,
  checkRequired,
  isCidr,
  isEmpty,
  isIpv4,
  isIpv6,
  protocols,
  type Report,
} from './report.ts';

export function checkIngress(report: Report, { spec }: Ingress): void {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec ?? {};
  if (rules.length === 0 && defaultBackend === undefined)
    report(invalid('spec', spec ?? {}, 'either `defaultBackend` or `rules` must be specified'));
  if (defaultBackend !== undefined) checkBackend(report, defaultBackend, 'spec.defaultBackend');
  for (const [index, { host = '', http }] of rules.entries()) {
    const path = `spec.rules[${index}]`;
    if (host !== '') checkHost(report, host, `${path}.host`);
    if (http === undefined) continue;
    if (http.paths.length === 0) report(required(`${path}.http.paths`));
    for (const [pathIndex, entry] of http.paths.entries()) checkPath(report, entry, `${path}.http.paths[${pathIndex}]`);
  }
  for (const [index, { hosts = [] }] of tls.entries()) {
    for (const [hostIndex, host] of hosts.entries()) {
      checkNames(
        report,
        host,
        `spec.tls[${index}].hosts[${hostIndex}]`,
        host.includes('*') ? isWildcardDns1123Subdomain : isDns1123Subdomain,
      );
    }
  }
  if (ingressClassName !== undefined) checkDnsSubdomain(report, ingressClassName, 'spec.ingressClassName');
}

function checkHost(report: Report, host: string, path: string): void {
  if (isIpv4(host) || isIpv6(host)) report(invalid(path, host, 'must be a DNS name, not an IP address'));
  else checkNames(report, host, path, host.includes('*') ? isWildcardDns1123Subdomain : isDns1123Subdomain);
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const badSequences = ['//', '/./', '/../', '%2f', '%2F'];
const badEndings = ['/..', '/.'];

function checkPath(report: Report, { path: value = '', pathType, backend }: HTTPIngressPath, path: string): void {
  if (isEmpty(pathType)) report(required(`${path}.pathType`, 'pathType must be specified'));
  else if (!pathTypes.includes(pathType)) report(notSupported(`${path}.pathType`, pathType, pathTypes));
  else if (pathType !== 'ImplementationSpecific') {
    if (!value.startsWith('/')) report(invalid(`${path}.path`, value, 'must be an absolute path'));
    for (const bad of badSequences) if (value.includes(bad)) report(invalid(`${path}.path`, value, `must not contain '${bad}'`));
    for (const bad of badEndings) if (value.endsWith(bad)) report(invalid(`${path}.path`, value, `cannot end with '${bad}'`));
  } else if (value !== '' && !value.startsWith('/')) report(invalid(`${path}.path`, value, 'must be an absolute path'));
  checkBackend(report, backend, `${path}.backend`);
}

function checkBackend(report: Report, { service, resource }: IngressBackend, path: string): void {
  if (resource !== undefined && service !== undefined) {
    report(invalid(path, '', 'cannot set both resource and service backends'));
  } else if (service !== undefined) {
    if (checkRequired(report, service.name, `${path}.service.name`)) checkDnsSubdomain(report, service.name, `${path}.service.name`);
    const { name = '', number = 0 } = service.port ?? {};
    if (name !== '' && number !== 0) report(invalid(path, '', 'cannot set both port name & port number'));
    else if (name !== '') checkNames(report, name, `${path}.service.port.name`, isValidPortName);
    else if (number !== 0) checkPortNumber(report, number, `${path}.service.port.number`);
    else report(required(path, 'port name or number is required'));
  } else if (resource === undefined) report(required(path, 'resource or service backend is required'));
}

export function checkIngressClass(report: Report, { spec }: IngressClass): void {
  const controller = spec?.controller ?? '';
  const path = 'spec.controller';
  if (controller.length > 250) report({ type: 'TooLong', path, detail: 'may not be more than 250 bytes' });
  if (!/^[^/]+\/.+$/.test(controller)) report(invalid(path, controller, 'must be a domain-prefixed path (such as "acme.io/foo")'));
}

export function checkIngressClassUpdate(report: Report, next: IngressClass, previous: IngressClass): void {
  checkIngressClass(report, next);
  checkImmutable(report, next.spec?.controller, previous.spec?.controller, 'spec.controller');
}

export function checkNetworkPolicy(report: Report, { spec }: NetworkPolicy): void {
  if (spec === undefined) return;
  checkLabelSelector(report, spec.podSelector, 'spec.podSelector');
  for (const [index, { ports = [], from = [] }] of (spec.ingress ?? []).entries()) {
    const path = `spec.ingress[${index}]`;
    for (const [portIndex, port] of ports.entries()) checkPolicyPort(report, port, `${path}.ports[${portIndex}]`);
    for (const [peerIndex, peer] of from.entries()) checkPeer(report, peer, `${path}.from[${peerIndex}]`);
  }
  for (const [index, { ports = [], to = [] }] of (spec.egress ?? []).entries()) {
    const path = `spec.egress[${index}]`;
    for (const [portIndex, port] of ports.entries()) checkPolicyPort(report, port, `${path}.ports[${portIndex}]`);
    for (const [peerIndex, peer] of to.entries()) checkPeer(report, peer, `${path}.to[${peerIndex}]`);
  }
  const types = spec.policyTypes ?? [];
  if (types.length > 2) report(invalid('spec.policyTypes', types, 'may not specify more than two policyTypes'));
  else {
    for (const [index, type] of types.entries()) {
      if (type !== 'Ingress' && type !== 'Egress') report(notSupported(`spec.policyTypes[${index}]`, type, ['Egress', 'Ingress']));
    }
  }
}

function checkPolicyPort(report: Report, { protocol, port, endPort }: NetworkPolicyPort, path: string): void {
  if (protocol !== undefined && !protocols.includes(protocol)) report(notSupported(`${path}.protocol`, protocol, protocols));
  if (typeof port === 'string') checkNames(report, port, `${path}.port`, isValidPortName);
  else if (port !== undefined) {
    checkPortNumber(report, port, `${path}.port`);
    if (endPort !== undefined && endPort < port) report(invalid(`${path}.endPort`, port, 'must be greater than or equal to `port`'));
  }
  if (endPort === undefined) return;
  if (port === undefined) report(required(`${path}.endPort`, 'may not be specified when `port` is not specified'));
  else if (typeof port === 'string') report(invalid(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
}

function checkPeer(report: Report, { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: string): void {
  checkLabelSelector(report, podSelector, `${path}.podSelector`);
  checkLabelSelector(report, namespaceSelector, `${path}.namespaceSelector`);
  if (ipBlock !== undefined) {
    if (checkRequired(report, ipBlock.cidr, `${path}.ipBlock.cidr`)) checkCidr(report, ipBlock.cidr, `${path}.ipBlock.cidr`);
    for (const [index, except] of (ipBlock.except ?? []).entries()) {
      const at = `${path}.ipBlock.except[${index}]`;
      checkCidr(report, except, at);
      if (isCidr(except) && isCidr(ipBlock.cidr) && !isInside(except, ipBlock.cidr))
        report(invalid(at, except, 'must be a strict subset of `cidr`'));
    }
    if (podSelector !== undefined || namespaceSelector !== undefined)
      report(forbidden(path, 'may not specify both ipBlock and another peer'));
  } else if (podSelector === undefined && namespaceSelector === undefined) report(required(path, 'must specify a peer'));
}

/** Of IPv4 ranges; those of IPv6 are taken at their word. */
function isInside(inner: string, outer: string): boolean {
  const [a, b] = [ipv4Range(inner), ipv4Range(outer)];
  if (a === undefined || b === undefined) return true;
  const shift = 2 ** (32 - b.bits);
  return a.bits > b.bits && Math.floor(a.start / shift) === Math.floor(b.start / shift);
}

function ipv4Range(cidr: string): { start: number; bits: number } | undefined {
  const [address = '', bits = ''] = cidr.split('/');
  if (!isIpv4(address)) return undefined;
  return { start: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), bits: Number(bits) };
}
