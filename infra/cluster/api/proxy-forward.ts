import http, { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { serviceUnavailable, type StatusError } from '../meta/status-error.ts';
import { splice } from './port-forward.ts';

/** A model may think for minutes before its first byte. What comes after the response's head has no limit: it may be a stream of events. */
const HEAD_MS = 300_000;
/** RFC 9110, section 7.6.1, and what is between the client and this server only. */
const hopHeaders = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'authorization', 'host', 'expect'],
]);
const bearerProtocol = 'base64url.bearer.authorization.k8s.io.';

export interface ProxyTarget {
  readonly connection: Duplex;
  /** For the Host header. */
  readonly host: string;
  /** With the query, as it was sent. */
  readonly path: string;
}

/** Passes a request on and its answer back, both as they come. A client that goes takes the request to the workload with it. */
export async function forward(request: IncomingMessage, response: ServerResponse, target: ProxyTarget): Promise<void> {
  const upstream = requestTo(request, target, { ...endToEnd(request.headers), ...framing(request.headers), connection: 'close' });
  response.once('close', () => {
    upstream.destroy();
    target.connection.destroy();
  });
  // A workload may answer before it has read everything, so a body that cannot be passed on is no failure by itself.
  pipeline(request, upstream).catch(() => {});
  const answer = await answerTo(upstream, 'response');
  if (response.destroyed) return;
  response.writeHead(answer.message.statusCode ?? 502, endToEnd(answer.message.headers));
  response.flushHeaders();
  await pipeline(answer.message, response).catch(() => response.destroy());
}

/** The same for a request that asks to change the protocol, such as a WebSocket's. */
export async function forwardUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: ProxyTarget): Promise<void> {
  const headers = { ...endToEnd(request.headers), connection: 'Upgrade', upgrade: request.headers.upgrade ?? '' };
  const upstream = requestTo(request, target, withoutBearer(headers));
  const abandon = (): void => void upstream.destroy();
  socket.once('close', abandon);
  upstream.end();
  const answer = await answerTo(upstream, 'upgrade');
  socket.off('close', abandon);
  const { message } = answer;
  if (answer.kind === 'response') {
    // The workload declined: its answer ends with the connection.
    socket.write(headText(message, { ...endToEnd(message.headers), connection: 'close' }));
    await pipeline(message, socket).catch(() => socket.destroy());
    return;
  }
  socket.write(headText(message, { ...endToEnd(message.headers), connection: 'Upgrade', upgrade: message.headers.upgrade ?? '' }));
  if (head.byteLength > 0) socket.unshift(head);
  if (answer.head.byteLength > 0) answer.socket.unshift(answer.head);
  await splice(socket, answer.socket);
}

function requestTo(request: IncomingMessage, { connection, host, path }: ProxyTarget, headers: OutgoingHttpHeaders): http.ClientRequest {
  const forwardedFor = [request.headers['x-forwarded-for'], request.socket.remoteAddress].filter((part) => part !== undefined).join(', ');
  return http.request({
    method: request.method,
    path,
    headers: { ...headers, host, 'x-forwarded-for': forwardedFor },
    createConnection: () => connection,
  });
}

type Answer =
  | { readonly kind: 'response'; readonly message: IncomingMessage }
  | { readonly kind: 'upgrade'; readonly message: IncomingMessage; readonly socket: Duplex; readonly head: Buffer };

function answerTo(upstream: http.ClientRequest, wanted: 'response'): Promise<Extract<Answer, { kind: 'response' }>>;
function answerTo(upstream: http.ClientRequest, wanted: 'upgrade'): Promise<Answer>;
function answerTo(upstream: http.ClientRequest, wanted: Answer['kind']): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => upstream.destroy(new Error('the service did not answer in time')), HEAD_MS);
    upstream.once('close', () => clearTimeout(limit));
    upstream.on('error', (error) => reject(unreachable(error.message)));
    upstream.once('response', (message) => {
      clearTimeout(limit);
      resolve({ kind: 'response', message });
    });
    // Without a listener Node ends a connection whose other end changes the protocol unasked.
    if (wanted !== 'upgrade') return;
    upstream.once('upgrade', (message, socket: Duplex, head: Buffer) => {
      clearTimeout(limit);
      resolve({ kind: 'upgrade', message, socket, head });
    });
  });
}

/** In the words of Kubernetes' proxy. */
export function unreachable(why: string): StatusError {
  return serviceUnavailable(`error trying to reach service: ${why}`);
}

/** What of a message's headers is for its other end: not the hop's own, nor those that its Connection header names. */
export function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopHeaders.has(name) && !named.has(name) && !name.startsWith('impersonate-')),
  );
}

/** Bodies of methods that usually have none would lose their framing with the hop's header. */
function framing(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' };
}

/** Browsers carry their token among the subprotocols; it is not for the workload. */
function withoutBearer(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const { 'sec-websocket-protocol': offered, ...others } = headers;
  const protocols = String(offered ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith(bearerProtocol));
  return protocols.length === 0 ? others : { ...others, 'sec-websocket-protocol': protocols.join(', ') };
}

function headText({ statusCode = 502, statusMessage = '' }: IncomingMessage, headers: OutgoingHttpHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${String(one)}\r\n`),
  );
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('')}\r\n`;
}
