import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const PROTOCOL_HEADER = 'x-stream-protocol-version';

export function asksForSpdy(request: IncomingMessage): boolean {
  return /\bspdy\/3\.1\b/i.test(request.headers.upgrade ?? '');
}

/** The first protocol of ours that a client offers. Clients send one header a protocol, or a list in one. */
export function chooseStreamProtocol(request: IncomingMessage, ours: readonly string[]): string | undefined {
  const offered = (request.headersDistinct[PROTOCOL_HEADER] ?? []).flatMap((value) => value.split(',')).map((name) => name.trim());
  return offered.find((name) => ours.includes(name));
}

/** Answers the upgrade; from here on the socket speaks SPDY. */
export function acceptSpdy(socket: Duplex, head: Buffer, protocol: string): Duplex {
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  if (head.byteLength > 0) socket.unshift(head);
  return socket;
}
