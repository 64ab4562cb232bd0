import type { IncomingMessage } from 'node:http';
import type { KubeConfig } from '@kubernetes/client-node';
import WebSocket from 'ws';
import type { ShellHandlers, ShellStream, TerminalSize } from './shell.ts';

/**
 * An exec with a terminal over the Kubernetes API's WebSocket protocol: one byte of channel before each message. Written on `ws` because
 * client-node's own Exec neither pauses the connection nor says how much input is queued; the credentials are client-node's.
 */
export interface ExecTarget {
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
}

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const RESIZE = 4;
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that answers no ping for so long is taken for lost. */
const PING_EVERY_MS = 15_000;
const MAX_STATUS_LENGTH = 10_000;
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

export async function openExec(target: ExecTarget, size: TerminalSize, handlers: ShellHandlers, signal: AbortSignal): Promise<ShellStream> {
  let ended = false;
  let exited = false;
  const socket = await connect(target, true, signal, (message) => {
    const channel = message[0];
    if (channel === STATUS) exited = isExit(message.subarray(1));
    else if ((channel === STDOUT || channel === STDERR) && message.length > 1 && !ended) handlers.onData(message.subarray(1));
  });
  socket.send(frame(RESIZE, Buffer.from(JSON.stringify({ Width: size.columns, Height: size.rows }))));
  const end = (reason: string): void => {
    clearInterval(pings);
    if (ended) return;
    ended = true;
    handlers.onEnd(exited ? { kind: 'exited' } : { kind: 'lost', reason });
  };
  const pings = keepAlive(socket, () => ended);
  socket.on('close', () => end('The connection to the shell was lost.'));
  socket.on('error', (error) => end(error.message));
  return {
    write: (bytes) => socket.send(frame(STDIN, bytes)),
    get queuedBytes() {
      return socket.bufferedAmount;
    },
    resize: ({ columns, rows }) => socket.send(frame(RESIZE, Buffer.from(JSON.stringify({ Width: columns, Height: rows })))),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => {
      ended = true;
      clearInterval(pings);
      socket.terminate();
    },
  };
}

/** Runs a short command without a terminal; its output is not read. Rejects unless it has ended with success. */
export async function runExec(target: ExecTarget, signal: AbortSignal): Promise<void> {
  let outcome: Buffer | undefined;
  const socket = await connect(target, false, signal, (message) => {
    if (message[0] === STATUS) outcome = message.subarray(1);
  });
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => socket.terminate(), { once: true });
    socket.on('error', () => socket.terminate());
    socket.once('close', () => resolve());
  });
  if (outcome === undefined) throw new Error('The cluster did not say how a command ended.');
  if (parseStatus(outcome).status !== 'Success') throw new Error('A command in the workspace failed.');
}

/** `onMessage` is there from the beginning: the first words may come together with the answer that opens the connection. */
async function connect(target: ExecTarget, tty: boolean, signal: AbortSignal, onMessage: (message: Buffer) => void): Promise<WebSocket> {
  const cluster = target.kubeConfig.getCurrentCluster();
  if (cluster === null) throw new Error('The kubeconfig names no cluster.');
  const query = new URLSearchParams({
    container: target.container,
    stdin: String(tty),
    stdout: 'true',
    stderr: String(!tty),
    tty: String(tty),
  });
  for (const word of target.command) query.append('command', word);
  const pod = `/api/v1/namespaces/${encodeURIComponent(target.namespace)}/pods/${encodeURIComponent(target.pod)}/exec`;
  const options: WebSocket.ClientOptions = {};
  await target.kubeConfig.applyToHTTPSOptions(options);
  const socket = new WebSocket(`${cluster.server.replace(/^http/, 'ws')}${pod}?${query.toString()}`, PROTOCOLS, {
    ...options,
    perMessageDeflate: false,
    handshakeTimeout: CONNECT_TIMEOUT_MS,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  socket.on('message', onMessage);
  await opened(socket, signal);
  return socket;
}

function opened(socket: WebSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => socket.terminate();
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (end: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      end();
    };
    socket.once('open', () => settle(resolve));
    socket.once('error', (cause) => settle(() => reject(new Error('The cluster does not answer at the moment.', { cause }))));
    socket.once('unexpected-response', (_request, response) => {
      void explainRefusal(response).then((reason) => {
        settle(() => reject(new Error(reason)));
        socket.terminate();
      });
    });
  });
}

/** The API says in a Status why there is no shell, e.g. that the pod is not running yet. */
async function explainRefusal(response: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
      body += chunk;
      if (body.length > MAX_STATUS_LENGTH) break;
    }
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    if (typeof message === 'string' && message !== '') return `There is no shell at the moment: ${message}.`;
  } catch {
    // An answer that is no Status is told by its code.
  }
  return `The cluster answered ${response.statusCode ?? 0} instead of opening a shell.`;
}

/** A half-open connection would look like a shell that says nothing. Does not keep the process alive. */
function keepAlive(socket: WebSocket, isEnded: () => boolean): NodeJS.Timeout {
  let answered = true;
  socket.on('pong', () => (answered = true));
  return setInterval(() => {
    // A paused socket does not read pongs, and that is our own doing.
    if (isEnded() || socket.isPaused) return;
    if (!answered) socket.terminate();
    answered = false;
    if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, PING_EVERY_MS).unref();
}

/** Exit codes of SIGHUP, SIGKILL and SIGTERM: somebody else ended it, such as a container that is being replaced. */
const ENDED_FROM_OUTSIDE: ReadonlySet<string | undefined> = new Set(['129', '137', '143']);

interface ExecStatus {
  readonly status?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** The API says how a command ended: Success, or Failure with reason NonZeroExitCode. Any other failure is the way to it, not the shell. */
function isExit(message: Buffer): boolean {
  const { status, reason, details } = parseStatus(message);
  const code = details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  return status === 'Success' || (reason === 'NonZeroExitCode' && !ENDED_FROM_OUTSIDE.has(code));
}

function parseStatus(message: Buffer): ExecStatus {
  try {
    return (JSON.parse(message.toString('utf8')) as ExecStatus | null) ?? {};
  } catch {
    return {};
  }
}

function frame(channel: number, payload: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(payload.length + 1);
  message[0] = channel;
  message.set(payload, 1);
  return message;
}
