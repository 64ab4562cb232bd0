import {
  createServer as createHttpServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { sleep, type Clock } from '../meta/clock.ts';
import {
  changeBody,
  changeRequest,
  changeResponse,
  changesBody,
  delayOf,
  ruleMatches,
  type Headers,
  type HttpRule,
  type RequestHead,
  type ResponseHead,
} from './http-rules.ts';

/** Bodies that a rule changes are held whole; larger ones are cut off as a proxy's limit would. */
const MAX_CHANGED_BODY_BYTES = 16 * 1_048_576;
const MAX_CONNECTIONS = 512;
/** A client that says nothing for so long is gone. */
const FIRST_BYTE_TIMEOUT_MS = 60_000;
/** The first byte of every TLS connection: what cannot be read goes through untouched. */
const TLS_HANDSHAKE = 0x16;

export interface HttpProxyOptions {
  readonly host: string;
  /** A connection to the pod's port. */
  readonly dial: (signal?: AbortSignal) => Promise<Duplex>;
  readonly clock: Clock;
}

/** Stands in for one port of one pod, and does to its traffic what the rules say. */
export class HttpProxy implements AsyncDisposable {
  /** In the order in which they apply. */
  rules: readonly HttpRule[] = [];
  readonly #options: HttpProxyOptions;
  readonly #http: Server;
  readonly #listener: NetServer;
  readonly #sockets = new Set<Duplex>();
  readonly #stop = new AbortController();

  constructor(options: HttpProxyOptions) {
    this.#options = options;
    this.#http = createHttpServer((request, response) => void this.#answer(request, response));
    this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#tunnel(socket, rawHead(request, head)));
    this.#http.on('clientError', (_error, socket) => socket.destroy());
    this.#listener = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#listener.maxConnections = MAX_CONNECTIONS;
  }

  /** Answers the port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject);
      this.#listener.listen({ host: this.#options.host, port: 0 }, resolve);
    });
    return (this.#listener.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#keep(socket);
    socket.setTimeout(FIRST_BYTE_TIMEOUT_MS, () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      socket.setTimeout(0);
      socket.pause();
      if (first[0] === TLS_HANDSHAKE) return void this.#tunnel(socket, first);
      socket.unshift(first);
      this.#http.emit('connection', socket);
      socket.resume();
    });
  }

  #keep<T extends Duplex>(socket: T): T {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  async #tunnel(client: Duplex, first: Buffer): Promise<void> {
    try {
      const server = this.#keep(await this.#options.dial(this.#stop.signal));
      server.write(first);
      client.pipe(server).pipe(client);
      client.once('close', () => server.destroy());
      server.once('close', () => client.destroy());
    } catch {
      client.destroy();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#exchange(request, response);
    } catch {
      // Whatever breaks on the way looks as if the pod had broken the connection off.
      request.destroy();
      response.destroy();
    }
  }

  async #exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const original: RequestHead = { method: request.method ?? 'GET', target: request.url ?? '/', headers: headersOf(request) };
    const onRequest = this.rules.filter((rule) => rule.target === 'Request' && ruleMatches(rule, original));
    if (await this.#breaksOff(onRequest)) return void request.socket.destroy();
    const upstream = await this.#send(onRequest.reduce(changeRequest, original), request, onRequest.filter(changesBody));
    const answered: ResponseHead = { code: upstream.statusCode ?? 502, headers: headersOf(upstream) };
    const onResponse = this.rules.filter((rule) => rule.target === 'Response' && ruleMatches(rule, original, answered));
    if (await this.#breaksOff(onResponse)) {
      upstream.destroy();
      return void request.socket.destroy();
    }
    const head = onResponse.reduce(changeResponse, answered);
    const bodyRules = onResponse.filter(changesBody);
    response.once('close', () => upstream.destroy());
    if (bodyRules.length === 0) {
      response.writeHead(head.code, outgoing(head.headers));
      // A stream's head must not wait for its first part.
      response.flushHeaders();
      upstream.once('error', () => response.destroy());
      upstream.pipe(response);
      return;
    }
    const body = bodyRules.reduce(changeBody, await readAll(upstream));
    response.writeHead(head.code, outgoing(withLength(head.headers, body)));
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  /** Waits as long as the rules say, and says whether one of them breaks the connection off. */
  async #breaksOff(rules: readonly HttpRule[]): Promise<boolean> {
    const ms = delayOf(rules);
    if (ms > 0) await sleep(this.#options.clock, ms, this.#stop.signal);
    return rules.some(({ abort }) => abort === true);
  }

  async #send(head: RequestHead, request: IncomingMessage, bodyRules: readonly HttpRule[]): Promise<IncomingMessage> {
    const body = bodyRules.length === 0 ? undefined : bodyRules.reduce(changeBody, await readAll(request));
    const connection = this.#keep(await this.#options.dial(this.#stop.signal));
    request.once('close', () => {
      if (!request.complete) connection.destroy();
    });
    return new Promise((resolve, reject) => {
      const headers = outgoing(body === undefined ? head.headers : withLength(head.headers, body));
      // One connection a request: the pod closes it when it has answered.
      const out = httpRequest({
        method: head.method,
        path: head.target,
        headers: { ...headers, connection: 'close' },
        createConnection: () => connection,
      });
      out.once('response', resolve).once('error', reject);
      if (body === undefined) request.pipe(out);
      else out.end(body);
    });
  }
}

/** Of one connection only, and so not passed on. */
const ownHeaders = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade']);

function headersOf(message: IncomingMessage): Headers {
  const entries = Object.entries(message.headers).filter(([name, value]) => value !== undefined && !ownHeaders.has(name));
  return Object.fromEntries(entries) as Headers;
}

function outgoing(headers: Headers): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]));
}

function withLength(headers: Headers, body: Buffer): Headers {
  const { 'transfer-encoding': _, ...rest } = headers;
  return { ...rest, 'content-length': String(body.byteLength) };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    size += part.byteLength;
    if (size > MAX_CHANGED_BODY_BYTES) throw new RangeError('the body is too large to be changed');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The request as it came, for a protocol that goes on past HTTP. */
function rawHead(request: IncomingMessage, head: Buffer): Buffer {
  const lines = [`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1`];
  for (let index = 0; index < request.rawHeaders.length; index += 2)
    lines.push(`${request.rawHeaders[index] ?? ''}: ${request.rawHeaders[index + 1] ?? ''}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]);
}
