import { AppError, notFound } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { TerminalSize } from './shell.ts';
import type { Attachment } from './terminal.ts';
import type { PagePort, ViewerPort } from './viewer.ts';

export interface Sight {
  readonly access: 'write' | 'observe';
  readonly fromSeq: number;
  readonly size: TerminalSize;
}

/** What a place at a terminal tells, and what only one at another server's tells. */
export type RovingPort = ViewerPort & Pick<PagePort, 'refused'>;

/** Finds a place at the terminal wherever it is run; undefined while that cannot be had. Throws AppError `NotFound` when it has ended. */
export type FindPlace = (sight: Sight, port: RovingPort) => Promise<Attachment | undefined>;

export interface RovingParts {
  readonly find: FindPlace;
  readonly port: PagePort;
  readonly clock: Clock;
  readonly onOver: (viewer: RovingViewer) => void;
}

const RETRY_DELAYS_MS = [50, 100, 200, 400, 800, 1_500] as const;
/** A page waits for its answer for ten seconds. */
const OPEN_TRIES = 9;
const MOVING = 'The server that ran this terminal is gone. Another one is taking it over.';

/**
 * A page's view of a terminal that may change servers under it. Numbers go on without a gap: what is told twice or was lost on the way is noticed by them,
 * and asked for anew from the last byte that the page was sent.
 */
export class RovingViewer implements Attachment {
  readonly #parts: RovingParts;
  readonly #access: 'write' | 'observe';
  #size: TerminalSize;
  #place: Attachment | undefined;
  /** Of the place: news of a former one are late. */
  #turn = 0;
  #next: number;
  #isSeeking = false;
  #isOver = false;
  #wake: (() => void) | undefined;
  #opened: Pick<Attachment, 'seq' | 'restarted' | 'ended'> = { seq: 0, restarted: false, ended: false };

  private constructor(parts: RovingParts, { access, fromSeq, size }: Sight) {
    this.#parts = parts;
    this.#access = access;
    this.#next = fromSeq;
    this.#size = size;
  }

  /** Throws AppError: `NotFound`, or `Unavailable` when nobody runs the terminal within some seconds. */
  static async open(parts: RovingParts, sight: Sight): Promise<RovingViewer> {
    const viewer = new RovingViewer(parts, sight);
    for (let tries = 1; tries <= OPEN_TRIES; tries += 1) {
      const place = await viewer.#find();
      if (place !== undefined) {
        viewer.#sit(place);
        viewer.#opened = { seq: place.seq, restarted: place.restarted, ended: place.ended };
        return viewer;
      }
      await viewer.#pause(tries);
    }
    throw new AppError('Unavailable', MOVING, { remedy: 'Wait a moment and try again.' });
  }

  get seq(): number {
    return this.#opened.seq;
  }

  get restarted(): boolean {
    return this.#opened.restarted;
  }

  get ended(): boolean {
    return this.#opened.ended;
  }

  get size(): TerminalSize {
    return this.#size;
  }

  begin(): void {
    this.#place?.begin();
  }

  acknowledge(seq: number): void {
    this.#place?.acknowledge(seq);
  }

  write(bytes: Uint8Array): void {
    if (this.#isOver) throw notFound('terminal');
    if (this.#place === undefined) throw new AppError('Unavailable', MOVING, { remedy: 'Wait until it is back, then type again.' });
    this.#place.write(bytes);
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    this.#place?.resize(size);
  }

  /** Tries at once instead of when its turn comes, e.g. because the terminal may be run again. */
  poke(): void {
    this.#wake?.();
  }

  /** The place is no good any more: another one is looked for. */
  move(): void {
    if (this.#isOver || this.#isSeeking) return;
    this.#isSeeking = true;
    this.#stand();
    this.#parts.port.lost(MOVING, null);
    void this.#seek();
  }

  end(reason: string): void {
    if (this.#isOver) return;
    this[Symbol.dispose]();
    this.#parts.port.ended(reason);
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stand();
    this.#wake?.();
    this.#parts.onOver(this);
  }

  /** Asked anew after each wait. */
  #hasEnded(): boolean {
    return this.#isOver;
  }

  #stand(): void {
    this.#turn += 1;
    this.#place?.[Symbol.dispose]();
    this.#place = undefined;
  }

  #sit(place: Attachment): void {
    this.#place = place;
    this.#next = place.seq;
    this.#size = place.size;
  }

  #find(): Promise<Attachment | undefined> {
    this.#turn += 1;
    return this.#parts.find({ access: this.#access, fromSeq: this.#next, size: this.#size }, this.#portOf(this.#turn));
  }

  async #seek(): Promise<void> {
    for (let tries = 1; !this.#isOver; tries += 1) {
      try {
        const before = this.#size;
        const place = await this.#find();
        if (place !== undefined) {
          this.#isSeeking = false;
          if (this.#hasEnded()) place[Symbol.dispose]();
          else this.#goOn(place, before);
          return;
        }
      } catch (error) {
        if (isOver(error)) {
          this.end('The terminal has ended.');
          return;
        }
      }
      await this.#pause(tries);
    }
  }

  #goOn(place: Attachment, before: TerminalSize): void {
    const { port } = this.#parts;
    this.#sit(place);
    if (place.restarted) port.resync(place.seq);
    if (place.size.columns !== before.columns || place.size.rows !== before.rows) port.resized(place.size);
    port.back(place.seq);
    place.begin();
  }

  async #pause(tries: number): Promise<void> {
    const delayMs = RETRY_DELAYS_MS[Math.min(tries, RETRY_DELAYS_MS.length) - 1] ?? 0;
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.after(delayMs, resolve);
      this.#wake = () => {
        timer[Symbol.dispose]();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #portOf(turn: number): RovingPort {
    const { port } = this.#parts;
    const now = (tell: () => void): void => {
      if (turn === this.#turn && !this.#isOver) tell();
    };
    return {
      data: (seq, bytes) =>
        now(() => {
          if (seq === this.#next) {
            this.#next = seq + bytes.length;
            port.data(seq, bytes);
          } else this.move();
        }),
      resync: (seq) =>
        now(() => {
          this.#next = seq;
          port.resync(seq);
        }),
      resized: (size) =>
        now(() => {
          this.#size = size;
          port.resized(size);
        }),
      ended: (reason) => now(() => this.end(reason)),
      lost: (reason, retryAtMs) => now(() => port.lost(reason, retryAtMs)),
      back: () => now(() => port.back()),
      refused: (error) => now(() => port.refused(error)),
      moved: () => now(() => this.move()),
    };
  }
}

function isOver(error: unknown): boolean {
  return error instanceof AppError && error.code === 'NotFound';
}
