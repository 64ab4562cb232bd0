import dgram from 'node:dgram';
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { connectTarget, hasListener, isLocal, listenAddress, parseHosts, type PodAddresses } from './addresses.ts';

/**
 * Loaded into every Node program of a pod (NODE_OPTIONS), because pods of the process runtime share one network. Listening on every
 * address means on the pod's; connections leave from it; localhost is the pod; names of Services resolve through the pod's hosts
 * file. Programs that are not Node see the host's network as it is: they must be told the pod's address to listen on.
 */
const { DRILLHOUSE_POD_IP: podIp, DRILLHOUSE_POD_LOOPBACK: loopback, DRILLHOUSE_HOSTS: hostsFile } = process.env;
if (podIp !== undefined && loopback !== undefined) install({ podIp, loopback }, hostsFile ?? '/etc/hosts');

function install(addresses: PodAddresses, file: string): void {
  patchListen(addresses);
  patchConnect(addresses, file);
  patchBind(addresses);
  patchLookup(addresses, file);
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
type Options = Record<string, unknown>;

function isOptions(value: unknown): value is Options {
  return typeof value === 'object' && value !== null;
}

function asHost(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** server.listen(port[, host][, backlog][, callback]) or (options[, callback]); paths, handles and descriptors pass untouched. */
function patchListen(addresses: PodAddresses): void {
  const original = Reflect.get(net.Server.prototype, 'listen') as AnyFunction;
  net.Server.prototype.listen = function listen(this: net.Server, ...args: unknown[]): net.Server {
    const [first, second, ...rest] = args;
    if (
      isOptions(first) &&
      ('port' in first || 'host' in first) &&
      !('fd' in first) &&
      first['path'] === undefined &&
      !('_handle' in first)
    ) {
      return original.call(
        this,
        { ...first, port: first['port'] ?? 0, host: listenAddress(asHost(first['host']), addresses) },
        second,
        ...rest,
      ) as net.Server;
    }
    if (isPort(first)) {
      const hasHost = typeof second === 'string';
      const host = listenAddress(hasHost ? second : undefined, addresses);
      // A null stands where a host may, a number or function there is the next argument already.
      const others = hasHost || second === undefined || second === null ? rest : [second, ...rest];
      return original.call(this, first ?? 0, host, ...others) as net.Server;
    }
    if (typeof first === 'function' && args.length === 1) return original.call(this, 0, addresses.podIp, first) as net.Server;
    return original.apply(this, args) as net.Server;
  } as typeof net.Server.prototype.listen;
}

function isPort(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));
}

/** socket.connect gets its arguments either as they were written or, from net.connect, as one array that is marked as normalised. */
function patchConnect(addresses: PodAddresses, file: string): void {
  const original = Reflect.get(net.Socket.prototype, 'connect') as AnyFunction;
  net.Socket.prototype.connect = function connect(this: net.Socket, ...args: unknown[]): net.Socket {
    const [first, second, ...rest] = args;
    if (Array.isArray(first) && isOptions(first[0])) {
      first[0] = redirected(first[0], addresses, file);
      return original.apply(this, args) as net.Socket;
    }
    if (isOptions(first)) return original.call(this, redirected(first, addresses, file), second, ...rest) as net.Socket;
    if (!isPort(first)) return original.apply(this, args) as net.Socket;
    const options = redirected({ port: first, ...(typeof second === 'string' ? { host: second } : {}) }, addresses, file);
    return original.call(this, options, ...(typeof second === 'string' ? rest : [second, ...rest])) as net.Socket;
  };
}

function redirected(options: Options, addresses: PodAddresses, file: string): Options {
  if (options['path'] !== undefined && options['port'] === undefined) return options;
  // undici says null for none.
  if (typeof options['localAddress'] === 'string' || typeof options['socketPath'] === 'string') return options;
  const target = connectTarget(asHost(options['host']), addresses, readHosts(file));
  if (target === undefined) return options;
  // A family of 6 would refuse the address, and a custom lookup has nothing left to find.
  const { lookup: _lookup, family: _family, ...others } = options;
  const host = isLocal(asHost(options['host'])) && listensOnLoopback(addresses, Number(options['port'])) ? addresses.loopback : target.host;
  return { ...others, host, ...(target.localAddress === undefined ? {} : { localAddress: target.localAddress }) };
}

/** A server of the pod that chose localhost rather than every address. */
function listensOnLoopback({ loopback }: PodAddresses, port: number): boolean {
  try {
    return hasListener(readFileSync('/proc/net/tcp', 'latin1'), loopback, port);
  } catch {
    return false;
  }
}

function patchBind(addresses: PodAddresses): void {
  const original = Reflect.get(dgram.Socket.prototype, 'bind') as AnyFunction;
  dgram.Socket.prototype.bind = function bind(this: dgram.Socket, ...args: unknown[]): dgram.Socket {
    const [first, second, ...rest] = args;
    if (isOptions(first) && !('fd' in first)) {
      return original.call(
        this,
        { ...first, address: listenAddress(asHost(first['address']), addresses) },
        second,
        ...rest,
      ) as dgram.Socket;
    }
    if (!isPort(first)) return original.apply(this, args) as dgram.Socket;
    const hasAddress = typeof second === 'string';
    const others = hasAddress ? rest : [second, ...rest];
    return original.call(this, first ?? 0, listenAddress(hasAddress ? second : undefined, addresses), ...others) as dgram.Socket;
  };
}

/** For programs that resolve before they connect. Without bubblewrap this is the only resolver that knows the pod's names. */
function patchLookup(addresses: PodAddresses, file: string): void {
  const original = dns.lookup as unknown as AnyFunction;
  const known = (name: unknown): readonly string[] | undefined =>
    typeof name === 'string'
      ? name === 'localhost'
        ? [addresses.podIp, addresses.loopback]
        : readHosts(file).get(name.toLowerCase())
      : undefined;
  const lookup = (name: unknown, options: unknown, callback?: unknown): unknown => {
    const found = known(name);
    const done = typeof options === 'function' ? options : callback;
    const [first] = found ?? [];
    if (found === undefined || first === undefined || typeof done !== 'function') return original.call(dns, name, options, callback);
    const wantsAll = isOptions(options) && options['all'] === true;
    process.nextTick(() => {
      const answer = done as (error: null, ...values: unknown[]) => void;
      if (wantsAll)
        answer(
          null,
          found.map((address) => ({ address, family: 4 })),
        );
      else answer(null, first, 4);
    });
    return {};
  };
  dns.lookup = Object.assign(lookup, dns.lookup);
  const promised = dns.promises.lookup as unknown as AnyFunction;
  dns.promises.lookup = (async (name: unknown, options?: unknown) => {
    const found = known(name);
    const [first] = found ?? [];
    if (found === undefined || first === undefined) return promised.call(dns.promises, name, options);
    return isOptions(options) && options['all'] === true ? found.map((address) => ({ address, family: 4 })) : { address: first, family: 4 };
  }) as typeof dns.promises.lookup;
}

function readHosts(file: string): ReadonlyMap<string, readonly string[]> {
  try {
    return parseHosts(readFileSync(file, 'utf8'));
  } catch {
    return new Map();
  }
}
