import type { Answer, RecordType, StringAnswer } from 'dns-packet';
import type { ServiceRoute } from '../runtime.ts';

/** The cluster's domain, as kubeadm names it. */
export const clusterDomain = 'cluster.local';

/** As CoreDNS: long enough to spare the responder a busy client's questions, short enough to follow a Service. */
const TTL_SECONDS = 5;

export type ZoneAnswer =
  | { readonly kind: 'found'; readonly answers: readonly Answer[] }
  /** The name is there, but nothing of this type. */
  | { readonly kind: 'empty' }
  /** `answers` is an alias that leads to where this zone ends. */
  | { readonly kind: 'unknown'; readonly answers: readonly Answer[] };

type Endpoint = ServiceRoute['ports'][number]['endpoints'][number];
type HostAddress = Pick<Endpoint, 'ip' | 'hostname'>;

/**
 * The names of one cluster, after the specification of DNS-based service discovery for Kubernetes (1.1.0): A of Services and of the pods
 * behind headless ones, SRV of named ports, PTR, CNAME of ExternalNames, A of `a-b-c-d.ns.pod`. Everything else does not exist: no question
 * goes on to another server, so that no data leaves by DNS. Services of hidden namespaces are left out.
 */
export class Zone {
  readonly #records = new Map<string, Answer[]>();
  /** All names that have something at them or below them. */
  readonly #names = new Set<string>([clusterDomain, `svc.${clusterDomain}`, `pod.${clusterDomain}`]);

  constructor(services: readonly ServiceRoute[]) {
    this.#add({ type: 'TXT', name: `dns-version.${clusterDomain}`, data: '1.1.0', ttl: TTL_SECONDS });
    for (const service of services) if (service.isHidden !== true) this.#addService(service);
  }

  /** Names are taken as they are asked for: without regard to case, with or without the last dot. `random` is even over 0 to 1. */
  answer(asked: string, type: RecordType, random: () => number = Math.random): ZoneAnswer {
    const name = asked.toLowerCase().replace(/\.$/, '');
    const records = this.#records.get(name) ?? podRecords(name);
    const alias = records.find(isAlias);
    if (alias !== undefined && type !== 'CNAME') return this.#follow(alias, type, random);
    const answers = records.filter((record) => record.type === type);
    if (answers.length > 0) return { kind: 'found', answers: shuffled(answers, random) };
    return records.length > 0 || this.#names.has(name) ? { kind: 'empty' } : { kind: 'unknown', answers: [] };
  }

  /** One step only: an alias of an alias is as good as one that leads out. */
  #follow(alias: Alias, type: RecordType, random: () => number): ZoneAnswer {
    const target = this.#records.get(alias.data.toLowerCase()) ?? [];
    if (target.length === 0 || target.some((record) => record.type === 'CNAME')) return { kind: 'unknown', answers: [alias] };
    return { kind: 'found', answers: [alias, ...shuffled(target, random).filter((record) => record.type === type)] };
  }

  #addService(service: ServiceRoute): void {
    const name = `${service.name}.${service.namespace}.svc.${clusterDomain}`.toLowerCase();
    this.#addName(name);
    if (service.externalName !== undefined)
      this.#add({ type: 'CNAME', name, data: service.externalName.replace(/\.$/, ''), ttl: TTL_SECONDS });
    else if (service.clusterIp === 'None') this.#addHeadless(service, name);
    else if (service.clusterIp !== '') this.#addClusterIp(service, name);
  }

  #addClusterIp({ clusterIp, ports }: ServiceRoute, name: string): void {
    this.#addAddress(name, clusterIp);
    this.#add({ type: 'PTR', name: reverseName(clusterIp), data: name, ttl: TTL_SECONDS });
    for (const port of ports) this.#addPort(name, port, port.port, name);
  }

  #addHeadless({ ports, addresses = [] }: ServiceRoute, name: string): void {
    const all = [...ports.flatMap((port): readonly HostAddress[] => port.endpoints), ...addresses];
    for (const [ip, endpoint] of new Map(all.map((one) => [one.ip, one]))) {
      const own = hostName(endpoint, name);
      this.#addAddress(name, ip);
      this.#addAddress(own, ip);
      this.#add({ type: 'PTR', name: reverseName(ip), data: own, ttl: TTL_SECONDS });
    }
    for (const port of ports) for (const endpoint of port.endpoints) this.#addPort(name, port, endpoint.port, hostName(endpoint, name));
  }

  /** A port without a name has no SRV of its own, but is among those of its Service. */
  #addPort(service: string, port: ServiceRoute['ports'][number], number: number, target: string): void {
    const data = { priority: 0, weight: 100, port: number, target };
    this.#add({ type: 'SRV', name: service, data, ttl: TTL_SECONDS });
    if (port.name === undefined || port.name === '') return;
    this.#add({ type: 'SRV', name: `_${port.name}._${port.protocol.toLowerCase()}.${service}`, data, ttl: TTL_SECONDS });
  }

  #addAddress(name: string, ip: string): void {
    this.#add({ type: 'A', name, data: ip, ttl: TTL_SECONDS });
  }

  #add(record: Answer): void {
    this.#addName(record.name);
    this.#records.set(record.name, [...(this.#records.get(record.name) ?? []), record]);
  }

  #addName(name: string): void {
    for (let rest = name; rest.endsWith(clusterDomain); rest = rest.slice(rest.indexOf('.') + 1)) this.#names.add(rest);
  }
}

type Alias = StringAnswer & { readonly data: string };

function isAlias(record: Answer): record is Alias {
  return record.type === 'CNAME';
}

/** A pod that gave itself no host name below the Service is named after its address. */
function hostName({ ip, hostname }: HostAddress, service: string): string {
  return `${hostname ?? ip.replaceAll('.', '-')}.${service}`.toLowerCase();
}

function reverseName(ip: string): string {
  return `${ip.split('.').reverse().join('.')}.in-addr.arpa`;
}

const POD_NAME = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})\.[a-z0-9-]+\.pod\.cluster\.local$/;

/** As CoreDNS under `pods insecure`, kubeadm's setting: the name says the address, whoever has it. */
function podRecords(name: string): readonly Answer[] {
  const bytes = POD_NAME.exec(name)?.slice(1).map(Number);
  if (bytes === undefined || bytes.some((byte) => byte > 255)) return [];
  return [{ type: 'A', name, data: bytes.join('.'), ttl: TTL_SECONDS }];
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const all = [...values];
  const first = Math.floor(random() * all.length);
  return [...all.slice(first), ...all.slice(0, first)];
}
