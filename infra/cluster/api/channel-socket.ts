import type { Readable, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { ExecSession } from '../../runtime/runtime.ts';

/** Kubernetes' channel protocol for exec and attach: the first byte of each message names the stream. */
export const channelProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
const PING_EVERY_MS = 5_000;
/** As a node's kubelet cuts them. Clients that buffer a little are not overrun by one message. */
const MAX_OUTPUT_BYTES = 32 * 1024;
const resizeSchema = z.object({ Width: z.int().min(1).max(10_000), Height: z.int().min(1).max(10_000) });

export interface ChannelOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/**
 * Joins an exec session to a WebSocket until the command ends or the client goes. Both directions keep back-pressure: a client that does not
 * read pauses the command, a command that does not read pauses the client.
 */
export async function serveChannels(socket: WebSocket, session: ExecSession, options: ChannelOptions): Promise<void> {
  const ping = setInterval(() => socket.ping(), PING_EVERY_MS);
  const closed = new Promise<'closed'>((resolve) => socket.once('close', () => resolve('closed')));
  const resume = (): void => socket.resume();
  session.stdin?.on('drain', resume).on('close', resume);
  socket.on('message', (data: Buffer) => receive(socket, session, options, data));
  socket.on('error', () => socket.terminate());
  const output = Promise.all([
    options.stdout ? sendOutput(socket, channel.stdout, session.stdout) : discard(session.stdout),
    session.stderr === null ? undefined : options.stderr ? sendOutput(socket, channel.stderr, session.stderr) : discard(session.stderr),
  ]);
  try {
    const ended = await Promise.race([Promise.all([session.exited, output]).then(([result]) => result), closed]);
    if (ended !== 'closed') await finish(socket, exitStatus(ended.exitCode));
  } catch (error) {
    await finish(socket, failureStatus(error));
  } finally {
    clearInterval(ping);
    session.stdin?.off('drain', resume).off('close', resume);
    // Paused, the socket would not see the client's farewell.
    socket.resume();
    socket.close(1000);
    await session[Symbol.asyncDispose]();
  }
}

function receive(socket: WebSocket, session: ExecSession, options: ChannelOptions, data: Buffer): void {
  const [first] = data;
  const payload = data.subarray(1);
  if (first === channel.stdin && options.stdin && session.stdin !== null) write(socket, session.stdin, payload);
  else if (first === channel.resize) resize(session, payload);
  else if (first === channel.close && payload[0] === channel.stdin) session.stdin?.end();
}

function write(socket: WebSocket, stdin: Writable, payload: Buffer): void {
  // Resumed by the session's one listener: what was received before the pause took hold still gets here.
  if (!stdin.writableEnded && !stdin.destroyed && !stdin.write(payload)) socket.pause();
}

/** Sets the terminal's size from a client's JSON; what is none is ignored. */
export function resize(session: ExecSession, payload: Buffer): void {
  let json: unknown;
  try {
    json = JSON.parse(payload.toString('utf8'));
  } catch {
    return;
  }
  const size = resizeSchema.safeParse(json);
  // A terminal that is gone cannot be resized, and nobody needs to hear of it.
  if (size.success) session.resize({ columns: size.data.Width, rows: size.data.Height }).catch(() => {});
}

/** Sends what a source yields over one channel, piece by piece as fast as the client takes it, until either is done. */
export async function sendOutput(socket: WebSocket, number: number, source: Readable): Promise<void> {
  const head = Buffer.from([number]);
  for await (const chunk of source as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += MAX_OUTPUT_BYTES) {
      if (socket.readyState !== socket.OPEN) return;
      await send(socket, Buffer.concat([head, chunk.subarray(at, at + MAX_OUTPUT_BYTES)]));
    }
  }
}

async function discard(source: Readable): Promise<void> {
  for await (const _chunk of source as AsyncIterable<Buffer>) continue;
}

export function send(socket: WebSocket, data: Buffer): Promise<void> {
  return new Promise((resolve) => socket.send(data, () => resolve()));
}

async function finish(socket: WebSocket, status: object): Promise<void> {
  if (socket.readyState !== socket.OPEN) return;
  await send(socket, Buffer.concat([Buffer.from([channel.error]), Buffer.from(JSON.stringify(status))]));
}

/** What the error stream ends with: Kubernetes' clients read the exit code from it. */
export function exitStatus(exitCode: number): object {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

export function failureStatus(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error);
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: error executing command in container: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}
