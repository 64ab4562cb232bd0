import { constants, createInflate, type Inflate } from 'node:zlib';
import { spdyDictionary } from './dictionary.ts';
import { SpdyError } from './spdy-error.ts';

/** Headers by lower-case name. Several values of one name are joined by NUL, as on the wire. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** What a block may come to once inflated: Kubernetes sends a handful of short headers. */
const MAX_BLOCK_BYTES = 16 * 1024;
const MAX_HEADERS = 64;

/** Reads the header blocks of one direction of a connection. They are one zlib stream, so each must be read, in order. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary: spdyDictionary, flush: constants.Z_SYNC_FLUSH, chunkSize: MAX_BLOCK_BYTES });
  #chunks: Buffer[] = [];
  #bytes = 0;
  #failure: Error | undefined;

  constructor() {
    this.#inflate.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#inflate.on('error', (error) => (this.#failure ??= error));
  }

  /** Throws SpdyError for what is no header block, or one that is too large. Calls must not overlap. */
  async read(block: Buffer): Promise<SpdyHeaders> {
    this.#chunks = [];
    this.#bytes = 0;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#inflate.off('close', done);
        resolve();
      };
      this.#inflate.once('close', done);
      if (this.#inflate.destroyed) done();
      else this.#inflate.write(block, done);
    });
    if (this.#failure !== undefined) throw new SpdyError(`unreadable header block: ${this.#failure.message}`);
    return parseHeaders(Buffer.concat(this.#chunks));
  }

  close(): void {
    this.#inflate.destroy();
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > MAX_BLOCK_BYTES) this.#inflate.destroy((this.#failure = new Error('it is too large')));
    else this.#chunks.push(chunk);
  }
}

export function parseHeaders(block: Buffer): SpdyHeaders {
  const headers = new Map<string, string>();
  let at = 0;
  const readNumber = (): number => {
    if (at + 4 > block.byteLength) throw new SpdyError('a header block ends early');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const readText = (): string => {
    const length = readNumber();
    if (at + length > block.byteLength) throw new SpdyError('a header block ends early');
    at += length;
    return block.toString('utf8', at - length, at);
  };
  const count = readNumber();
  if (count > MAX_HEADERS) throw new SpdyError('too many headers');
  for (let index = 0; index < count; index += 1) {
    const name = readText().toLowerCase();
    headers.set(name, readText());
  }
  return headers;
}

export function formatHeaders(headers: SpdyHeaders): Buffer {
  const parts: Buffer[] = [uint32(headers.size)];
  for (const [name, value] of headers) {
    for (const text of [Buffer.from(name.toLowerCase()), Buffer.from(value)]) parts.push(uint32(text.byteLength), text);
  }
  return Buffer.concat(parts);
}

const zlibHead = Buffer.from([0x78, 0x01]);
/** An empty stored block makes Go's decompressor hand out what it has. */
const syncMark = Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]);

/**
 * Writes header blocks of one direction. What a server says in headers is next to nothing, so they are stored, not compressed: a valid zlib
 * stream without a compressor's memory for every connection.
 */
export class HeaderWriter {
  #isFirst = true;

  write(headers: SpdyHeaders): Buffer {
    const block = formatHeaders(headers);
    if (block.byteLength > 0xffff) throw new SpdyError('headers past 64 KiB');
    const head = Buffer.alloc(5);
    head.writeUInt16LE(block.byteLength, 1);
    head.writeUInt16LE(block.byteLength ^ 0xffff, 3);
    const parts = [...(this.#isFirst ? [zlibHead] : []), head, block, syncMark];
    this.#isFirst = false;
    return Buffer.concat(parts);
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
