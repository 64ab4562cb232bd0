import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ExecRequest, TerminalSize } from '../../runtime.ts';
import { encodeFrame, encodeJsonFrame, FrameDecoder, frameKind, type FrameKind } from '../frames.ts';
import type { WireLogRequest } from '../wire.ts';
import type { Container } from './container.ts';
import type { RunningProcess } from './running-process.ts';

/** Output that others than the exec's own process still write after its end is awaited this long. */
const OUTPUT_GRACE_MS = 300;

/** Runs a process for the connection, and ends it when the connection goes. */
export async function serveExec(container: Container, request: ExecRequest, socket: Socket): Promise<void> {
  const process = await container.exec(request);
  socket.write(encodeFrame(frameKind.started));
  receive(socket, process.stdin, (size) => process.resize(size));
  let running = true;
  socket.once('close', () => {
    if (running) void container.endExec(process);
    process.stdin?.destroy();
    process.stdout.destroy();
    process.stderr?.destroy();
  });
  const outputs = [
    forward(process.stdout, frameKind.stdout, socket),
    ...(process.stderr === null ? [] : [forward(process.stderr, frameKind.stderr, socket)]),
  ];
  const { exitCode } = await process.ended;
  running = false;
  await drained(process, outputs, socket);
  if (!socket.destroyed) socket.end(encodeJsonFrame(frameKind.exit, { exitCode }));
}

/** Waits for the last output, as long as some keeps coming or the reader is slow. */
async function drained(process: RunningProcess, outputs: readonly Promise<void>[], socket: Socket): Promise<void> {
  const all = Promise.all(outputs).then(() => 'done' as const);
  const sources = [process.stdout, process.stderr].filter((source) => source !== null);
  let before = -1;
  while (!socket.destroyed) {
    const turn = await Promise.race([all, new Promise<'waited'>((resolve) => setTimeout(resolve, OUTPUT_GRACE_MS, 'waited'))]);
    const sent = socket.bytesWritten;
    if (turn === 'done' || (sent === before && sources.every((source) => !source.isPaused()))) break;
    before = sent;
  }
  for (const source of sources) source.destroy();
}

/** Joins a container's first process. The connection's end leaves the process alone. */
export async function serveAttach(container: Container, wantsStdin: boolean, socket: Socket): Promise<void> {
  let unblock: (() => void) | undefined;
  const attachment = container.attach(
    (stream, chunk) => {
      if (socket.destroyed) return;
      if (!socket.write(encodeFrame(frameKind[stream], chunk))) unblock ??= attachment.block();
    },
    () => {
      const { state } = container;
      socket.end(encodeJsonFrame(frameKind.exit, { exitCode: state.kind === 'exited' ? state.exitCode : 0 }));
    },
  );
  const goOn = (): void => {
    unblock?.();
    unblock = undefined;
  };
  socket.on('drain', goOn);
  socket.once('close', () => {
    attachment.detach();
    goOn();
  });
  socket.write(encodeFrame(frameKind.started));
  receive(socket, wantsStdin ? attachment.stdin : null, (size) => attachment.resize(size));
}

export async function serveLogs(container: Container, request: WireLogRequest, socket: Socket): Promise<void> {
  const abort = new AbortController();
  socket.once('close', () => abort.abort());
  socket.on('end', () => abort.abort());
  socket.resume();
  socket.write(encodeFrame(frameKind.started));
  for await (const chunk of container.log.read(request, abort.signal)) {
    if (socket.destroyed) return;
    if (!socket.write(encodeFrame(frameKind.stdout, chunk))) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
  socket.end();
}

/** Sends a stream on, pausing it while the connection is full. Resolves at its end. */
async function forward(source: Readable, kind: FrameKind, socket: Socket): Promise<void> {
  source.on('data', (chunk: Buffer) => {
    if (socket.destroyed || socket.write(encodeFrame(kind, chunk))) return;
    source.pause();
    socket.once('drain', () => source.resume());
  });
  await finished(source, { writable: false }).catch(() => undefined);
}

/** Takes input and sizes from a connection; a full stdin makes the connection wait. */
function receive(socket: Socket, stdin: Writable | NodeJS.WritableStream | null, resize: (size: TerminalSize) => void): void {
  stdin?.on('error', () => undefined);
  const frames = new FrameDecoder((kind, payload) => {
    if (kind === frameKind.resize) resize(JSON.parse(payload.toString('utf8')) as TerminalSize);
    else if (kind === frameKind.stdinEnd) stdin?.end();
    else if (kind === frameKind.stdin && stdin?.writable === true && !stdin.write(Buffer.from(payload))) {
      socket.pause();
      stdin.once('drain', () => socket.resume());
    }
  });
  // A process that no longer reads must not hold back sizes and the end of the connection.
  stdin?.once('close', () => socket.resume());
  socket.on('data', (chunk: Buffer) => {
    try {
      frames.push(chunk);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined);
    }
  });
  socket.resume();
}
