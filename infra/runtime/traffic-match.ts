import { BlockList } from 'node:net';
import type { AddressRange, TrafficRule } from './runtime.ts';

/** The other side of a connection, and the port that is connected to. */
export interface TrafficPeer {
  readonly ip: string;
  readonly port: number;
  /** Absent means TCP. */
  readonly protocol?: 'TCP' | 'UDP';
}

/** Whether one direction's rules let a connection through; no rules at all mean that nothing isolates the pod. */
export function allows(rules: readonly TrafficRule[] | undefined, peer: TrafficPeer): boolean {
  return rules === undefined || rules.some((rule) => matchesPeer(rule, peer.ip) && matchesPort(rule, peer));
}

function matchesPeer({ peers }: TrafficRule, ip: string): boolean {
  return peers === undefined || peers.some(({ cidr, except }) => isIn(cidr, ip) && !except.some((range) => isIn(range, ip)));
}

function isIn(cidr: AddressRange['cidr'], ip: string): boolean {
  const [base = '', prefix = '32'] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(prefix), 'ipv4');
  return list.check(ip, 'ipv4');
}

function matchesPort({ ports }: TrafficRule, { port, protocol: wanted = 'TCP' }: TrafficPeer): boolean {
  if (ports === undefined) return true;
  return ports.some(
    ({ protocol, first, last }) => protocol === wanted && (first === undefined || (port >= first && port <= (last ?? first))),
  );
}
