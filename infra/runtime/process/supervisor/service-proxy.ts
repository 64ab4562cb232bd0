import { connect, createServer, type Server, type Socket } from 'node:net';
import type { ServiceRoute } from '../../runtime.ts';
import { delayMs, latenciesOf } from './delay-stream.ts';
import { JoinedSockets } from './joined-sockets.ts';
import type { Endpoint, Passage, WireEffects } from './passage.ts';

type OpenPassage = Passage & { readonly kind: 'open' };

/** One address that must listen, and where its connections may go. */
export interface Forwarding {
  readonly host: string;
  readonly port: number;
  readonly endpoints: readonly { readonly ip: string; readonly port: number }[];
  /** The same client comes to the same endpoint. */
  readonly isSticky?: boolean;
}

/** Connections that one Service port carries at a time; more are refused as a full backlog would. */
const MAX_CONNECTIONS = 1_024;
/** What a kernel takes to give up a connection whose packets get no answer, so that an abandoned one does not stay for good. */
const SILENCE_MS = 130_000;

export type PassageRule = (source: string, target: Endpoint) => Passage;
export type EffectsRule = (source: string, target: Endpoint) => WireEffects;

/** `host:port` of every TCP port of a ClusterIP that has ready endpoints. Without a listener the kernel refuses, as it should. */
export function planForwardings(services: readonly ServiceRoute[]): ReadonlyMap<string, Forwarding> {
  const wanted = services
    .filter(({ clusterIp }) => clusterIp !== 'None' && clusterIp !== '')
    .flatMap(({ clusterIp, ports, isSticky = false }) =>
      ports
        .filter(({ protocol, endpoints }) => protocol === 'TCP' && endpoints.length > 0)
        .map(({ port, endpoints }) => ({ host: clusterIp, port, endpoints, isSticky })),
    );
  return new Map(wanted.map((forwarding) => [`${forwarding.host}:${forwarding.port}`, forwarding]));
}

export type ProxyProblem = (forwarding: Forwarding, error: NodeJS.ErrnoException) => void;

/** The ClusterIPs of one cluster: a TCP proxy in user space on addresses of 127/8. */
export class ServiceProxies implements AsyncDisposable {
  readonly #listeners = new Map<string, Listener>();
  /** Those that listen no more and still have connections. */
  readonly #retired = new Set<Listener>();
  readonly #onProblem: ProxyProblem;
  #passage: PassageRule = () => ({ kind: 'open', sent: [], received: [] });

  constructor(onProblem: ProxyProblem) {
    this.#onProblem = onProblem;
  }

  /** Decides for every connection that is accepted from now on. */
  setPassage(rule: PassageRule): void {
    this.#passage = rule;
  }

  /** Makes the wire of every connection that is open what it is now. */
  setEffects(rule: EffectsRule): void {
    for (const listener of [...this.#listeners.values(), ...this.#retired]) listener.setEffects(rule);
  }

  /** Makes exactly these listen. Connections that are open stay with the endpoint they have, as conntrack would keep them. */
  async program(wanted: ReadonlyMap<string, Forwarding>): Promise<void> {
    const gone = [...this.#listeners].filter(([key]) => !wanted.has(key));
    for (const [key, listener] of gone) {
      this.#listeners.delete(key);
      this.#retired.add(listener);
      listener.close(() => this.#retired.delete(listener));
    }
    await Promise.all([...wanted].map(async ([key, forwarding]) => this.#ensure(key, forwarding)));
  }

  async #ensure(key: string, forwarding: Forwarding): Promise<void> {
    const present = this.#listeners.get(key);
    if (present !== undefined) {
      present.endpoints = forwarding.endpoints;
      present.isSticky = forwarding.isSticky === true;
      return;
    }
    const listener = new Listener(forwarding, (source, target) => this.#passage(source, target));
    this.#listeners.set(key, listener);
    const error = await listener.open();
    if (error === undefined) return;
    if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
    this.#onProblem(forwarding, error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const listeners = [...this.#listeners.values(), ...this.#retired];
    this.#listeners.clear();
    this.#retired.clear();
    for (const listener of listeners) {
      listener.cut();
      listener.close();
    }
  }
}

class Listener {
  endpoints: Forwarding['endpoints'];
  isSticky: boolean;
  readonly #forwarding: Forwarding;
  readonly #passage: PassageRule;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #joined = new Set<JoinedSockets>();

  constructor(forwarding: Forwarding, passage: PassageRule) {
    this.#forwarding = forwarding;
    this.#passage = passage;
    this.endpoints = forwarding.endpoints;
    this.isSticky = forwarding.isSticky === true;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => this.#accept(client));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  open(): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise((resolve) => {
      this.#server.once('error', resolve);
      this.#server.listen({ host: this.#forwarding.host, port: this.#forwarding.port }, () => {
        this.#server.off('error', resolve);
        this.#server.on('error', () => undefined);
        resolve(undefined);
      });
    });
  }

  /** Stops listening; what is connected goes on, and `onEnd` tells when nothing is any more. */
  close(onEnd?: () => void): void {
    this.#server.close(onEnd);
  }

  setEffects(rule: EffectsRule): void {
    for (const joined of this.#joined) joined.setEffects(rule(joined.source, joined.target));
  }

  cut(): void {
    for (const client of this.#clients) client.destroy();
  }

  #accept(client: Socket): void {
    const choice = this.isSticky ? lastByte(client.remoteAddress) : Math.floor(Math.random() * this.endpoints.length);
    const endpoint = this.endpoints[choice % this.endpoints.length];
    if (endpoint === undefined) {
      client.resetAndDestroy();
      return;
    }
    this.#clients.add(client);
    const { remoteAddress } = client;
    const passage = this.#passage(remoteAddress ?? '', endpoint);
    client.once('error', () => undefined).once('close', () => this.#clients.delete(client));
    // Left paused and without an answer until the client gives up, as when its packets vanish.
    if (passage.kind === 'silence') return void client.setTimeout(SILENCE_MS, () => client.destroy());
    const handshakeMs = delayMs(latenciesOf(passage.sent)) + delayMs(latenciesOf(passage.received));
    if (handshakeMs === 0) this.#connect(client, endpoint, passage);
    else setTimeout(() => this.#connect(client, endpoint, passage), handshakeMs);
  }

  #connect(client: Socket, endpoint: Endpoint, passage: OpenPassage): void {
    if (client.destroyed) return;
    const { remoteAddress } = client;
    // The endpoint sees the client's own address, as it does behind kube-proxy.
    const localAddress = remoteAddress?.startsWith('127.') === true ? remoteAddress : undefined;
    const server = connect({
      host: endpoint.ip,
      port: endpoint.port,
      allowHalfOpen: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    const joined = new JoinedSockets({ client, server, source: remoteAddress ?? '', target: endpoint }, passage);
    this.#joined.add(joined);
    client.once('close', () => this.#joined.delete(joined));
  }
}

/** Tells pods of one cluster apart. */
function lastByte(address = ''): number {
  return Number(address.split('.').at(-1) ?? 0);
}
