import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { badRequest } from '../meta/status-error.ts';
import { send, sendOutput } from './channel-socket.ts';
import { dialFailure, parsePort, type Dial } from './port-forward.ts';

const MAX_PORTS = 64;

/** The ports that a client names in the query: `ports=80&ports=90` or `ports=80,90`. */
export function readPorts(query: URLSearchParams): readonly number[] {
  const texts = query.getAll('ports').flatMap((value) => value.split(','));
  if (texts.length === 0 || texts[0] === '') throw badRequest('query parameter "ports" is required');
  if (texts.length > MAX_PORTS) throw badRequest(`at most ${MAX_PORTS} ports may be forwarded at once`);
  return texts.map((text) => {
    const port = parsePort(text);
    if (port === undefined) throw badRequest(`invalid port ${JSON.stringify(text)}`);
    return port;
  });
}

/**
 * Port-forward over WebSocket channels, one connection a port: channel 2n carries its bytes, channel 2n+1 what went wrong. Each begins with
 * the port's number, little-endian. There are no half-closed channels: when all connections have ended, so does the socket.
 */
export async function servePortChannels(
  socket: WebSocket,
  ports: readonly number[],
  { dial, podUid }: { readonly dial: Dial; readonly podUid: string },
): Promise<void> {
  const stop = new AbortController();
  setMaxListeners(MAX_PORTS + 1, stop.signal);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  void closed.then(() => stop.abort());
  socket.on('error', () => socket.terminate());
  // Nothing is read before there is somebody to pass it to.
  socket.pause();
  const connections = await Promise.all(ports.map((port, index) => open(socket, { index, port, dial, podUid, signal: stop.signal })));
  stop.signal.addEventListener('abort', () => connections.forEach((connection) => connection?.destroy()));
  if (stop.signal.aborted) connections.forEach((connection) => connection?.destroy());
  for (const connection of connections) connection?.on('drain', () => socket.resume()).on('close', () => socket.resume());
  socket.on('message', (message: Buffer) => {
    const connection = connections[(message[0] ?? 0) / 2];
    if (connection?.writable === true && !connection.write(message.subarray(1))) socket.pause();
  });
  socket.resume();
  await Promise.race([closed, Promise.all(connections.map((connection, index) => pump(socket, 2 * index, connection)))]);
  for (const connection of connections) connection?.destroy();
  socket.close(1000);
}

interface Opening {
  readonly index: number;
  readonly port: number;
  readonly dial: Dial;
  readonly podUid: string;
  readonly signal: AbortSignal;
}

async function open(socket: WebSocket, { index, port, dial, podUid, signal }: Opening): Promise<Duplex | undefined> {
  const number = [port & 0xff, port >> 8];
  await send(socket, Buffer.from([2 * index, ...number]));
  await send(socket, Buffer.from([2 * index + 1, ...number]));
  try {
    return (await dial(port, signal)).on('error', () => {});
  } catch (failure) {
    await send(socket, Buffer.concat([Buffer.from([2 * index + 1]), Buffer.from(dialFailure(port, podUid, failure))]));
    return undefined;
  }
}

async function pump(socket: WebSocket, channel: number, connection: Duplex | undefined): Promise<void> {
  if (connection === undefined) return;
  try {
    await sendOutput(socket, channel, connection);
  } catch {
    // A connection that breaks is over, as one that ends is.
  }
}
