import type { AddressRange, PodTraffic, PortRange, TrafficRule, WireRule } from '../runtime.ts';

/** Resolution of a loss: parts in a million. */
const LOSS_PARTS = 1_000_000;
/** Beyond the second's worth that the kernel's limiter always saves up while nothing is sent; a few full segments after offloading. */
const BURST_SHARE = 0.1;
const MIN_BURST_BYTES = 131_072;

/**
 * The nft chains that hold a pod to its NetworkPolicies; none for a pod that nothing isolates. What no rule lets through is dropped
 * and not refused, as the common network plugins do, so that a trainee sees the time-out that production would show. The node itself
 * is the gateway and always comes in.
 */
export function planPolicyChains(traffic: PodTraffic | undefined, gateway: string): readonly string[] {
  const egress = traffic?.egress?.flatMap((rule) => matches(rule, 'daddr')).map((match) => `${match}return`);
  const ingress = traffic?.ingress?.flatMap((rule) => matches(rule, 'saddr')).map((match) => `${match}accept`);
  return [
    ...(egress === undefined ? [] : ['chain egress {', ...[...egress, 'drop'].map(indent), '}']),
    ...(ingress === undefined
      ? []
      : [
          'chain ingress {',
          ...[
            'type filter hook input priority 0; policy drop;',
            'iifname "lo" accept',
            'ct state established,related accept',
            `ip saddr ${gateway} accept`,
            ...ingress,
          ].map(indent),
          '}',
        ]),
  ];
}

/** Each ends in a space or is empty, which matches everything. */
function matches({ peers, ports }: TrafficRule, side: 'saddr' | 'daddr'): readonly string[] {
  const addresses = peers === undefined ? [''] : peers.map((peer) => addressMatch(peer, side));
  const services = ports === undefined ? [''] : ports.map(portMatch);
  return addresses.flatMap((address) => services.map((service) => `${address}${service}`));
}

function addressMatch({ cidr, except }: AddressRange, side: 'saddr' | 'daddr'): string {
  const others = except.map((range) => `ip ${side} != ${range} `).join('');
  return `ip ${side} ${cidr} ${others}`;
}

function portMatch({ protocol, first, last }: PortRange): string {
  const name = protocol.toLowerCase();
  if (first === undefined) return `meta l4proto ${name} `;
  return `${name} dport ${last === undefined || last === first ? first : `${first}-${last}`} `;
}

/**
 * Rules on what the pod sends, to stand before anything is accepted: replies and established connections suffer too. A reset waits for
 * data, so that the connection opens first.
 */
export function planWireRules(faults: readonly WireRule[]): readonly string[] {
  return faults.flatMap(({ to, port, effect }) => {
    if (to.length === 0 || effect.kind === 'latency') return [];
    const address = `ip daddr { ${to.join(', ')} } `;
    const ends = port === undefined ? [''] : [`tcp dport ${port} `, `tcp sport ${port} `];
    return ends.map((end) => `${address}${end}${verdictOf(effect)}`);
  });
}

function verdictOf(effect: Exclude<WireRule['effect'], { readonly kind: 'latency' }>): string {
  switch (effect.kind) {
    case 'partition':
      return 'drop';
    case 'loss':
      return `numgen random mod ${LOSS_PARTS} < ${Math.round(Math.min(1, Math.max(0, effect.probability)) * LOSS_PARTS)} drop`;
    case 'reset':
      return 'tcp flags & psh != 0 reject with tcp reset';
    case 'bandwidth': {
      const rate = Math.max(1, Math.round(effect.bytesPerSecond));
      return `limit rate over ${rate} bytes/second burst ${Math.max(MIN_BURST_BYTES, Math.round(rate * BURST_SHARE))} bytes drop`;
    }
  }
}

function indent(line: string): string {
  return `  ${line}`;
}
