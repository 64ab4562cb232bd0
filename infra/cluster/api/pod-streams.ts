import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { ExecSession, LogLine } from '../../runtime/runtime.ts';
import type { Pod } from '../meta/generated/types.ts';
import type { KubeletEndpoint, PodRef } from '../meta/kubelet-endpoint.ts';
import { badRequest } from '../meta/status-error.ts';
import { channelProtocols, serveChannels } from './channel-socket.ts';
import { readInteger } from './http-exchange.ts';
import { readPorts, servePortChannels } from './port-forward-channels.ts';
import { portForwardProtocol, portForwardTunnel, servePortForward, type Dial } from './port-forward.ts';
import { isTrue } from './request-info.ts';
import type { HttpCall } from './resource-handler.ts';
import { serveSpdyExec, spdyExecProtocol, type SpdyExecOptions } from './spdy-exec.ts';
import { acceptSpdy, asksForSpdy, chooseStreamProtocol } from './spdy/upgrade.ts';

/** The largest message a client may send over exec: a paste, a piece of a copied file. */
const MAX_MESSAGE_BYTES = 4 * 1_048_576;
const MAX_COMMAND_WORDS = 1_000;

/** A connection that its client wants to be a stream. `socket` and `head` are as Node's server gives them. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** pods/log, exec, attach and portforward: what needs the node that the pod runs on. */
export class PodStreams {
  readonly #kubelet: () => KubeletEndpoint;
  readonly #execSockets = socketServer(channelProtocols);
  readonly #forwardSockets = socketServer(['v4.channel.k8s.io']);
  readonly #tunnelSockets = tunnelServer();
  readonly #spdySockets = new Set<Duplex>();

  constructor(kubelet: () => KubeletEndpoint) {
    this.#kubelet = kubelet;
  }

  close(): void {
    for (const server of [this.#execSockets, this.#forwardSockets, this.#tunnelSockets]) {
      for (const socket of server.clients) socket.terminate();
      server.close();
    }
    for (const socket of this.#spdySockets) socket.destroy();
  }

  async log({ response, query }: HttpCall, pod: Pod): Promise<void> {
    const container = chooseContainer(pod, query.get('container'));
    const stop = new AbortController();
    response.once('close', () => stop.abort());
    const tailLines = readInteger(query, 'tailLines');
    const limitBytes = readInteger(query, 'limitBytes');
    const since = readSince(query);
    const lines = await this.#kubelet().logs(refOf(pod), container, {
      follow: isTrue(query.get('follow')),
      previous: isTrue(query.get('previous')),
      signal: stop.signal,
      ...(tailLines === undefined ? {} : { tailLines }),
      ...(limitBytes === undefined ? {} : { limitBytes }),
      ...(since === undefined ? {} : { since }),
    });
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    await writeLines(response, lines, isTrue(query.get('timestamps')));
    response.end();
  }

  /** Serves exec, attach or portforward. Refusals are thrown before the connection is upgraded, so that they are ordinary answers. */
  async connect(upgrade: Upgrade, kind: StreamKind, query: URLSearchParams, pod: Pod): Promise<void> {
    if ((pod.spec?.nodeName ?? '') === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
    if (kind === 'portforward') this.#forward(upgrade, query, pod);
    else await this.#exec(upgrade, kind, query, pod);
  }

  async #exec(upgrade: Upgrade, kind: 'exec' | 'attach', query: URLSearchParams, pod: Pod): Promise<void> {
    const options: SpdyExecOptions = {
      stdin: isTrue(query.get('stdin')),
      stdout: isTrue(query.get('stdout')),
      stderr: isTrue(query.get('stderr')),
      tty: isTrue(query.get('tty')),
    };
    const protocol = asksForSpdy(upgrade.request) ? requireProtocol(upgrade.request, spdyExecProtocol) : undefined;
    const session = await this.#open(kind, query, pod);
    if (protocol !== undefined) {
      serveSpdyExec(this.#acceptSpdy(upgrade, protocol), session, options).catch(() => upgrade.socket.destroy());
      return;
    }
    // A handshake that fails never gets to the end: then the command must not run on.
    const abandon = (): void => void Promise.resolve(session[Symbol.asyncDispose]()).catch(() => {});
    upgrade.socket.once('close', abandon);
    this.#execSockets.handleUpgrade(upgrade.request, upgrade.socket, upgrade.head, (client) => {
      upgrade.socket.off('close', abandon);
      serveChannels(client, session, options).catch(() => client.terminate());
    });
  }

  async #open(kind: 'exec' | 'attach', query: URLSearchParams, pod: Pod): Promise<ExecSession> {
    const container = chooseContainer(pod, query.get('container'));
    const tty = isTrue(query.get('tty'));
    const stdin = isTrue(query.get('stdin'));
    if (kind === 'attach') return this.#kubelet().attach(refOf(pod), container, { tty, stdin });
    const command = query.getAll('command');
    if (command.length === 0) throw badRequest('you must specify at least 1 command for the container');
    if (command.length > MAX_COMMAND_WORDS) throw badRequest(`a command may have at most ${MAX_COMMAND_WORDS} words`);
    return this.#kubelet().exec(refOf(pod), container, { command, tty, stdin });
  }

  #forward(upgrade: Upgrade, query: URLSearchParams, pod: Pod): void {
    const ref = refOf(pod);
    const dial: Dial = (port, signal) => this.#kubelet().forward(ref, port, signal);
    if (asksForSpdy(upgrade.request)) {
      const protocol = requireProtocol(upgrade.request, portForwardProtocol);
      servePortForward(this.#acceptSpdy(upgrade, protocol), dial, ref.uid).catch(() => upgrade.socket.destroy());
      return;
    }
    const { request, socket, head } = upgrade;
    if ((request.headers['sec-websocket-protocol'] ?? '').includes(portForwardTunnel)) {
      delete request.headers['sec-websocket-protocol'];
      this.#tunnelSockets.handleUpgrade(request, socket, head, (client) => {
        servePortForward(createWebSocketStream(client), dial, ref.uid).catch(() => client.terminate());
      });
      return;
    }
    const ports = readPorts(query);
    this.#forwardSockets.handleUpgrade(request, socket, head, (client) => {
      servePortChannels(client, ports, { dial, podUid: ref.uid }).catch(() => client.terminate());
    });
  }

  #acceptSpdy({ socket, head }: Upgrade, protocol: string): Duplex {
    this.#spdySockets.add(socket);
    socket.once('close', () => this.#spdySockets.delete(socket));
    return acceptSpdy(socket, head, protocol);
  }
}

