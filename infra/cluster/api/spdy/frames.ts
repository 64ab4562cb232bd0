import { SpdyError } from './spdy-error.ts';

/** Frames of SPDY/3.1 as far as Kubernetes' streams need them. Data may arrive in pieces; `fin` is on the last. */
export type SpdyFrame =
  | { readonly kind: 'syn-stream'; readonly id: number; readonly headers: Buffer; readonly fin: boolean; readonly unidirectional: boolean }
  | { readonly kind: 'headers'; readonly id: number; readonly headers: Buffer; readonly fin: boolean }
  | { readonly kind: 'data'; readonly id: number; readonly data: Buffer; readonly fin: boolean }
  | { readonly kind: 'reset'; readonly id: number; readonly status: number }
  | { readonly kind: 'ping'; readonly id: number }
  | { readonly kind: 'go-away' }
  | { readonly kind: 'ignored' };

const type = { synStream: 1, synReply: 2, reset: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;
const ignoredTypes = new Set<number>([type.settings, type.windowUpdate]);
const VERSION = 3;
const HEAD_BYTES = 8;
const FIN = 1;
const UNIDIRECTIONAL = 2;
/** Far more than any control frame of Kubernetes. Data frames have no limit of ours: they pass through in pieces. */
const MAX_CONTROL_BYTES = 16 * 1024;

export const resetStatus = { protocolError: 1, refused: 3, cancel: 5 } as const;

interface Head {
  readonly isControl: boolean;
  /** Of a control frame its type, of a data frame its stream. */
  readonly number: number;
  readonly flags: number;
  /** Bytes of the payload that are still to come. */
  left: number;
}

/** Cuts a byte stream into frames, however it was cut before. Holds at most one control frame. */
export class FrameReader {
  #head: Head | undefined;
  #kept = Buffer.alloc(0);

  /** Throws SpdyError where the stream is no SPDY/3.1, after which the reader is of no use. */
  *read(chunk: Buffer): Generator<SpdyFrame> {
    let rest = this.#kept.byteLength === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    this.#kept = Buffer.alloc(0);
    for (;;) {
      if (this.#head === undefined) {
        if (rest.byteLength < HEAD_BYTES) break;
        this.#head = parseHead(rest);
        rest = rest.subarray(HEAD_BYTES);
      }
      const head = this.#head;
      const isWhole = rest.byteLength >= head.left;
      if (!isWhole && (head.isControl || rest.byteLength === 0)) break;
      const payload = rest.subarray(0, head.left);
      rest = rest.subarray(payload.byteLength);
      head.left -= payload.byteLength;
      if (isWhole) this.#head = undefined;
      yield head.isControl
        ? parseControl(head, payload)
        : { kind: 'data', id: head.number, data: payload, fin: isWhole && (head.flags & FIN) !== 0 };
    }
    this.#kept = Buffer.from(rest);
  }
}

function parseHead(bytes: Buffer): Head {
  const word = bytes.readUInt32BE(0);
  const flags = bytes.readUInt8(4);
  const left = bytes.readUIntBE(5, 3);
  const isControl = word >= 0x8000_0000;
  if (!isControl) return { isControl, number: word, flags, left };
  const version = (word >>> 16) & 0x7fff;
  if (version !== VERSION) throw new SpdyError(`version ${version} is not SPDY/3.1`);
  if (left > MAX_CONTROL_BYTES) throw new SpdyError(`a control frame of ${left} bytes`);
  return { isControl, number: word & 0xffff, flags, left };
}

function parseControl({ number, flags }: Head, payload: Buffer): SpdyFrame {
  const idAt = (least: number): number => {
    if (payload.byteLength < least) throw new SpdyError(`a frame of type ${number} with ${payload.byteLength} bytes`);
    return payload.readUInt32BE(0) & 0x7fff_ffff;
  };
  const fin = (flags & FIN) !== 0;
  switch (number) {
    case type.synStream:
      return { kind: 'syn-stream', id: idAt(10), headers: payload.subarray(10), fin, unidirectional: (flags & UNIDIRECTIONAL) !== 0 };
    // What a client's reply says must be read all the same: its headers are a part of the one compressed stream.
    case type.synReply:
    case type.headers:
      return { kind: 'headers', id: idAt(4), headers: payload.subarray(4), fin };
    case type.reset:
      return { kind: 'reset', id: idAt(8), status: payload.readUInt32BE(4) };
    case type.ping:
      idAt(4);
      return { kind: 'ping', id: payload.readUInt32BE(0) };
    case type.goAway:
      return { kind: 'go-away' };
    default:
      if (!ignoredTypes.has(number)) throw new SpdyError(`a frame of the unknown type ${number}`);
      return { kind: 'ignored' };
  }
}

export function dataFrame(id: number, data: Buffer, fin: boolean): Buffer {
  return Buffer.concat([headOf(id, fin ? FIN : 0, data.byteLength), data]);
}

export function synReplyFrame(id: number, headers: Buffer): Buffer {
  return controlFrame(type.synReply, [id], headers);
}

export function resetFrame(id: number, status: number): Buffer {
  return controlFrame(type.reset, [id, status]);
}

export function pingFrame(id: number): Buffer {
  return controlFrame(type.ping, [id]);
}

export function goAwayFrame(lastId: number): Buffer {
  return controlFrame(type.goAway, [lastId, 0]);
}

/** A client's; here for tests and whoever else speaks to this server. */
export function synStreamFrame(id: number, headers: Buffer, fin = false): Buffer {
  const frame = controlFrame(type.synStream, [id, 0], Buffer.concat([Buffer.alloc(2), headers]));
  frame.writeUInt8(fin ? FIN : 0, 4);
  return frame;
}

function controlFrame(number: number, words: readonly number[], rest: Buffer = Buffer.alloc(0)): Buffer {
  const payload = Buffer.concat([
    ...words.map((word) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(word);
      return bytes;
    }),
    rest,
  ]);
  return Buffer.concat([headOf(0x8000_0000 + VERSION * 0x1_0000 + number, 0, payload.byteLength), payload]);
}

function headOf(word: number, flags: number, length: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(word, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}
