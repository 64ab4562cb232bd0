/** IPv4 arithmetic for carving a pool into the sandboxes' networks. A subnet is `{ base, prefix }` with `base` as an unsigned number. */
export interface Subnet {
  readonly base: number;
  readonly prefix: number;
}

const CIDR = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/** Undefined for what is not IPv4 in CIDR notation, e.g. an IPv6 subnet of somebody else's network. */
export function parseSubnet(cidr: string): Subnet | undefined {
  const match = CIDR.exec(cidr);
  if (match === null) return undefined;
  const [octets, prefix] = [match.slice(1, 5).map(Number), Number(match[5])];
  if (prefix > 32 || octets.some((octet) => octet > 255)) return undefined;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return { base: address - (address % sizeOf(prefix)), prefix };
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet.base)}/${subnet.prefix}`;
}

/** The bridge's address: the first of the subnet. */
export function gatewayOf(subnet: Subnet): string {
  return formatAddress(subnet.base + 1);
}

/** The first and the last address: what is sent there reaches everybody on the bridge, the host too. */
export function broadcastsOf(subnet: Subnet): readonly string[] {
  return [formatAddress(subnet.base), formatAddress(subnet.base + sizeOf(subnet.prefix) - 1)];
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  const wide = Math.min(a.prefix, b.prefix);
  return Math.floor(a.base / sizeOf(wide)) === Math.floor(b.base / sizeOf(wide));
}

function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

/**
 * Free subnets of a pool in the order in which to try them. They start at a place that depends on `seed`, so that several
 * installations on one engine seldom meet, and a subnet just given up is not the next one taken.
 */
export function* freeSubnets(pool: Subnet, prefix: number, taken: readonly Subnet[], seed: string): Generator<Subnet> {
  const count = 2 ** (prefix - pool.prefix);
  const start = hashOf(seed) % count;
  for (let offset = 0; offset < count; offset += 1) {
    const subnet = { base: pool.base + ((start + offset) % count) * sizeOf(prefix), prefix };
    if (!taken.some((other) => overlaps(subnet, other))) yield subnet;
  }
}

/**
 * The next pod address after `last` that is free, going round, so that an address rests before it is given out again and old
 * connections to it have ended. Undefined when all are taken.
 */
export function nextAddress(subnet: Subnet, used: ReadonlySet<string>, last: string | undefined): string | undefined {
  const [first, count] = [subnet.base + 2, sizeOf(subnet.prefix) - 3];
  const lastOffset = last === undefined ? -1 : Array.from({ length: count }, (_, offset) => formatAddress(first + offset)).indexOf(last);
  for (let step = 1; step <= count; step += 1) {
    const address = formatAddress(first + ((lastOffset + step) % count));
    if (!used.has(address)) return address;
  }
  return undefined;
}

/** FNV-1a; spreads, nothing more. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
