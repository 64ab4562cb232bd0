import type { PodTraffic, ServiceRoute } from '../runtime.ts';
import { allows } from '../traffic-match.ts';
import { broadcastsOf, parseSubnet } from './subnets.ts';
import { planPolicyChains, planWireRules } from './traffic-rules.ts';

/** What a pod's network namespace may reach, and how ClusterIPs lead to endpoints. */
export interface FirewallInput {
  readonly podCidr: string;
  /** The bridge's address, which is the host: closed but for what `services` name there (the API server). */
  readonly gateway: string;
  readonly services: readonly ServiceRoute[];
  /** Where the cluster's names are answered, on the gateway. */
  readonly dnsPort?: number | undefined;
  /** Undefined for a pod that may talk to all others, without faults. */
  readonly traffic?: PodTraffic | undefined;
}

/** The engine's own resolver inside every namespace. It forwards to the host's, and so would carry data out. */
const ENGINE_RESOLVER = '127.0.0.11';

/**
 * The nft script that makes a pod's namespace right in one transaction, whatever was there. Everything that is not named is refused
 * at once rather than dropped, as a trainee should see "connection refused" and not wait. Established connections live on, also those
 * that came in from the host (port-forward, probes).
 */
export function planFirewall(input: FirewallInput): string {
  return [
    'add table inet drillhouse',
    'delete table inet drillhouse',
    'table inet drillhouse {',
    '  chain translate {',
    // Before the engine's own NAT chain at -100.
    '    type nat hook output priority -101; policy accept;',
    ...input.services.flatMap(translations).map((rule) => `    ${rule}`),
    '  }',
    '  chain refuse {',
    '    meta l4proto tcp reject with tcp reset',
    '    reject with icmpx type port-unreachable',
    '  }',
    ...planPolicyChains(input.traffic, input.gateway).map((line) => `  ${line}`),
    '  chain guard {',
    '    type filter hook output priority 0; policy drop;',
    `    ip daddr { ${closedAddresses(input).join(', ')} } goto refuse`,
    '    oifname "lo" accept',
    ...planWireRules(input.traffic?.faults ?? []).map((rule) => `    ${rule}`),
    '    ct state established,related accept',
    ...(input.traffic?.egress === undefined ? [] : [...dnsPassage(input).map((rule) => `    ${rule}`), '    jump egress']),
    ...hostPorts(input).map((rule) => `    ${rule}`),
    `    ip daddr ${input.gateway} goto refuse`,
    `    ip daddr ${input.podCidr} accept`,
    '    goto refuse',
    '  }',
    '}',
    '',
  ].join('\n');
}

function closedAddresses({ podCidr }: FirewallInput): readonly string[] {
  const subnet = parseSubnet(podCidr);
  return [ENGINE_RESOLVER, ...(subnet === undefined ? [] : broadcastsOf(subnet))];
}

/** A port without endpoints gets no rule: its ClusterIP lies outside of what the guard lets pass, and so is refused. */
function translations(service: ServiceRoute): readonly string[] {
  if (service.clusterIp === 'None' || service.clusterIp === '') return [];
  return service.ports
    .filter((port) => port.endpoints.length > 0)
    .map((port) => {
      const match = `ip daddr ${service.clusterIp} ${port.protocol.toLowerCase()} dport ${port.port}`;
      return `${match} dnat ip addr . port to ${spread(port.endpoints, service.isSticky === true)}`;
    });
}

/** A client's address alone decides where affinity is wanted: in a pod's namespace that is one endpoint for all its connections. */
function spread(endpoints: readonly { readonly ip: string; readonly port: number }[], isSticky: boolean): string {
  const entries = endpoints.map(({ ip, port }, index) => `${index} : ${ip} . ${port}`);
  const choice = isSticky ? 'jhash ip saddr' : 'numgen random';
  return `${choice} mod ${endpoints.length}${isSticky ? ' seed 0x1' : ''} map { ${entries.join(', ')} }`;
}

/**
 * A policy speaks of the name server's port 53, and here its packets have become those of the port behind it already: so that what the
 * policy says of port 53 is looked up beforehand.
 */
function dnsPassage({ gateway, dnsPort, traffic }: FirewallInput): readonly string[] {
  if (dnsPort === undefined) return [];
  return (['UDP', 'TCP'] as const)
    .filter((protocol) => allows(traffic?.egress, { ip: gateway, port: 53, protocol }))
    .map((protocol) => `ip daddr ${gateway} ${protocol.toLowerCase()} dport ${dnsPort} accept`);
}

function hostPorts({ gateway, services }: FirewallInput): readonly string[] {
  const open = services.flatMap((service) =>
    service.ports.flatMap(({ protocol, endpoints }) =>
      endpoints.filter(({ ip }) => ip === gateway).map(({ port }) => `ip daddr ${gateway} ${protocol.toLowerCase()} dport ${port} accept`),
    ),
  );
  return [...new Set(open)].sort();
}
