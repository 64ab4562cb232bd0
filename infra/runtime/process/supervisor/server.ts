import { createServer, type Server, type Socket } from 'node:net';
import { encodeJsonFrame, frameKind } from '../frames.ts';
import { LineReader } from '../lines.ts';
import type { CallName, Opening, WireMessage, WireRequest } from '../wire.ts';
import { serveAttach, serveExec, serveLogs } from './streams.ts';
import type { Supervisor } from './supervisor.ts';
import { WireFailure } from './wire-failure.ts';

const CLOSE_GRACE_MS = 500;

/** Listens for orchestrators: control connections with calls and events, and one connection a stream. */
export class SupervisorServer {
  readonly #server: Server;
  readonly #controls = new Set<Socket>();
  readonly #connections = new Set<Socket>();
  readonly #onIdleChange: () => void;
  readonly #onShutdown: () => void;
  #supervisor: Supervisor | undefined;

  constructor(onIdleChange: () => void, onShutdown: () => void) {
    this.#onIdleChange = onIdleChange;
    this.#onShutdown = onShutdown;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  listen(supervisor: Supervisor, socketPath: string): Promise<void> {
    this.#supervisor = supervisor;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socketPath, resolve);
    });
  }

  get hasOrchestrator(): boolean {
    return this.#controls.size > 0;
  }

  readonly broadcast = (message: WireMessage): void => {
    const line = `${JSON.stringify(message)}\n`;
    for (const control of this.#controls) control.write(line);
  };

  /** Ends all connections; resolves when what was written has left, or shortly after. */
  async close(): Promise<void> {
    this.#server.close();
    const closing = [...this.#connections].map((socket) => new Promise((resolve) => socket.end().once('close', resolve)));
    await Promise.race([Promise.all(closing), new Promise((resolve) => setTimeout(resolve, CLOSE_GRACE_MS))]);
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#connections.delete(socket);
      if (this.#controls.delete(socket)) this.#onIdleChange();
    });
    const opening: Opening[] = [];
    const line = new LineReader((text) => {
      opening.push(JSON.parse(text) as Opening);
      return false;
    });
    const read = (chunk: Buffer): void => {
      const rest = orDestroy(socket, () => line.push(chunk));
      const [first] = opening;
      if (first === undefined) return;
      socket.off('data', read);
      socket.pause();
      if (rest !== undefined && rest.length > 0) socket.unshift(rest);
      this.#open(socket, first);
    };
    socket.on('data', read);
  }

  #open(socket: Socket, opening: Opening): void {
    const supervisor = this.#supervisor;
    if (supervisor === undefined) return;
    switch (opening.stream) {
      case 'control':
        this.#serveControl(supervisor, socket);
        return;
      case 'exec':
        void answering(socket, async () => serveExec(supervisor.requireContainer(opening.id), opening.request, socket));
        return;
      case 'attach':
        void answering(socket, async () => serveAttach(supervisor.requireContainer(opening.id), opening.stdin, socket));
        return;
      case 'logs':
        void answering(socket, async () => serveLogs(supervisor.requireContainer(opening.id), opening.request, socket));
        return;
    }
  }

  #serveControl(supervisor: Supervisor, socket: Socket): void {
    this.#controls.add(socket);
    this.#onIdleChange();
    const lines = new LineReader((line) => {
      const request = JSON.parse(line) as WireRequest;
      void call(supervisor, request).then((reply) => {
        if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`);
        if (request.name === 'shutdown') this.#onShutdown();
      });
      return true;
    });
    socket.on('data', (chunk: Buffer) => void orDestroy(socket, () => lines.push(chunk)));
    socket.resume();
  }
}

/** Ends a connection that does not keep to the protocol. */
function orDestroy<T>(socket: Socket, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    socket.destroy(error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}

async function call<N extends CallName>(supervisor: Supervisor, request: WireRequest<N>): Promise<WireMessage> {
  try {
    return { call: request.call, result: await supervisor.handlers[request.name](request.params) };
  } catch (error) {
    return { call: request.call, error: describe(error) };
  }
}

async function answering(socket: Socket, serve: () => Promise<void>): Promise<void> {
  try {
    await serve();
  } catch (error) {
    socket.end(encodeJsonFrame(frameKind.error, describe(error)));
    socket.resume();
  }
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof WireFailure) return { code: error.code, message: error.message };
  return { code: 'EngineFailed', message: error instanceof Error ? error.message : String(error) };
}
