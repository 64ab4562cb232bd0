import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Duplex, type Readable } from 'node:stream';
import type { Engine } from './engine.ts';
import { startExec } from './exec-session.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Whether the bridge is on this machine, so that pods can be reached, and can reach us, without a way round. Listening tells; the list
 * of interfaces leaves out a bridge that has no pod yet.
 */
export async function isLocalAddress(address: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: address, port: 0 });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Connects to a pod over the bridge. A refusal is Node's own error with its code, e.g. ECONNREFUSED. */
export function dialDirectly(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
    const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    const abort = (): void => void socket.destroy(either.reason instanceof Error ? either.reason : new Error('aborted'));
    if (either.aborted) abort();
    either.addEventListener('abort', abort, { once: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      either.removeEventListener('abort', abort);
      socket.off('error', reject);
      // Whoever took the socket listens; between here and there an error must not end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** What `relay-port` ends with where nobody listens. */
const REFUSED_EXIT_CODE = 111;

/**
 * Connects from inside the pod, by the pause image's `relay-port`: to what listens on the pod's loopback, and on engines of other machines.
 * Fails as a connection of our own would.
 */
export async function dialInside(engine: Engine, pauseId: string, host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
  const limit = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
  const session = await startExec(engine, pauseId, { command: ['relay-port', host, String(port)], tty: false, stdin: true });
  session.stderr?.resume();
  const end = (): void => void Promise.resolve(session[Symbol.asyncDispose]()).catch(() => undefined);
  try {
    if (!(await hasGreeted(session.stdout, signal === undefined ? limit : AbortSignal.any([signal, limit]))))
      throw connectError(host, port, (await session.exited).exitCode);
  } catch (error) {
    end();
    throw error;
  }
  const duplex = Duplex.from({ readable: session.stdout, ...(session.stdin === null ? {} : { writable: session.stdin }) });
  duplex.on('error', () => undefined).once('close', end);
  return duplex;
}

/** Takes the one byte that says that the connection stands; false when the program ended without it. */
async function hasGreeted(output: Readable, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    if (output.read(1) !== null) return true;
    if (output.readableEnded || output.destroyed) return false;
    await Promise.race([once(output, 'readable', { signal }), once(output, 'end', { signal })]);
  }
}

function connectError(host: string, port: number, exitCode: number): NodeJS.ErrnoException {
  const code = exitCode === REFUSED_EXIT_CODE ? 'ECONNREFUSED' : 'ETIMEDOUT';
  return Object.assign(new Error(`connect ${code} ${host}:${port}`), { code, syscall: 'connect', address: host, port });
}

export function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}
