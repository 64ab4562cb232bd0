import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Duplex } from 'node:stream';
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

/** Connects from inside the pod, for engines on other machines. A refusal shows as an end without data. */
export async function dialThroughPause(engine: Engine, pauseId: string, ip: string, port: number): Promise<Duplex> {
  const session = await startExec(engine, pauseId, { command: ['busybox', 'nc', ip, String(port)], tty: false, stdin: true });
  session.stderr?.resume();
  const duplex = Duplex.from({ readable: session.stdout, ...(session.stdin === null ? {} : { writable: session.stdin }) });
  duplex.on('error', () => undefined).once('close', () => void Promise.resolve(session[Symbol.asyncDispose]()).catch(() => undefined));
  return duplex;
}
