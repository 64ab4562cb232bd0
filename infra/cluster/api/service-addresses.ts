import { invalid as invalidField } from '../meta/field-error.ts';
import type { Service, ServicePort } from '../meta/generated/types.ts';
import { internalError, invalid } from '../meta/status-error.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { IpAllocator } from './ip-allocator.ts';

const NODE_PORT_FIRST = 30_000;
const NODE_PORT_LAST = 32_767;
const service = { group: '', kind: 'Service' };

/** ClusterIPs and node ports of Services, allocated when they are written. */
export class ServiceAddresses {
  readonly #store: ObjectStore;
  readonly #cidr: string;
  readonly #allocator: IpAllocator;
  #nextNodePort = NODE_PORT_FIRST;

  constructor(store: ObjectStore, cidr: string) {
    this.#store = store;
    this.#cidr = cidr;
    this.#allocator = new IpAllocator(cidr, (ip) => this.#services().some((other) => other.spec?.clusterIP === ip));
  }

  /** The address of the API server's Service. */
  get apiServerIp(): string {
    return this.#allocator.first;
  }

  /** Fills what the Service's type needs; what an update does not name is carried over. */
  allocate(next: Service, previous: Service | undefined): void {
    const { spec } = next;
    if (spec === undefined) return;
    if (spec.type === 'ExternalName') {
      delete spec.clusterIP;
      delete spec.clusterIPs;
      return;
    }
    if (spec.clusterIP === undefined || spec.clusterIP === '') {
      spec.clusterIP = previous?.spec?.clusterIP ?? this.#allocateIp();
    } else if (spec.clusterIP !== 'None' && spec.clusterIP !== previous?.spec?.clusterIP) {
      this.#requireFree(next, spec.clusterIP);
    }
    spec.clusterIPs = [spec.clusterIP];
    spec.ipFamilies ??= ['IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') this.#allocateNodePorts(spec.ports ?? [], previous?.spec?.ports ?? []);
  }

  #allocateIp(): string {
    const ip = this.#allocator.allocate();
    if (ip === undefined) throw internalError(new Error(`failed to allocate a serviceIP: range ${this.#cidr} is full`));
    return ip;
  }

  #requireFree(next: Service, ip: string): void {
    const path = 'spec.clusterIPs';
    const refuse = (detail: string): never => {
      throw invalid(service, next.metadata.name, [invalidField(path, [ip], detail)]);
    };
    if (!this.#allocator.contains(ip)) {
      refuse(`failed to allocate IP ${ip}: the provided network does not match the current range`);
    }
    const holder = this.#services().find((other) => other.spec?.clusterIP === ip);
    const isOwn = holder?.metadata.name === next.metadata.name && holder.metadata.namespace === next.metadata.namespace;
    if (holder !== undefined && !isOwn) refuse(`failed to allocate IP ${ip}: provided IP is already allocated`);
  }

  #allocateNodePorts(ports: ServicePort[], previous: readonly ServicePort[]): void {
    for (const port of ports) {
      if (port.nodePort !== undefined && port.nodePort !== 0) continue;
      const before = previous.find((other) => other.name === port.name && other.port === port.port)?.nodePort;
      port.nodePort = before ?? this.#freeNodePort();
    }
  }

  #freeNodePort(): number {
    const taken = new Set(this.#services().flatMap((other) => (other.spec?.ports ?? []).map((port) => port.nodePort)));
    for (let tried = NODE_PORT_FIRST; tried <= NODE_PORT_LAST; tried += 1) {
      const port = this.#nextNodePort;
      this.#nextNodePort = port >= NODE_PORT_LAST ? NODE_PORT_FIRST : port + 1;
      if (!taken.has(port)) return port;
    }
    throw internalError(new Error('failed to allocate a nodePort: range is full'));
  }

  #services(): readonly Service[] {
    return this.#store.list('/services');
  }
}
