/** One request as graders see it: what happened, never what was said. */
export interface RequestEntry {
  /** Counts up from 1 over the program's life. */
  readonly sequence: number;
  readonly at: string;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Absent when nobody was recognised. */
  readonly keyId?: string;
  readonly organization?: string;
  readonly team?: string;
  readonly model?: string;
  readonly isStream: boolean;
  /** The refusal's kind. */
  readonly refusal?: string;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly usd: number;
  readonly tookMs: number;
  /** False when the client went, or the stream was broken, before the end. */
  readonly isComplete: boolean;
}

const MAX_ENTRIES = 5_000;

/** The last 5,000 requests. */
export class RequestLog {
  #entries: RequestEntry[] = [];
  #sequence = 0;

  add(entry: Omit<RequestEntry, 'sequence'>): void {
    this.#sequence += 1;
    this.#entries.push({ sequence: this.#sequence, ...entry });
    // Cut in lots: taking one off the front at every request would copy the whole list each time.
    if (this.#entries.length >= 2 * MAX_ENTRIES) this.#entries = this.#entries.slice(-MAX_ENTRIES);
  }

  /** The oldest `limit` entries after a sequence number. */
  after(sequence: number, limit: number): readonly RequestEntry[] {
    return this.#entries
      .slice(-MAX_ENTRIES)
      .filter((entry) => entry.sequence > sequence)
      .slice(0, limit);
  }

  get lastSequence(): number {
    return this.#sequence;
  }
}
