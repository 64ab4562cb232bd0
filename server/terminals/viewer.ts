import type { AppError } from '../app-error.ts';
import type { ReplayRing } from './replay-ring.ts';
import type { TerminalSize } from './shell.ts';

/** Where a page's news go: a socket, in tests an array. Calls never block; what is not acknowledged is bounded by {@link WINDOW_BYTES}. */
export interface PagePort {
  data(seq: number, bytes: Uint8Array): void;
  /** The screen is to be cleared; data goes on at `seq`. */
  resync(seq: number): void;
  resized(size: TerminalSize): void;
  ended(reason: string): void;
  lost(reason: string, retryAtMs: number | null): void;
  /** With a number: what comes next has it, and nothing lies between that and what came last. */
  back(seq?: number): void;
  /** Input was not taken. */
  refused(error: AppError): void;
}

/** Where a terminal tells its viewers' news. */
export interface ViewerPort extends Omit<PagePort, 'refused'> {
  /** The terminal is not run here any more, and goes on elsewhere; nothing more is told here. */
  moved(): void;
}

/** Five acknowledgements of 100 KB: more is not sent until the viewer has drawn some of it. */
export const WINDOW_BYTES = 500_000;
/** Below this the source may go on. */
export const RESUME_BELOW_BYTES = 200_000;
/** The largest message. Larger ones would hold up keystrokes of other terminals on the same socket. */
const CHUNK_BYTES = 32 * 1024;

/** One pair of eyes on a terminal. The ring is its queue: it only remembers how far it was sent and how far it has drawn. */
export class Viewer {
  readonly access: 'write' | 'observe';
  readonly port: ViewerPort;
  #sent: number;
  #drawn: number;

  constructor(access: 'write' | 'observe', port: ViewerPort, fromSeq: number) {
    this.access = access;
    this.port = port;
    this.#sent = fromSeq;
    this.#drawn = fromSeq;
  }

  /** Sent but not drawn. */
  get unackedBytes(): number {
    return this.#sent - this.#drawn;
  }

  /** Numbers that make no sense are cut to what was sent. */
  acknowledge(seq: number): void {
    this.#drawn = Math.min(Math.max(seq, this.#drawn), this.#sent);
  }

  /** Sends what the ring has and the window allows. Whoever fell out of the ring is resynchronised, once its window has room again. */
  pump(ring: ReplayRing): void {
    if (this.#sent < ring.start && this.unackedBytes < RESUME_BELOW_BYTES) {
      this.#sent = ring.start;
      this.#drawn = ring.start;
      this.port.resync(ring.start);
    }
    while (this.#sent >= ring.start && this.#sent < ring.end && this.unackedBytes < WINDOW_BYTES) {
      const seq = this.#sent;
      const bytes = ring.read(seq, CHUNK_BYTES);
      // Before it is told, for who is told may acknowledge at once.
      this.#sent += bytes.length;
      this.port.data(seq, bytes);
    }
  }
}
