import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Stands in front of several servers as a Service and an ingress do: each request and each WebSocket goes to the next server that is ready. */
export interface Front extends AsyncDisposable {
  readonly url: string;
  /** Whom requests go to from now on, by port; those that do not answer /readyz with 200 are left out. */
  setServers(ports: readonly number[]): Promise<void>;
  /** How often each port was chosen. */
  readonly chosen: ReadonlyMap<number, number>;
}

/** Kubernetes asks every five seconds; tests are not made to wait. */
const PROBE_EVERY_MS = 200;
const PROBE_TIMEOUT_MS = 2_000;

class RoundRobinFront implements Front {
  readonly chosen = new Map<number, number>();
  readonly #server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));
  readonly #sockets = new Set<Duplex>();
  #ports: readonly number[] = [];
  #ready: readonly number[] = [];
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => this.#splice(incoming, socket, head));
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const probeAgain = async (): Promise<void> => {
      await this.#probe();
      this.#timer = setTimeout(() => void probeAgain(), PROBE_EVERY_MS);
    };
    await probeAgain();
  }

  async setServers(ports: readonly number[]): Promise<void> {
    this.#ports = ports;
    await this.#probe();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #probe(): Promise<void> {
    const ports = this.#ports;
    const answers = await Promise.all(ports.map(async (port) => ((await isReady(port)) ? [port] : [])));
    if (ports === this.#ports) this.#ready = answers.flat();
  }

  /** The next server in turn, then the others: nobody is refused because of one that has just gone. */
  #candidates(): readonly number[] {
    const ready = this.#ready;
    this.#turn += 1;
    return ready.map((_port, index) => ready[(this.#turn + index) % ready.length] ?? 0);
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse, candidates = this.#candidates()): void {
    const [port, ...others] = candidates;
    if (port === undefined) {
      outgoing.writeHead(503).end('no server is ready');
      return;
    }
    const { method, url: path, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
    let isConnected = false;
    onward.once('socket', (socket) =>
      socket.once('connect', () => {
        isConnected = true;
        this.chosen.set(port, (this.chosen.get(port) ?? 0) + 1);
        incoming.pipe(onward);
      }),
    );
    onward.once('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      answer.once('error', () => outgoing.destroy());
    });
    onward.once('error', () => {
      // What was never sent may be sent to another one. What may have been done is not done twice: that is for the client to decide.
      if (!isConnected) this.#pass(incoming, outgoing, others);
      else if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502).end('the server went while it was asked');
    });
    outgoing.once('close', () => onward.destroy());
  }

  #splice(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [port] = this.#candidates();
    if (port === undefined) {
      socket.destroy();
      return;
    }
    const onward: Socket = connect(port, '127.0.0.1', () => {
      this.chosen.set(port, (this.chosen.get(port) ?? 0) + 1);
      const lines = incoming.rawHeaders.flatMap((name, index, all) => (index % 2 === 0 ? [`${name}: ${all[index + 1] ?? ''}`] : []));
      onward.write([`${incoming.method ?? 'GET'} ${incoming.url ?? '/'} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.setNoDelay(true);
    for (const [end, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(end);
      end.once('error', () => other.destroy());
      end.once('close', () => {
        this.#sockets.delete(end);
        other.destroy();
      });
    }
  }
}

export async function startFront(): Promise<Front> {
  const front = new RoundRobinFront();
  await front.listen();
  return front;
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
}
