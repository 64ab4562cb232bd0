import { closeSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { planResolvConf } from '../../dns/resolv-conf.ts';
import { clusterDomain } from '../../dns/zone.ts';
import { servicesFor, type PodSandboxSpec, type ServiceRoute } from '../../runtime.ts';
import type { PodWire } from '../shim/pod-wire.ts';

/** What a pod's resolver reads. */
export interface PodNames {
  readonly spec: PodSandboxSpec;
  readonly ip: string;
}

/**
 * The Services in a pod's hosts file, beside what the name server says of them: a program's connections shall come from its pod's address,
 * and only port 53 of a privileged supervisor serves resolvers. While the Service for names leads nowhere there are none, as DNS is broken, and for
 * pods that do not ask the cluster neither.
 */
export function listedServices(
  { dnsSearchNamespace, dns }: Pick<PodSandboxSpec, 'dnsSearchNamespace' | 'dns'>,
  services: readonly ServiceRoute[],
): readonly ServiceRoute[] {
  const nameServer = services.find((service) => service.namespace === 'kube-system' && service.name === 'kube-dns');
  const isAnswered = dns?.usesCluster !== false && nameServer?.ports.some(({ endpoints }) => endpoints.length > 0) === true;
  return servicesFor(dnsSearchNamespace, services).filter(({ isHidden }) => isAnswered || isHidden === true);
}

/**
 * `/etc/hosts` of a pod: its own name, its host aliases, and every Service under the names that Kubernetes' DNS would answer to. A
 * headless Service has a line for each ready endpoint, one by hostname for those that have one.
 */
export function renderHosts({ spec, ip }: PodNames, services: readonly ServiceRoute[]): string {
  return [
    '# Written by Drillhouse, and again whenever a Service changes.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    `${ip}\t${spec.hostname}`,
    ...spec.hostAliases.map((alias) => `${alias.ip}\t${alias.hostnames.join(' ')}`),
    ...services.flatMap((service) => serviceLines(service, spec.dnsSearchNamespace)),
    '',
  ].join('\n');
}

function serviceLines(service: ServiceRoute, searchNamespace: string): string[] {
  const names = namesIn(service, searchNamespace);
  if (service.clusterIp !== 'None') return service.clusterIp === '' ? [] : [`${service.clusterIp}\t${names.join(' ')}`];
  const endpoints = new Map(service.ports.flatMap((port) => port.endpoints.map((endpoint) => [endpoint.ip, endpoint] as const)));
  return [...endpoints.values()].map(({ ip, hostname }) => {
    const own = hostname === undefined ? [] : names.map((name) => `${hostname}.${name}`);
    return `${ip}\t${[...own, ...names].join(' ')}`;
  });
}

function namesIn({ name, namespace }: ServiceRoute, searchNamespace: string): string[] {
  const short = namespace === searchNamespace ? [name] : [];
  return [...short, `${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.${clusterDomain}`];
}

export const podFiles = ['hosts', 'resolv.conf', 'hostname'] as const;

export function writePodFiles(folder: string, names: PodNames, services: readonly ServiceRoute[], nameServer: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  writeFileSync(path.join(folder, 'hosts'), renderHosts(names, services));
  writeFileSync(
    path.join(folder, 'resolv.conf'),
    planResolvConf(names.spec.dnsSearchNamespace, nameServer, ['timeout:1', 'attempts:1'], names.spec.dns),
  );
  writeFileSync(path.join(folder, 'hostname'), `${names.spec.hostname}\n`);
  for (const [kind, text] of Object.entries(renderCurlrcs(names.ip))) {
    mkdirSync(path.join(folder, netFolder, kind), { recursive: true, mode: 0o755 });
    writeFileSync(path.join(folder, netFolder, kind, '.curlrc'), text);
  }
}

/** The pod's folder of what its programs read about the network; mounted as a whole, so that files in it may be replaced. */
export const netFolder = 'net';

/**
 * curl is told which address to come from, or policies and faults would take it for the node. It has localhost built in as 127.0.0.1, which
 * all pods share, and is told where the pod's programs listen; a workspace keeps the host's, where `kubectl port-forward` listens.
 */
function renderCurlrcs(ip: string): Readonly<Record<'curl' | 'workspace', string>> {
  const source = `interface = "host!${ip}"\n`;
  return { workspace: source, curl: source + ['localhost', '127.0.0.1'].map((host) => `connect-to = "${host}::${ip}:"\n`).join('') };
}

/** Tells the pod's Node programs of the traffic between pods, or that there is nothing to tell. */
export function writePodWire(folder: string, wire: PodWire | undefined): void {
  const file = path.join(folder, netFolder, 'wire.json');
  if (wire === undefined) {
    rmSync(file, { force: true });
    return;
  }
  writeFileSync(`${file}.new`, JSON.stringify(wire), { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

/** Writes into the file that containers have mounted: another file under the same name would not be seen by them. */
export function rewriteInPlace(file: string, text: string): void {
  const content = Buffer.from(text);
  const fd = openSync(file, 'r+');
  try {
    writeSync(fd, content, 0, content.length, 0);
    ftruncateSync(fd, content.length);
  } finally {
    closeSync(fd);
  }
}
