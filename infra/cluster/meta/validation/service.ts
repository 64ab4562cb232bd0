import { duplicate, forbidden, invalid, notSupported, required } from '../field-error.ts';
import type { EndpointAddress, Endpoints, EndpointSlice, Service, ServicePort, ServiceSpec } from '../generated/types.ts';
import { isQualifiedName } from '../names.ts';
import { checkLabels } from './object-meta.ts';
import {
  checkCidr,
  checkDnsLabel,
  checkDnsSubdomain,
  checkImmutable,
  checkIp,
  checkNames,
  checkOneOf,
  checkPortNumber,
  checkPortNumberOrName,
  checkRequired,
  inclusiveRange,
  isEmpty,
  isIpv4,
  isIpv6,
  protocols,
  type Report,
} from './report.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

export function checkService(report: Report, service: Service): void {
  const spec = service.spec ?? {};
  const headless = spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None';
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') report(required('spec.ports'));
  checkType(report, spec, headless);
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) checkPort(report, port, ports.length > 1, names, `spec.ports[${index}]`);
  checkLabels(report, spec.selector, 'spec.selector');
  checkOneOf(report, spec.sessionAffinity, 'spec.sessionAffinity', ['ClientIP', 'None']);
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (timeout !== undefined && (timeout <= 0 || timeout > 86_400)) {
    report(invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', timeout, 'must be greater than 0 and less than 86400'));
  }
  checkClusterIps(report, spec);
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) checkIp(report, ip, `spec.externalIPs[${index}]`);
  checkOneOf(report, spec.type, 'spec.type', types);
  checkNodePorts(report, spec, ports);
  checkDuplicatePorts(report, ports);
  for (const [index, range] of (spec.loadBalancerSourceRanges ?? []).entries())
    checkCidr(report, range.trim(), `spec.loadBalancerSourceRanges[${index}]`);
  checkTraffic(report, spec);
}

