import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { constants, createDeflate } from 'node:zlib';
import { spdyDictionary } from '../api/spdy/dictionary.ts';
import { dataFrame, pingFrame, resetFrame, synStreamFrame } from '../api/spdy/frames.ts';
import { formatHeaders } from '../api/spdy/header-block.ts';

/** The client's side of a SPDY connection for tests: writes frames as Go's spdystream does and collects what comes back, by stream. */
export class SpdyClient {
  readonly #transport: Duplex;
  readonly #deflate = createDeflate({ dictionary: spdyDictionary, flush: constants.Z_SYNC_FLUSH });
  readonly #received = new Map<number, Buffer>();
  readonly ended = new Set<number>();
  readonly reset = new Set<number>();
  readonly replied = new Set<number>();
  readonly pongs: number[] = [];
  isClosed = false;
  #kept = Buffer.alloc(0);
  #nextId = 1;
  #opening: Promise<void> = Promise.resolve();

  constructor(transport: Duplex) {
    this.#transport = transport;
    transport.on('data', (data: Buffer) => this.#read(data));
    transport.on('error', () => {});
    transport.once('close', () => {
      this.isClosed = true;
      this.#deflate.destroy();
    });
  }

  /** Calls may overlap: blocks are compressed and sent one after the other. */
  open(headers: Readonly<Record<string, string>>, fin = false): Promise<number> {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#opening = this.#opening.then(async () => {
      this.#transport.write(synStreamFrame(id, await this.compress(formatHeaders(new Map(Object.entries(headers)))), fin));
    });
    return this.#opening.then(() => id);
  }

  compress(block: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const take = (chunk: Buffer): void => void chunks.push(chunk);
      this.#deflate.on('data', take);
      this.#deflate.write(block, (error) => {
        this.#deflate.off('data', take);
        if (error === null || error === undefined) resolve(Buffer.concat(chunks));
        else reject(error);
      });
    });
  }

  send(id: number, data: Buffer | string, fin = false): boolean {
    return this.#transport.write(dataFrame(id, Buffer.from(data), fin));
  }

  cancel(id: number): void {
    this.#transport.write(resetFrame(id, 5));
  }

  ping(id: number): void {
    this.#transport.write(pingFrame(id));
  }

  raw(bytes: Buffer): void {
    this.#transport.write(bytes);
  }

  close(): void {
    this.#transport.destroy();
  }

  received(id: number): Buffer {
    return this.#received.get(id) ?? Buffer.alloc(0);
  }

  #read(data: Buffer): void {
    let rest = Buffer.concat([this.#kept, data]);
    while (rest.byteLength >= 8) {
      const end = 8 + rest.readUIntBE(5, 3);
      if (rest.byteLength < end) break;
      this.#take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    this.#kept = rest;
  }

  #take(frame: Buffer): void {
    const word = frame.readUInt32BE(0);
    if (word < 0x8000_0000) {
      this.#received.set(word, Buffer.concat([this.received(word), frame.subarray(8)]));
      if ((frame.readUInt8(4) & 1) !== 0) this.ended.add(word);
      return;
    }
    const type = word & 0xffff;
    const id = frame.readUInt32BE(8);
    if (type === 2) this.replied.add(id);
    if (type === 3) this.reset.add(id);
    if (type === 6) this.pongs.push(id);
  }
}

/** Two ends of one connection, over the loopback. */
export async function socketPair(): Promise<readonly [Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [client, accepted];
}
