const NEWLINE = 0x0a;
/** A control message past this is refused: environments and hosts of a whole cluster stay far below. */
const MAX_LINE_BYTES = 16 << 20;

/** Cuts a stream of bytes into lines. `onLine` answers false when what follows is no longer lines; the rest is then given back. */
export class LineReader {
  #parts: Buffer[] = [];
  #bytes = 0;
  readonly #onLine: (line: string) => boolean;

  constructor(onLine: (line: string) => boolean) {
    this.#onLine = onLine;
  }

  /** @returns what comes after the last line when `onLine` said stop, otherwise undefined. */
  push(chunk: Buffer): Buffer | undefined {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...this.#parts, chunk.subarray(from, at)]).toString('utf8');
      this.#parts = [];
      this.#bytes = 0;
      from = at + 1;
      if (!this.#onLine(line)) return chunk.subarray(from);
    }
    if (from < chunk.length) {
      this.#parts.push(chunk.subarray(from));
      this.#bytes += chunk.length - from;
      if (this.#bytes > MAX_LINE_BYTES) throw new Error(`A line longer than ${MAX_LINE_BYTES} bytes came over the control socket.`);
    }
    return undefined;
  }
}
