import type { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExecSession } from '../../runtime/runtime.ts';
import { exitStatus, failureStatus, resize, type ChannelOptions } from './channel-socket.ts';
import { SpdySession } from './spdy/spdy-session.ts';
import type { SpdyStream } from './spdy/spdy-stream.ts';

/** The one version spoken over SPDY: statuses as JSON and terminal sizes. All clients since Kubernetes 1.4 know it. */
export const spdyExecProtocol = 'v4.channel.k8s.io';

const STREAMS_MS = 30_000;
const MAX_RESIZE_BYTES = 1_024;
type Role = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';
type Streams = Readonly<Record<'error', SpdyStream>> & { readonly [role in Role]?: SpdyStream };

export interface SpdyExecOptions extends ChannelOptions {
  readonly tty: boolean;
}

/** Joins an exec session to the streams of a SPDY connection until the command ends or the client goes. */
export async function serveSpdyExec(transport: Duplex, session: ExecSession, options: SpdyExecOptions): Promise<void> {
  const wanted = rolesOf(options);
  const found = new Map<Role, SpdyStream>();
  let onComplete: (streams: Streams | undefined) => void = () => {};
  const complete = new Promise<Streams | undefined>((resolve) => (onComplete = resolve));
  const connection = new SpdySession(transport, {
    onStream: (stream) => {
      const role = wanted.find((name) => name === stream.headers.get('streamtype'));
      if (role === undefined || found.has(role)) return false;
      found.set(role, stream);
      if (found.size === wanted.length) onComplete(Object.fromEntries(found) as unknown as Streams);
      return true;
    },
  });
  const limit = setTimeout(() => onComplete(undefined), STREAMS_MS);
  try {
    const streams = await Promise.race([complete, connection.closed.then(() => undefined)]);
    if (streams !== undefined) await Promise.race([run(streams, session), connection.closed]);
  } finally {
    clearTimeout(limit);
    connection.close();
    await session[Symbol.asyncDispose]();
  }
}

/** Which streams a client opens for what it asked for. With a terminal there is one output, and its size to tell. */
function rolesOf({ stdin, stdout, stderr, tty }: SpdyExecOptions): readonly Role[] {
  return [
    'error',
    ...(stdin ? (['stdin'] as const) : []),
    ...(stdout ? (['stdout'] as const) : []),
    ...(stderr && !tty ? (['stderr'] as const) : []),
    ...(tty ? (['resize'] as const) : []),
  ];
}

async function run(streams: Streams, session: ExecSession): Promise<void> {
  const { error, stdin, stdout, stderr, resize: sizes } = streams;
  error.resume();
  if (sizes !== undefined) followSize(sizes, session);
  // A command that does not read its input to the end is no failure.
  if (stdin !== undefined && session.stdin !== null) pipeline(stdin, session.stdin).catch(() => {});
  stdin?.on('end', () => stdin.end());
  try {
    const output = Promise.all([pour(session.stdout, stdout), session.stderr === null ? undefined : pour(session.stderr, stderr)]);
    const [{ exitCode }] = await Promise.all([session.exited, output]);
    await finish(error, exitStatus(exitCode));
  } catch (failure) {
    await finish(error, failureStatus(failure));
  }
}

async function pour(source: Readable, sink: Writable | undefined): Promise<void> {
  if (sink === undefined) for await (const _chunk of source) continue;
  else await pipeline(source, sink);
}

function finish(error: SpdyStream, status: object): Promise<void> {
  return new Promise((resolve) => error.end(JSON.stringify(status), () => resolve()));
}

/** Sizes come as JSON objects, a line each. */
function followSize(stream: SpdyStream, session: ExecSession): void {
  let kept = '';
  stream.on('data', (data: Buffer) => {
    const lines = (kept + data.toString('utf8')).split('\n');
    kept = (lines.pop() ?? '').slice(0, MAX_RESIZE_BYTES);
    for (const line of lines) resize(session, Buffer.from(line));
  });
}
