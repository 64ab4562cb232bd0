import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { ServiceRoute } from '../../runtime.ts';
import type { Forwarding, ProxyProblem } from './service-proxy.ts';

/** Clients that one port serves at a time; the one that has been silent longest makes room for another. */
const MAX_CLIENTS = 512;
/** What conntrack gives a UDP flow. */
const IDLE_MS = 30_000;

/** `host:port` of every UDP port of a ClusterIP that has ready endpoints. */
export function planDatagramForwardings(services: readonly ServiceRoute[]): ReadonlyMap<string, Forwarding> {
  const wanted = services
    .filter(({ clusterIp }) => clusterIp !== 'None' && clusterIp !== '')
    .flatMap(({ clusterIp, ports }) =>
      ports
        .filter(({ protocol, endpoints }) => protocol === 'UDP' && endpoints.length > 0)
        .map(({ port, endpoints }) => ({ host: clusterIp, port, endpoints })),
    );
  return new Map(wanted.map((forwarding) => [`${forwarding.host}:${forwarding.port}`, forwarding]));
}

/** The UDP ports of one cluster's ClusterIPs. An answer comes back to whoever asked, from the ClusterIP. */
export class DatagramProxies implements AsyncDisposable {
  readonly #listeners = new Map<string, DatagramListener>();
  readonly #onProblem: ProxyProblem;

  constructor(onProblem: ProxyProblem) {
    this.#onProblem = onProblem;
  }

  /** Makes exactly these listen; clients stay with the endpoint they have until they fall silent. */
  async program(wanted: ReadonlyMap<string, Forwarding>): Promise<void> {
    for (const [key, listener] of this.#listeners) {
      if (wanted.has(key)) continue;
      this.#listeners.delete(key);
      listener.close();
    }
    await Promise.all([...wanted].map(([key, forwarding]) => this.#ensure(key, forwarding)));
  }

  async #ensure(key: string, forwarding: Forwarding): Promise<void> {
    const present = this.#listeners.get(key);
    if (present !== undefined) {
      present.endpoints = forwarding.endpoints;
      return;
    }
    const listener = new DatagramListener(forwarding.endpoints);
    this.#listeners.set(key, listener);
    try {
      await listener.open(forwarding);
    } catch (error) {
      listener.close();
      if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
      this.#onProblem(forwarding, error as NodeJS.ErrnoException);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
  }
}

class DatagramListener {
  endpoints: Forwarding['endpoints'];
  readonly #socket = createSocket('udp4');
  /** In the order in which they were last heard of. */
  readonly #clients = new Map<string, { readonly socket: Socket; readonly timer: NodeJS.Timeout }>();
  #isClosed = false;

  constructor(endpoints: Forwarding['endpoints']) {
    this.endpoints = endpoints;
  }

  async open({ host, port }: Forwarding): Promise<void> {
    this.#socket.bind({ address: host, port, exclusive: true });
    await once(this.#socket, 'listening');
    this.#socket.on('error', () => undefined);
    this.#socket.on('message', (message, from) => this.#carry(message, from.address, from.port));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const key of [...this.#clients.keys()]) this.#forget(key);
    this.#socket.close();
  }

  #carry(message: Buffer, address: string, port: number): void {
    const key = `${address}:${port}`;
    const known = this.#clients.get(key);
    if (known !== undefined) {
      known.timer.refresh();
      this.#clients.delete(key);
      this.#clients.set(key, known);
      known.socket.send(message, () => undefined);
      return;
    }
    const endpoint = this.endpoints[Math.floor(Math.random() * this.endpoints.length)];
    if (endpoint === undefined) return;
    const [silent] = this.#clients.keys();
    if (silent !== undefined && this.#clients.size >= MAX_CLIENTS) this.#forget(silent);
    const socket = createSocket('udp4');
    socket.on('error', () => this.#forget(key));
    socket.on('message', (answer) => {
      if (!this.#isClosed) this.#socket.send(answer, port, address, () => undefined);
    });
    this.#clients.set(key, { socket, timer: setTimeout(() => this.#forget(key), IDLE_MS) });
    socket.connect(endpoint.port, endpoint.ip, () => {
      if (this.#clients.get(key)?.socket === socket) socket.send(message, () => undefined);
    });
  }

  #forget(key: string): void {
    const client = this.#clients.get(key);
    if (client === undefined) return;
    this.#clients.delete(key);
    clearTimeout(client.timer);
    client.socket.close();
  }
}