function checkType(report: Report, spec: ServiceSpec, headless: boolean): void {
  switch (spec.type) {
    case 'LoadBalancer':
    case 'NodePort':
      if (headless) report(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
      break;
    case 'ExternalName':
      if ((spec.clusterIPs ?? []).length > 0 || !isEmpty(spec.clusterIP))
        report(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
      if (checkRequired(report, spec.externalName, 'spec.externalName'))
        checkDnsSubdomain(report, spec.externalName.replace(/\.$/, ''), 'spec.externalName');
      break;
    default:
  }
}

function checkPort(report: Report, port: ServicePort, needsName: boolean, names: Set<string>, path: string): void {
  const { name = '', protocol, appProtocol } = port;
  if (needsName && name === '') report(required(`${path}.name`));
  else if (name !== '') {
    checkDnsLabel(report, name, `${path}.name`);
    if (names.has(name)) report(duplicate(`${path}.name`, name));
    names.add(name);
  }
  checkPortNumber(report, port.port, `${path}.port`);
  checkOneOf(report, protocol, `${path}.protocol`, protocols);
  checkPortNumberOrName(report, port.targetPort, `${path}.targetPort`);
  if (appProtocol !== undefined) checkNames(report, appProtocol, `${path}.appProtocol`, isQualifiedName);
}

function checkClusterIps(report: Report, spec: ServiceSpec): void {
  const ips = spec.clusterIPs ?? (isEmpty(spec.clusterIP) ? [] : [spec.clusterIP]);
  for (const [index, ip] of ips.entries()) {
    const path = `spec.clusterIPs[${index}]`;
    if (ip === 'None') {
      if (index > 0) report(invalid(path, ip, "'None' must be the first and only value"));
    } else checkIp(report, ip, path);
  }
  if (spec.clusterIPs !== undefined && !isEmpty(spec.clusterIP) && spec.clusterIPs[0] !== spec.clusterIP) {
    report(invalid('spec.clusterIPs', spec.clusterIPs, 'first value must match `clusterIP`'));
  }
}

function checkNodePorts(report: Report, spec: ServiceSpec, ports: readonly ServicePort[]): void {
  const seen = new Set<string>();
  for (const [index, { nodePort = 0, protocol = '' }] of ports.entries()) {
    const path = `spec.ports[${index}].nodePort`;
    if (nodePort === 0) continue;
    if (spec.type === 'ClusterIP') report(forbidden(path, "may not be used when `type` is 'ClusterIP'"));
    const key = `${protocol}/${nodePort}`;
    if (seen.has(key)) report(duplicate(path, nodePort));
    seen.add(key);
  }
}

/** Two ports may share a number only under different protocols. The value shown is Kubernetes' internal struct. */
function checkDuplicatePorts(report: Report, ports: readonly ServicePort[]): void {
  const seen = new Set<string>();
  for (const [index, { port, protocol = '' }] of ports.entries()) {
    const key = `${protocol}/${port}`;
    if (seen.has(key))
      report(
        duplicate(`spec.ports[${index}]`, { AppProtocol: null, Name: '', NodePort: 0, Port: port, Protocol: protocol, TargetPort: 0 }),
      );
    seen.add(key);
  }
}

function checkTraffic(report: Report, spec: ServiceSpec): void {
  const policies = ['Cluster', 'Local'];
  const { externalTrafficPolicy: external, internalTrafficPolicy: internal } = spec;
  const isExternal = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs ?? []).length > 0;
  if (external !== undefined) {
    if (!isExternal) report(invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'));
    else if (!policies.includes(external)) report(notSupported('spec.externalTrafficPolicy', external, policies));
  }
  if (internal !== undefined && !policies.includes(internal)) report(notSupported('spec.internalTrafficPolicy', internal, policies));
  const families = ['SingleStack', 'PreferDualStack', 'RequireDualStack'];
  if (spec.ipFamilyPolicy !== undefined && !families.includes(spec.ipFamilyPolicy))
    report(notSupported('spec.ipFamilyPolicy', spec.ipFamilyPolicy, families));
}

export function checkServiceUpdate(report: Report, next: Service, previous: Service): void {
  const [now, was] = [next.spec ?? {}, previous.spec ?? {}];
  // A service that stays one with an address keeps its address.
  const keeps = now.type !== 'ExternalName' && was.type !== 'ExternalName' && !isEmpty(was.clusterIP);
  if (keeps && now.clusterIP !== was.clusterIP) {
    report(invalid('spec.clusterIPs[0]', now.clusterIPs ?? (isEmpty(now.clusterIP) ? [] : [now.clusterIP]), 'may not change once set'));
  }
  checkService(report, next);
}

export function checkEndpoints(report: Report, { subsets }: Endpoints): void {
  for (const [index, { addresses = [], notReadyAddresses = [], ports = [] }] of (subsets ?? []).entries()) {
    const path = `subsets[${index}]`;
    if (addresses.length === 0 && notReadyAddresses.length === 0) report(required(path, 'must specify `addresses` or `notReadyAddresses`'));
    checkAddresses(report, addresses, `${path}.addresses`);
    checkAddresses(report, notReadyAddresses, `${path}.notReadyAddresses`);
    for (const [portIndex, { name, port, protocol }] of ports.entries()) {
      const at = `${path}.ports[${portIndex}]`;
      if (ports.length > 1 && isEmpty(name)) report(required(`${at}.name`));
      else if (!isEmpty(name)) checkDnsLabel(report, name, `${at}.name`);
      checkPortNumber(report, port, `${at}.port`);
      checkOneOf(report, protocol, `${at}.protocol`, protocols);
    }
  }
}

function checkAddresses(report: Report, addresses: readonly EndpointAddress[], path: string): void {
  for (const [index, { ip, hostname }] of addresses.entries()) {
    checkIp(report, ip, `${path}[${index}].ip`);
    if (!isEmpty(hostname)) checkDnsLabel(report, hostname, `${path}[${index}].hostname`);
  }
}

const maxEndpoints = 1000;
const maxAddresses = 100;
const maxSlicePorts = 20_000;

export function checkEndpointSlice(report: Report, slice: EndpointSlice): void {
  checkOneOf(report, slice.addressType, 'addressType', ['FQDN', 'IPv4', 'IPv6']);
  const endpoints = slice.endpoints ?? [];
  if (endpoints.length > maxEndpoints)
    report({ type: 'TooMany', path: 'endpoints', value: endpoints.length, detail: `must have at most ${maxEndpoints} items` });
  for (const [index, { addresses, hostname }] of endpoints.entries()) {
    const path = `endpoints[${index}]`;
    if (addresses.length === 0) report(required(`${path}.addresses`, 'must contain at least 1 address'));
    if (addresses.length > maxAddresses) {
      report({ type: 'TooMany', path: `${path}.addresses`, value: addresses.length, detail: `must have at most ${maxAddresses} items` });
    }
    for (const [addressIndex, address] of addresses.entries())
      checkSliceAddress(report, slice.addressType, address, `${path}.addresses[${addressIndex}]`);
    if (!isEmpty(hostname)) checkDnsLabel(report, hostname, `${path}.hostname`);
  }
  checkSlicePorts(report, slice);
}

function checkSliceAddress(report: Report, type: string, address: string, path: string): void {
  if (type === 'FQDN') checkDnsSubdomain(report, address, path);
  else if (type === 'IPv4' && !isIpv4(address)) report(invalid(path, address, 'must be an IPv4 address'));
  else if (type === 'IPv6' && !isIpv6(address)) report(invalid(path, address, 'must be an IPv6 address'));
}

function checkSlicePorts(report: Report, { ports = [] }: EndpointSlice): void {
  const names = new Set<string>();
  if (ports.length > maxSlicePorts)
    report({ type: 'TooMany', path: 'ports', value: ports.length, detail: `must have at most ${maxSlicePorts} items` });
  for (const [index, { name = '', port, protocol }] of ports.entries()) {
    const path = `ports[${index}]`;
    if (name !== '') checkDnsLabel(report, name, `${path}.name`);
    if (names.has(name)) report(duplicate(`${path}.name`, name));
    names.add(name);
    if (port !== undefined && (port < 1 || port > 65_535)) report(invalid(`${path}.port`, port, inclusiveRange(1, 65_535)));
    checkOneOf(report, protocol, `${path}.protocol`, protocols);
  }
}

export function checkEndpointSliceUpdate(report: Report, next: EndpointSlice, previous: EndpointSlice): void {
  checkEndpointSlice(report, next);
  checkImmutable(report, next.addressType, previous.addressType, 'addressType');
}
