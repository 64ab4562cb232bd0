import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { ExecSession, LogLine } from '../../runtime/runtime.ts';
import type { Pod } from '../meta/generated/types.ts';
import type { KubeletEndpoint, PodRef } from '../meta/kubelet-endpoint.ts';
import { badRequest } from '../meta/status-error.ts';
import { channelProtocols, serveChannels, type ChannelOptions } from './channel-socket.ts';
import { readInteger } from './http-exchange.ts';
import { isTrue } from './request-info.ts';
import type { HttpCall } from './resource-handler.ts';

/** The largest message a client may send over exec: a paste, a piece of a copied file. */
const MAX_MESSAGE_BYTES = 4 * 1_048_576;
const MAX_COMMAND_WORDS = 1_000;

/** pods/log, exec and attach: what needs the node that the pod runs on. */
export class PodStreams {
  readonly #kubelet: () => KubeletEndpoint;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => channelProtocols.find((name) => offered.has(name)) ?? false,
  });

  constructor(kubelet: () => KubeletEndpoint) {
    this.#kubelet = kubelet;
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
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

  /** Runs before the connection is upgraded, so that refusals are ordinary answers. */
  async open(kind: 'exec' | 'attach', query: URLSearchParams, pod: Pod): Promise<ExecSession> {
    const container = chooseContainer(pod, query.get('container'));
    const tty = isTrue(query.get('tty'));
    const stdin = isTrue(query.get('stdin'));
    if (kind === 'attach') return this.#kubelet().attach(refOf(pod), container, { tty, stdin });
    const command = query.getAll('command');
    if (command.length === 0) throw badRequest('you must specify at least 1 command for the container');
    if (command.length > MAX_COMMAND_WORDS) throw badRequest(`a command may have at most ${MAX_COMMAND_WORDS} words`);
    return this.#kubelet().exec(refOf(pod), container, { command, tty, stdin });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, session: ExecSession, query: URLSearchParams): void {
    const options: ChannelOptions = {
      stdin: isTrue(query.get('stdin')),
      stdout: isTrue(query.get('stdout')),
      stderr: isTrue(query.get('stderr')),
    };
    // A handshake that fails never gets here again: then the command must not run on.
    const abandon = (): void => void Promise.resolve(session[Symbol.asyncDispose]()).catch(() => {});
    socket.once('close', abandon);
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      socket.off('close', abandon);
      serveChannels(client, session, options).catch(() => client.terminate());
    });
  }
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
    if (!response.write(Buffer.concat(parts))) {
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
    }
  }
}
