/** What a pod's Node programs are told of their pod. */
export interface PodAddresses {
  readonly podIp: string;
  /** Where the pod's own `localhost` is. */
  readonly loopback: string;
}

const unspecified: ReadonlySet<string> = new Set(['', '0.0.0.0', '::', '0:0:0:0:0:0:0:0', '::0', '*']);
const localNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', 'ip6-localhost']);

/** Where a program that wants to listen on `host` listens. Other addresses stay as they are. */
export function listenAddress(host: string | undefined, { podIp, loopback }: PodAddresses): string {
  if (host === undefined || unspecified.has(host)) return podIp;
  return localNames.has(host) ? loopback : host;
}

export interface Target {
  readonly host: string;
  /** The address to connect from; undefined leaves it to the kernel. */
  readonly localAddress: string | undefined;
}

/**
 * Where a connection to `host` really goes and from where: localhost is the pod, names of the hosts file are their address, and to
 * anything in 127/8 the pod shows its own address rather than 127.0.0.1. Undefined when all can stay as it is.
 */
export function connectTarget(
  host: string | undefined,
  addresses: PodAddresses,
  hosts: ReadonlyMap<string, readonly string[]>,
): Target | undefined {
  if (host === undefined || isLocal(host)) return { host: addresses.podIp, localAddress: addresses.podIp };
  const resolved = hosts.get(host.toLowerCase().replace(/\.$/, ''));
  const address = resolved === undefined ? host : resolved[Math.floor(Math.random() * resolved.length)];
  if (address === undefined) return undefined;
  if (address.startsWith('127.')) return { host: address, localAddress: addresses.podIp };
  return address === host ? undefined : { host: address, localAddress: undefined };
}

export function isLocal(host: string | undefined): boolean {
  return host === undefined || localNames.has(host) || unspecified.has(host);
}

const LISTEN = '0A';

/**
 * Whether somebody listens on `address:port`, by the kernel's table in /proc/net/tcp, which has addresses in hexadecimal, last byte first; or
 * in /proc/net/tcp6 on `::`.
 */
export function hasListener(table: string, address: string, port: number): boolean {
  const hex = (value: number, width: number): string => value.toString(16).toUpperCase().padStart(width, '0');
  const bytes = address.split('.').reverse();
  const wanted = `${address === '::' ? hex(0, 32) : bytes.map((byte) => hex(Number(byte), 2)).join('')}:${hex(port, 4)}`;
  return table.split('\n').some((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return local === wanted && state === LISTEN;
  });
}

/** IPv4 addresses by name, in the file's order. */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address, ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (address === undefined || address === '' || address.includes(':')) continue;
    for (const name of names) byName.set(name.toLowerCase(), [...(byName.get(name.toLowerCase()) ?? []), address]);
  }
  return byName;
}
