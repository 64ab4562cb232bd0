import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Stands between a runtime and the real engine, and can go away and come back as an engine does that is restarted. */
export class EngineProxy implements AsyncDisposable {
  readonly socketPath: string;
  readonly #folder: string;
  readonly #enginePath: string;
  readonly #connections = new Set<Socket>();
  #server: Server | undefined;

  private constructor(folder: string, enginePath: string) {
    this.#folder = folder;
    this.#enginePath = enginePath;
    this.socketPath = path.join(folder, 'engine.sock');
  }

  static async create(enginePath = '/var/run/docker.sock'): Promise<EngineProxy> {
    const proxy = new EngineProxy(await mkdtemp(path.join(tmpdir(), 'drillhouse-proxy-')), enginePath);
    await proxy.comeBack();
    return proxy;
  }

  async comeBack(): Promise<void> {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#relay(client));
    this.#server.listen(this.socketPath);
    await once(this.#server, 'listening');
  }

  #relay(client: Socket): void {
    const engine = connect({ path: this.#enginePath, allowHalfOpen: true });
    for (const socket of [client, engine]) {
      this.#connections.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#connections.delete(socket));
    }
    client.pipe(engine).pipe(client);
  }

  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#connections) socket.destroy();
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }

  /** Breaks what is open, as a network does, while new connections go through. */
  breakConnections(): void {
    for (const socket of this.#connections) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goAway();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
