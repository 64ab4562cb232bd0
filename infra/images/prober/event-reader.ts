const MAX_EVENTS = 2_000;
const MAX_BUFFERED = 65_536;

/** Cuts a `text/event-stream` into events, with the time each was complete. Keeps at most 2,000 events and 64 KiB of an unfinished one. */
export class EventReader {
  readonly events: { readonly data: string; readonly atMs: number }[] = [];
  readonly #elapsed: () => number;
  readonly #decoder = new TextDecoder();
  #rest = '';

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  push(chunk: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r?\n\r?\n/);
    this.#rest = (parts.pop() ?? '').slice(-MAX_BUFFERED);
    for (const part of parts) {
      const data = part
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).replace(/^ /, ''))
        .join('\n');
      if (this.events.length < MAX_EVENTS) this.events.push({ data, atMs: this.#elapsed() });
    }
  }
}
