import { Duplex } from 'node:stream';
import type { SpdyHeaders } from './header-block.ts';

/** How much a stream holds for a reader that lags before the whole connection waits for it. */
const BUFFER_BYTES = 256 * 1024;
const MAX_FRAME_BYTES = 32 * 1024;

/** What a stream needs of its connection. */
export interface StreamLine {
  /** Resolves when the connection takes more. */
  sendData(id: number, data: Buffer, fin: boolean): Promise<void>;
  sendReset(id: number): void;
  forget(id: number): void;
}

export interface StreamOpening {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly unidirectional: boolean;
}

/** One stream of a SPDY connection. Ending it closes our half; destroying it before both halves are closed resets it. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #line: StreamLine;
  #isFinSent: boolean;
  #isFinReceived = false;
  #onTaken: (() => void) | undefined;

  constructor(line: StreamLine, { id, headers, unidirectional }: StreamOpening) {
    super({ readableHighWaterMark: BUFFER_BYTES, writableHighWaterMark: MAX_FRAME_BYTES, allowHalfOpen: true });
    this.id = id;
    this.headers = headers;
    this.#line = line;
    this.#isFinSent = unidirectional;
    // Whoever uses the stream listens where it matters; a reset must never end the process.
    this.on('error', () => {});
  }

  /** Takes what the client sent. Resolves when there is room for more, at once where nobody will read. */
  async receive(data: Buffer, fin: boolean): Promise<void> {
    if (this.destroyed || this.#isFinReceived) return;
    const hasRoom = data.byteLength === 0 || this.push(data);
    if (fin) {
      this.#isFinReceived = true;
      this.push(null);
      return;
    }
    if (!hasRoom) await new Promise<void>((resolve) => (this.#onTaken = resolve));
  }

  /** The client gave the stream up, what is unread included. */
  reset(): void {
    this.#isFinSent = true;
    this.#isFinReceived = true;
    this.destroy();
  }

  override _read(): void {
    this.#taken();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#isFinSent) {
      done();
      return;
    }
    this.#isFinSent = true;
    this.#line.sendData(this.id, Buffer.alloc(0), true).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isFinSent || !this.#isFinReceived) this.#line.sendReset(this.id);
    this.#line.forget(this.id);
    this.#taken();
    done(error);
  }

  async #send(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.byteLength; at += MAX_FRAME_BYTES)
      await this.#line.sendData(this.id, chunk.subarray(at, at + MAX_FRAME_BYTES), false);
  }

  #taken(): void {
    this.#onTaken?.();
    this.#onTaken = undefined;
  }
}
