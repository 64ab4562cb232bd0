import { isIP } from 'node:net';
import { invalid as invalidField, type FieldError } from '../meta/field-error.ts';
import type { Service, ServicePort, ServiceSpec } from '../meta/generated/types.ts';
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
      // What is no address at all is for validation to say.
    } else if (isIP(spec.clusterIP) !== 0 && spec.clusterIP !== previous?.spec?.clusterIP) {
      this.#requireFree(next, spec.clusterIP);
    }
    spec.clusterIPs = [spec.clusterIP];
    spec.ipFamilies ??= ['IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') this.#allocateNodePorts(next, previous?.spec?.ports ?? []);
    else dropOuter(spec, previous?.spec);
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
      refuse(`failed to allocate IP ${ip}: the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${this.#cidr}`);
    }
    const holder = this.#services().find((other) => other.spec?.clusterIP === ip);
    const isOwn = holder?.metadata.name === next.metadata.name && holder.metadata.namespace === next.metadata.namespace;
    if (holder !== undefined && !isOwn) refuse(`failed to allocate IP ${ip}: provided IP is already allocated`);
  }

  #allocateNodePorts(next: Service, previous: readonly ServicePort[]): void {
    const ports = next.spec?.ports ?? [];
    const faults = this.#nodePortFaults(next, ports, new Set(previous.map((port) => port.nodePort)));
    if (faults.length > 0) throw invalid(service, next.metadata.name, faults);
    for (const port of ports) {
      if (port.nodePort !== undefined && port.nodePort !== 0) continue;
      const before = previous.find((other) => other.name === port.name && other.port === port.port)?.nodePort;
      port.nodePort = before ?? this.#freeNodePort();
    }
  }

  /** A number may be shared by ports of one Service under different protocols, never by two Services. */
  #nodePortFaults(next: Service, ports: readonly ServicePort[], held: ReadonlySet<number | undefined>): FieldError[] {
    const others = this.#services().filter(
      ({ metadata }) => metadata.name !== next.metadata.name || metadata.namespace !== next.metadata.namespace,
    );
    const taken = new Set(others.flatMap((other) => (other.spec?.ports ?? []).map((port) => port.nodePort)));
    return ports.flatMap(({ nodePort = 0 }, index) => {
      if (nodePort === 0 || held.has(nodePort)) return [];
      const path = `spec.ports[${index}].nodePort`;
      if (nodePort < NODE_PORT_FIRST || nodePort > NODE_PORT_LAST)
        return [
          invalidField(
            path,
            nodePort,
            `provided port is not in the valid range. The range of valid ports is ${NODE_PORT_FIRST}-${NODE_PORT_LAST}`,
          ),
        ];
      return taken.has(nodePort) ? [invalidField(path, nodePort, 'provided port is already allocated')] : [];
    });
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

/** A Service that is no longer open to the outside gives back what it had for that, where its author did not name other values. */
function dropOuter(spec: ServiceSpec, previous: ServiceSpec | undefined): void {
  const held = new Set((previous?.ports ?? []).map((port) => port.nodePort));
  for (const port of spec.ports ?? []) if (port.nodePort !== undefined && held.has(port.nodePort)) delete port.nodePort;
  if ((spec.externalIPs ?? []).length > 0) return;
  if (spec.externalTrafficPolicy === previous?.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  if (spec.allocateLoadBalancerNodePorts === previous?.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
}
