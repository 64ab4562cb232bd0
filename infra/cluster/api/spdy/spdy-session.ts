import type { Duplex } from 'node:stream';
import { dataFrame, FrameReader, goAwayFrame, pingFrame, resetFrame, resetStatus, synReplyFrame, type SpdyFrame } from './frames.ts';
import { HeaderReader, HeaderWriter } from './header-block.ts';
import { SpdyStream } from './spdy-stream.ts';

/** Two streams a connection: a browser's pages through port-forward open dozens at once. */
const MAX_STREAMS = 512;
/** How long a client may take to close after we said good-bye. */
const CLOSE_MS = 5_000;

export interface SpdySessionHandlers {
  /** Answers whether the stream is wanted; one that is not is reset. */
  onStream(stream: SpdyStream): boolean;
}

/**
 * The server's side of a SPDY/3.1 connection over any byte stream.
 *
 * There are no windows: Go's spdystream, which all clients of Kubernetes use, neither sends WINDOW_UPDATE nor heeds it. Back-pressure is the
 * connection's: a stream whose reader lags by 256 KiB holds up the others on the same connection, as it does there.
 */
export class SpdySession {
  readonly #transport: Duplex;
  readonly #handlers: SpdySessionHandlers;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #headerReader = new HeaderReader();
  readonly #headerWriter = new HeaderWriter();
  #lastId = 0;
  #drained: Promise<void> | undefined;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;

  constructor(transport: Duplex, handlers: SpdySessionHandlers) {
    this.#transport = transport;
    this.#handlers = handlers;
    this.closed = new Promise((resolve) => {
      transport.once('close', () => {
        this.#end();
        resolve();
      });
    });
    transport.on('error', () => transport.destroy());
    this.#run().catch(() => {});
  }

  /** Says good-bye after what was written, and ends the connection; a client that does not let go is cut off. */
  close(): void {
    if (this.#transport.destroyed) return;
    const limit = setTimeout(() => this.#transport.destroy(), CLOSE_MS);
    void this.closed.then(() => clearTimeout(limit));
    this.#transport.end(goAwayFrame(this.#lastId));
  }

  async #run(): Promise<void> {
    const frames = new FrameReader();
    try {
      for await (const chunk of this.#transport.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        for (const frame of frames.read(chunk)) await this.#handle(frame);
      }
    } finally {
      this.#transport.destroy();
    }
  }

  async #handle(frame: SpdyFrame): Promise<void> {
    switch (frame.kind) {
      case 'syn-stream':
        return this.#open(frame);
      case 'data':
        return this.#streams.get(frame.id)?.receive(frame.data, frame.fin);
      case 'headers':
        await this.#headerReader.read(frame.headers);
        return frame.fin ? this.#streams.get(frame.id)?.receive(Buffer.alloc(0), true) : undefined;
      case 'reset':
        this.#streams.get(frame.id)?.reset();
        return undefined;
      case 'ping':
        // Even numbers are answers to pings of the server's, which sends none.
        return frame.id % 2 === 1 ? this.#send(pingFrame(frame.id)) : undefined;
      case 'go-away':
      case 'ignored':
        return undefined;
    }
  }

  async #open({ id, headers: block, fin, unidirectional }: Extract<SpdyFrame, { kind: 'syn-stream' }>): Promise<void> {
    const headers = await this.#headerReader.read(block);
    if (id % 2 === 0 || id <= this.#lastId) return this.#send(resetFrame(id, resetStatus.protocolError));
    this.#lastId = id;
    if (this.#streams.size >= MAX_STREAMS) return this.#send(resetFrame(id, resetStatus.refused));
    const stream = new SpdyStream(
      {
        sendData: (streamId, data, isLast) => this.#send(dataFrame(streamId, data, isLast)),
        sendReset: (streamId) => void this.#send(resetFrame(streamId, resetStatus.cancel)),
        forget: (streamId) => void this.#streams.delete(streamId),
      },
      { id, headers, unidirectional },
    );
    this.#streams.set(id, stream);
    // The reply goes first: a client drops data of a stream that has none.
    const replied = this.#send(synReplyFrame(id, this.#headerWriter.write(new Map())));
    if (!this.#handlers.onStream(stream)) stream.destroy();
    await replied;
    if (fin) await stream.receive(Buffer.alloc(0), true);
  }

  /** Resolves when the connection takes more; never rejects, since a connection that is gone takes everything. */
  async #send(frame: Buffer): Promise<void> {
    if (this.#transport.destroyed || this.#transport.writableEnded) return;
    if (this.#transport.write(frame)) return;
    this.#drained ??= new Promise((resolve) => {
      const done = (): void => {
        this.#transport.off('drain', done).off('close', done);
        this.#drained = undefined;
        resolve();
      };
      this.#transport.on('drain', done).on('close', done);
    });
    await this.#drained;
  }

  #end(): void {
    this.#headerReader.close();
    for (const stream of [...this.#streams.values()]) stream.destroy(new Error('the connection is closed'));
  }
}
