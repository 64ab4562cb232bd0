/**
 * Frames of an exec, attach or log connection: one byte of kind, four of length (big-endian), then the payload. Length-prefixed
 * because terminal bytes may be anything.
 */
export const frameKind = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  /** JSON `{exitCode}`; the last frame of an exec. */
  exit: 3,
  /** JSON `{columns, rows}`. */
  resize: 4,
  /** Empty: the client has ended stdin. */
  stdinEnd: 5,
  /** Empty: the process runs. */
  started: 6,
  /** JSON {@link WireError}; the only frame of a stream that could not be had. */
  error: 7,
} as const;
export type FrameKind = (typeof frameKind)[keyof typeof frameKind];

const HEADER_BYTES = 5;
/** No frame is longer: both ends cut what they send at the reads of a pipe or a PTY. */
const MAX_PAYLOAD_BYTES = 4 << 20;
const kinds: ReadonlySet<number> = new Set(Object.values(frameKind));

export function encodeFrame(kind: FrameKind, payload: Buffer = Buffer.alloc(0)): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame[0] = kind;
  frame.writeUInt32BE(payload.length, 1);
  payload.copy(frame, HEADER_BYTES);
  return frame;
}

export function encodeJsonFrame(kind: FrameKind, value: unknown): Buffer {
  return encodeFrame(kind, Buffer.from(JSON.stringify(value)));
}

/** Puts frames together again from chunks that split anywhere. Throws on what no end of ours sends. */
export class FrameDecoder {
  #rest = Buffer.alloc(0);
  readonly #onFrame: (kind: FrameKind, payload: Buffer) => void;

  constructor(onFrame: (kind: FrameKind, payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (buffer.length >= HEADER_BYTES) {
      const kind = buffer.readUInt8(0);
      const length = buffer.readUInt32BE(1);
      if (!isFrameKind(kind) || length > MAX_PAYLOAD_BYTES) throw new Error(`A frame of kind ${kind} and ${length} bytes is none of ours.`);
      if (buffer.length < HEADER_BYTES + length) break;
      this.#onFrame(kind, buffer.subarray(HEADER_BYTES, HEADER_BYTES + length));
      buffer = buffer.subarray(HEADER_BYTES + length);
    }
    this.#rest = Buffer.from(buffer);
  }
}

function isFrameKind(value: number): value is FrameKind {
  return kinds.has(value);
}
