import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { codeOf } from '../app-error.ts';

/** Where to listen; port 0 takes any free one. */
export interface Place {
  readonly port: number;
  readonly host: string;
}

/** The port cannot be listened on. The message says what to do. */
export class ListenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ListenError';
  }
}

/** The address of a server that listens. */
export function listeningUrl(httpServer: Server, { host }: Pick<Place, 'host'>): string {
  const { port } = httpServer.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The same by every name that this machine has for itself. */
export function loopbackNames(httpServer: Server): string[] {
  const { port } = httpServer.address() as AddressInfo;
  return ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}:${port}`);
}

/** Before it is ready and while it stops. `/healthz` is asked for until it answers 200. */
export const answerStarting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1', connection: 'close' });
  response.end(JSON.stringify({ ok: false, reason: 'The server is starting or stopping.' }));
};

/** Throws ListenError. */
export async function listen(httpServer: Server, { port, host }: Place): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      httpServer.once('error', reject);
      httpServer.listen(port, host, () => {
        httpServer.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    throw new ListenError(explainListen(codeOf(error), port, host), { cause: error });
  }
}

function explainListen(code: string | undefined, port: number, host: string): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is taken. Stop what listens there, or choose another one: PORT=${port + 1} npm start`;
  if (code === 'EACCES') return `Port ${port} on ${host} may not be used by this user. Choose one above 1023: PORT=7070 npm start`;
  return `The server cannot listen on ${host}:${port} (${code ?? 'unknown'}). Check HOST and PORT.`;
}

export async function closeServer(httpServer: Server): Promise<void> {
  if (!httpServer.listening) return;
  const closed = new Promise<void>((resolve) => httpServer.close(() => resolve()));
  httpServer.closeAllConnections();
  await closed;
}
