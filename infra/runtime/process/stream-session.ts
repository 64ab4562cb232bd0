import type { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { RuntimeError, type ExecSession, type TerminalSize } from '../runtime.ts';
import { encodeFrame, encodeJsonFrame, FrameDecoder, frameKind, type FrameKind } from './frames.ts';
import { toRuntimeError } from './supervisor-client.ts';
import type { WireError } from './wire.ts';

const STREAM_BYTES = 256 << 10;

/** Turns a stream connection into an exec session once the supervisor has said that the process runs. Throws RuntimeError. */
export function openSession(socket: Socket, request: { readonly tty: boolean; readonly stdin: boolean }): Promise<ExecSession> {
  return new Promise((resolve, reject) => {
    const session = new StreamSession(socket, request, { resolve, reject });
    session.listen();
  });
}

class StreamSession implements ExecSession {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable | null;
  readonly exited: Promise<{ readonly exitCode: number }>;
  readonly #socket: Socket;
  readonly #opened: { resolve(session: ExecSession): void; reject(error: Error): void };
  readonly #full = new Set<Readable>();
  #exit: (end: { readonly exitCode: number }) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor(
    socket: Socket,
    request: { readonly tty: boolean; readonly stdin: boolean },
    opened: { resolve(session: ExecSession): void; reject(error: Error): void },
  ) {
    this.#socket = socket;
    this.#opened = opened;
    this.stdin = request.stdin ? this.#input() : null;
    this.stdout = this.#output();
    this.stderr = request.tty ? null : this.#output();
    this.exited = new Promise((resolve, reject) => {
      this.#exit = resolve;
      this.#fail = reject;
    });
    // Whoever only reads the output need not care how it ended.
    this.exited.catch(() => undefined);
  }

  listen(): void {
    const frames = new FrameDecoder((kind, payload) => this.#receive(kind, payload));
    this.#socket.on('data', (chunk: Buffer) => frames.push(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => this.#closed());
  }

  async resize(size: TerminalSize): Promise<void> {
    if (!this.#socket.destroyed) this.#socket.write(encodeJsonFrame(frameKind.resize, size));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }

  #receive(kind: FrameKind, payload: Buffer): void {
    switch (kind) {
      case frameKind.started:
        this.#opened.resolve(this);
        return;
      case frameKind.stdout:
        this.#push(this.stdout, payload);
        return;
      case frameKind.stderr:
        this.#push(this.stderr ?? this.stdout, payload);
        return;
      case frameKind.exit:
        this.#exit(JSON.parse(payload.toString('utf8')) as { exitCode: number });
        return;
      case frameKind.error: {
        const error = toRuntimeError(JSON.parse(payload.toString('utf8')) as WireError);
        this.#opened.reject(error);
        this.#fail(error);
        return;
      }
      case frameKind.stdin:
      case frameKind.resize:
      case frameKind.stdinEnd:
    }
  }

  #closed(): void {
    const error = new RuntimeError('EngineUnreachable', 'The connection to the process ended before the process did.');
    this.#opened.reject(error);
    this.#fail(error);
    this.stdout.push(null);
    this.stderr?.push(null);
    this.stdin?.destroy();
  }

  /** One connection carries both streams, so that a reader who stops either one stops both, as with a Docker engine. */
  #push(stream: Readable, payload: Buffer): void {
    if (stream.destroyed || stream.push(Buffer.from(payload))) return;
    this.#full.add(stream);
    this.#socket.pause();
  }

  #output(): Readable {
    const stream: Readable = new Readable({
      highWaterMark: STREAM_BYTES,
      read: () => this.#drained(stream),
      destroy: (error, done) => {
        this.#drained(stream);
        done(error);
      },
    });
    return stream;
  }

  #drained(stream: Readable): void {
    if (this.#full.delete(stream) && this.#full.size === 0) this.#socket.resume();
  }

  #input(): Writable {
    return new Writable({
      highWaterMark: STREAM_BYTES,
      write: (chunk: Buffer, _encoding, done) => this.#send(encodeFrame(frameKind.stdin, chunk), done),
      final: (done) => this.#send(encodeFrame(frameKind.stdinEnd), done),
    });
  }

  #send(frame: Buffer, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed) {
      // The process is gone; what it did not read is nobody's loss.
      done();
      return;
    }
    if (this.#socket.write(frame)) {
      done();
      return;
    }
    const next = (): void => {
      this.#socket.off('drain', next);
      this.#socket.off('close', next);
      done();
    };
    this.#socket.on('drain', next);
    this.#socket.on('close', next);
  }
}