export type StreamKind = 'exec' | 'attach' | 'portforward';

export function isStreamKind(subresource: string | undefined): subresource is StreamKind {
  return subresource === 'exec' || subresource === 'attach' || subresource === 'portforward';
}

function socketServer(protocols: readonly string[]): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => protocols.find((name) => offered.has(name)) ?? false,
  });
}

/** The tunnel's name has a slash, which is no character of a subprotocol's: `ws` refuses to read it, so it is answered past `ws`. */
function tunnelServer(): WebSocketServer {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
  server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${portForwardTunnel}`));
  return server;
}

function requireProtocol(request: IncomingMessage, ours: string): string {
  const protocol = chooseStreamProtocol(request, [ours]);
  if (protocol === undefined) throw badRequest(`unable to upgrade: unable to negotiate protocol: the server accepts ${ours}`);
  return protocol;
}

export function refOf(pod: Pod): PodRef {
  return { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, uid: pod.metadata.uid ?? '' };
}

function chooseContainer(pod: Pod, named: string | null): string {
  const { name } = pod.metadata;
  const initContainers = pod.spec?.initContainers ?? [];
  const containers = pod.spec?.containers ?? [];
  const all = [...containers, ...initContainers, ...(pod.spec?.ephemeralContainers ?? [])].map((container) => container.name);
  if (named !== null && named !== '') {
    if (!all.includes(named)) throw badRequest(`container ${named} is not valid for pod ${name}`);
    return named;
  }
  const [only] = containers;
  if (containers.length === 1 && initContainers.length === 0 && only !== undefined) return only.name;
  const init =
    initContainers.length === 0 ? '' : ` or one of the init containers: [${initContainers.map((container) => container.name).join(' ')}]`;
  if (only === undefined || containers.length > 1 || init !== '') {
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${containers.map((container) => container.name).join(' ')}]${init}`,
    );
  }
  return only.name;
}

function readSince(query: URLSearchParams): Date | undefined {
  const seconds = readInteger(query, 'sinceSeconds');
  if (seconds !== undefined) return new Date(Date.now() - seconds * 1000);
  const time = query.get('sinceTime');
  if (time === null || time === '') return undefined;
  const parsed = new Date(time);
  if (Number.isNaN(parsed.getTime())) throw badRequest(`sinceTime: Invalid value: ${JSON.stringify(time)}: must be a valid RFC3339 time`);
  return parsed;
}

async function writeLines(response: HttpCall['response'], lines: AsyncIterable<LogLine>, timestamps: boolean): Promise<void> {
  const newline = Buffer.from('\n');
  for await (const { at, text } of lines) {
    const parts = timestamps ? [Buffer.from(`${at.toISOString()} `), text, newline] : [text, newline];
    if (response.destroyed) return;
    if (!response.write(Buffer.concat(parts))) await drained(response);
  }
}

function drained(response: HttpCall['response']): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
