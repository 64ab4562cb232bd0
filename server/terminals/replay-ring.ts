/** The newest bytes of a terminal, numbered from 0 at its first byte. Older ones are gone. */
export class ReplayRing {
  readonly #buffer: Buffer;
  #end: number;
  #kept: number;

  /** `endSeq` and `kept` continue a ring that was read back from disk. */
  constructor(capacityBytes: number, endSeq = 0, kept: Uint8Array = new Uint8Array()) {
    this.#buffer = Buffer.allocUnsafe(capacityBytes);
    this.#end = endSeq - kept.length;
    this.#kept = 0;
    this.append(kept);
  }

  /** The number of the oldest byte that is kept. */
  get start(): number {
    return this.#end - this.#kept;
  }

  /** The number that the next byte will have. */
  get end(): number {
    return this.#end;
  }

  append(bytes: Uint8Array): void {
    const capacity = this.#buffer.length;
    const newest = bytes.length > capacity ? bytes.subarray(bytes.length - capacity) : bytes;
    let at = (this.#end + bytes.length - newest.length) % capacity;
    for (let taken = 0; taken < newest.length;) {
      const room = Math.min(newest.length - taken, capacity - at);
      this.#buffer.set(newest.subarray(taken, taken + room), at);
      taken += room;
      at = (at + room) % capacity;
    }
    this.#end += bytes.length;
    this.#kept = Math.min(capacity, this.#kept + bytes.length);
  }

  /** A copy of the bytes from `seq` on, at most `maxBytes`. `seq` must lie between start and end. */
  read(seq: number, maxBytes: number): Buffer {
    const capacity = this.#buffer.length;
    const length = Math.max(0, Math.min(this.#end - seq, maxBytes));
    const at = seq % capacity;
    const first = Math.min(length, capacity - at);
    const copy = Buffer.allocUnsafe(length);
    this.#buffer.copy(copy, 0, at, at + first);
    this.#buffer.copy(copy, first, 0, length - first);
    return copy;
  }
}
