import dgram from 'node:dgram';
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { connectTarget, hasListener, isLocal, listenAddress, parseHosts, type PodAddresses } from './addresses.ts';
import { findWay } from './find-way.ts';
import { admits, readPodWire } from './pod-wire.ts';

/**
 * Loaded into every Node program of a pod (NODE_OPTIONS), because pods of the process runtime share one network. Listening on every
 * address means on the pod's; connections leave from it; localhost is the pod; names of Services resolve through the pod's hosts
 * file. NetworkPolicies and faults on the wire hold for connections to and from other pods, where any are said. Programs that are not Node
 * see the host's network as it is: they must be told the pod's address to listen on.
 */
const { DRILLHOUSE_POD_IP: podIp, DRILLHOUSE_POD_LOOPBACK: loopback, DRILLHOUSE_HOSTS: hostsFile, DRILLHOUSE_WIRE: wireFile } = process.env;
if (podIp !== undefined && loopback !== undefined) install({ podIp, loopback }, hostsFile ?? '/etc/hosts');

function install(addresses: PodAddresses, file: string): void {
  patchListen(addresses);
  patchAccept(addresses);
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

/** Connections held without an answer in one program; the oldest is let go for the next. */
const MAX_SILENT = 256;
/** What a kernel takes to give up a connection whose packets get no answer. */
const SILENCE_MS = 130_000;

/** A connection that may not come in is taken and never answered, which is what a program can do to look like packets that vanish. */
function patchAccept({ podIp: self }: PodAddresses): void {
  const emit = Reflect.get(net.Server.prototype, 'emit') as AnyFunction;
  const close = Reflect.get(net.Server.prototype, 'close') as AnyFunction;
  const silent = new Map<net.Socket, net.Server>();
  const isRefused = (socket: unknown): socket is net.Socket => {
    if (!(socket instanceof net.Socket) || socket.remoteAddress === undefined || socket.localPort === undefined) return false;
    const wire = podWire();
    return wire !== undefined && !admits(wire, self, socket.remoteAddress, socket.localPort);
  };
  net.Server.prototype.emit = function (this: net.Server, event: string | symbol, ...args: unknown[]): boolean {
    const [socket] = args;
    if (event !== 'connection' || !isRefused(socket)) return emit.call(this, event, ...args) as boolean;
    const [oldest] = silent.keys();
    if (silent.size >= MAX_SILENT) oldest?.destroy();
    silent.set(socket, this);
    socket.pause().on('error', () => undefined);
    socket.once('close', () => silent.delete(socket)).setTimeout(SILENCE_MS, () => socket.destroy());
    return true;
  };
  // A server that closes waits for its connections, and of these nobody knows.
  net.Server.prototype.close = function (this: net.Server, ...args: unknown[]): net.Server {
    for (const [socket, server] of silent) if (server === this) socket.destroy();
    return close.apply(this, args) as net.Server;
  };
}

function podWire(): ReturnType<typeof readPodWire> {
  return wireFile === undefined ? undefined : readPodWire(wireFile);
}

/** socket.connect gets its arguments either as they were written or, from net.connect, as one array that is marked as normalised. */
function patchConnect(addresses: PodAddresses, file: string): void {
  const original = Reflect.get(net.Socket.prototype, 'connect') as AnyFunction;
  net.Socket.prototype.connect = function connect(this: net.Socket, ...args: unknown[]): net.Socket {
    const [first, second, ...rest] = args;
    if (Array.isArray(first) && isOptions(first[0])) {
      first[0] = redirected(this, first[0], addresses, file);
      return original.apply(this, args) as net.Socket;
    }
    if (isOptions(first)) return original.call(this, redirected(this, first, addresses, file), second, ...rest) as net.Socket;
    if (!isPort(first)) return original.apply(this, args) as net.Socket;
    const options = redirected(this, { port: first, ...(typeof second === 'string' ? { host: second } : {}) }, addresses, file);
    return original.call(this, options, ...(typeof second === 'string' ? rest : [second, ...rest])) as net.Socket;
  };
}

function redirected(socket: net.Socket, options: Options, addresses: PodAddresses, file: string): Options {
  if (options['path'] !== undefined && options['port'] === undefined) return options;
  // undici says null for none.
  if (typeof options['localAddress'] === 'string' || typeof options['socketPath'] === 'string') return options;
  const target = connectTarget(asHost(options['host']), addresses, readHosts(file));
  if (target === undefined) return options;
  // A family of 6 would refuse the address, and a custom lookup has nothing left to find.
  const { lookup: _lookup, family: _family, ...others } = options;
  const host = isLocal(asHost(options['host'])) && listensOnLoopback(addresses, Number(options['port'])) ? addresses.loopback : target.host;
  const source = target.localAddress === undefined ? {} : { localAddress: target.localAddress };
  return { ...others, host, ...source, ...wayTo(socket, { ip: host, port: Number(options['port']) }, addresses.podIp) };
}

/** To another pod the door is asked for the way, in place of a look-up of its name: that is where a connection can wait. */
function wayTo(socket: net.Socket, target: { readonly ip: string; readonly port: number }, self: string): Options {
  if (target.ip === self) return {};
  const wire = podWire();
  if (wire === undefined || !target.ip.startsWith(wire.podPrefix)) return {};
  const lookup = (_name: string, _options: unknown, done: (error: Error | null, address?: string, family?: number) => void): void => {
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    findWay(wire.door, target, self, gone.signal).then((address) => done(null, address, 4), done);
  };
  // What looks like an address would not be looked up.
  return { host: `${target.ip}.pod`, family: 4, lookup };
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
