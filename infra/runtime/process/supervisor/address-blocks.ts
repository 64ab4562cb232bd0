import { createHash } from 'node:crypto';

/**
 * Addresses inside 127/8, all of which a Linux host answers on without any set-up. A supervisor claims whole `127.x/16` ranges;
 * each cluster gets a /22 in one of them, cut into four /24: pods, Services, the pods' own loopbacks, and relays to the pods.
 * 127.0/16 (localhost, resolvers) and 127.255/16 are never used, nor the first /22 of a range, where the claim itself lives.
 */
export interface AddressBlock {
  /** Second byte of the range: `127.<range>/16`. */
  readonly range: number;
  /** Which /22 of the range, 1 to 63. */
  readonly index: number;
}

const FIRST_RANGE = 1;
const RANGES = 254;
const BLOCKS_A_RANGE = 64;
/** .0 and .1 are left free, .255 too: they look like network, gateway and broadcast to whoever reads them. */
const FIRST_HOST = 2;
const LAST_HOST = 254;

export function podCidr(block: AddressBlock): string {
  return `127.${block.range}.${block.index * 4}.0/24`;
}

export function serviceCidr(block: AddressBlock): string {
  return `127.${block.range}.${block.index * 4 + 1}.0/24`;
}

/** Where programs of a pod that listen on `localhost` really listen: private to the pod by convention, free of other pods' ports. */
export function loopbackOf(podIp: string): string {
  return neighbour(podIp, 2);
}

/** Where other pods connect to while the wire to a pod is bad: port for port the pod's own. */
export function relayOf(podIp: string): string {
  return neighbour(podIp, 3);
}

/** Where a cluster's pods ask for the way to one another. */
export function doorAddress(block: AddressBlock): string {
  return `127.${block.range}.${block.index * 4 + 3}.1`;
}

/** What all addresses of a cluster's pods begin with. */
export function podPrefix(block: AddressBlock): string {
  return `127.${block.range}.${block.index * 4}.`;
}

function neighbour(podIp: string, distance: number): string {
  const [first, second, third, fourth] = podIp.split('.');
  return `${first ?? ''}.${second ?? ''}.${Number(third) + distance}.${fourth ?? ''}`;
}

/** The address whose listener says that a range is taken, for every supervisor on this host. */
export function claimAddress(range: number): string {
  return `127.${range}.0.1`;
}

/** All ranges in the order that a supervisor tries them: a place of its own first, so that two rarely meet. */
export function rangesFrom(seed: string): number[] {
  const start = createHash('sha256').update(seed).digest().readUInt16BE(0) % RANGES;
  return Array.from({ length: RANGES }, (_, offset) => FIRST_RANGE + ((start + offset) % RANGES));
}

/** The lowest block free in `ranges`; undefined when another range must be claimed. */
export function planBlock(ranges: readonly number[], taken: readonly AddressBlock[]): AddressBlock | undefined {
  const used = new Set(taken.map(({ range, index }) => range * BLOCKS_A_RANGE + index));
  for (const range of ranges)
    for (let index = 1; index < BLOCKS_A_RANGE; index++) if (!used.has(range * BLOCKS_A_RANGE + index)) return { range, index };
  return undefined;
}

/** The next pod address after `last`, round and round, so that an address is not given again at once. Undefined when all are in use. */
export function planPodIp(block: AddressBlock, inUse: ReadonlySet<string>, last: string | undefined): string | undefined {
  const count = LAST_HOST - FIRST_HOST + 1;
  const lastHost = last === undefined ? FIRST_HOST - 1 : Number(last.split('.').at(-1));
  for (let step = 1; step <= count; step++) {
    const ip = `127.${block.range}.${block.index * 4}.${FIRST_HOST + ((lastHost - FIRST_HOST + step) % count)}`;
    if (!inUse.has(ip)) return ip;
  }
  return undefined;
}
