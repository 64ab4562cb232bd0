import { AppError, messageOf } from '../app-error.ts';
import { orLate, type Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Recorder } from './recorder.ts';
import { RING_BYTES } from './recording-store.ts';
import type { ReplayRing } from './replay-ring.ts';
import type { ShellConnector, ShellEnd, ShellKey, ShellStream, TerminalSize } from './shell.ts';
import { RESUME_BELOW_BYTES, Viewer, WINDOW_BYTES, type ViewerPort } from './viewer.ts';

/** Output is sent at once when it may be the echo of a key or nothing was sent for so long, else gathered for so long. */
const BATCH_MS = 8;
/** Enough for a message of its own; not held back. */
const BATCH_BYTES = 32 * 1024;
/** What is taken into the ring, of {@link RING_BYTES}, before its viewers are looked after. */
const PIECE_BYTES = RING_BYTES / 2;
/** Input that the shell does not take is refused past this, e.g. a paste into a program that does not read. */
const MAX_QUEUED_INPUT_BYTES = 1_000_000;
/** Before a terminal changes servers, what its shell has said arrives: so long without a word, but no longer than the other. */
const QUIET_MS = 100;
const QUIET_WITHIN_MS = 500;
/** A workspace that does not answer must not hold up the end of the server. */
const HOLD_WITHIN_MS = 2_500;
/** Who has neither typed nor been told anything for so long has nothing under way. */
const IDLE_MS = 2_000;
const RECONNECT_DELAYS_MS = [250, 1_000, 2_000, 5_000, 10_000] as const;

export interface TerminalParts {
  readonly key: ShellKey;
  readonly title: string;
  readonly size: TerminalSize;
  readonly ring: ReplayRing;
  /** Where the numbers of the server before ended, when they were moved on. */
  readonly formerEndSeq?: number | undefined;
  readonly recorder: Recorder;
  readonly connector: ShellConnector;
  readonly clock: Clock;
  readonly log: Logger;
  /** The shell ended by itself. */
  readonly onExited: () => void;
  readonly onResized: (size: TerminalSize) => void;
}

interface Renumbered {
  readonly formerEndSeq: number;
  readonly by: number;
}

/**
 * Where a viewer that has everything before `fromSeq` goes on. Its number may be one of the server before: what that one stored has another number now, and
 * what it showed without having stored it is known to nobody, so that the screen begins anew. Pure.
 */
export function planReplay(
  fromSeq: number,
  { start, end }: { readonly start: number; readonly end: number },
  renumbered?: Renumbered,
): { readonly seq: number; readonly restarted: boolean } {
  const seq = renumbered !== undefined && fromSeq <= renumbered.formerEndSeq ? fromSeq + renumbered.by : fromSeq;
  return seq < start || seq > end ? { seq: start, restarted: fromSeq > 0 } : { seq, restarted: false };
}

/** A viewer's place at a terminal. */
export interface Attachment extends Disposable {
  readonly seq: number;
  /** What the viewer had is too old, or newer than what the server kept: it clears its screen before what follows. */
  readonly restarted: boolean;
  readonly size: TerminalSize;
  readonly ended: boolean;
  /** Starts the data; the caller has told the viewer the above first. */
  begin(): void;
  acknowledge(seq: number): void;
  /** Throws AppError when it is not taken, or tells it later. For who attached with `write`. */
  write(bytes: Uint8Array): void;
  resize(size: TerminalSize): void;
}

/**
 * One shell and everybody who looks at it. Output goes into the ring and from there to each viewer within its window. Only the person's own
 * fastest viewer may hold up the shell; others fall behind and are resynchronised. A lost way to the shell is sought again for as long as
 * the terminal lives.
 */
export class Terminal implements AsyncDisposable {
  readonly key: ShellKey;
  readonly title: string;
  readonly #parts: TerminalParts;
  readonly #viewers = new Set<Viewer>();
  readonly #renumbered: Renumbered | undefined;
  readonly #closing = new AbortController();
  #size: TerminalSize;
  #stream: ShellStream | undefined;
  #paused = false;
  #isConnecting = false;
  #lost: { readonly reason: string; readonly retryAtMs: number | null } | undefined;
  #failures = 0;
  #endedBecause: string | undefined;
  #lastSentMs = 0;
  #pumpedTo: number;
  #flush: Disposable | undefined;
  #lastInputMs: number | null = null;
  #awaitsEcho = false;
  /** It is going over to another server. */
  #isLeaving = false;
  #onOutput: (() => void) | undefined;

  constructor(parts: TerminalParts) {
    this.#parts = parts;
    this.key = parts.key;
    this.title = parts.title;
    this.#size = parts.size;
    this.#pumpedTo = parts.ring.end;
    const { formerEndSeq, ring } = parts;
    this.#renumbered = formerEndSeq === undefined ? undefined : { formerEndSeq, by: ring.end - formerEndSeq };
  }

  get lastInputMs(): number | null {
    return this.#lastInputMs;
  }

  get ended(): boolean {
    return this.#endedBecause !== undefined;
  }

  /** The newest output, at most `maxBytes`, for the roster. */
  newestOutput(maxBytes: number): Buffer {
    const { ring } = this.#parts;
    return ring.read(Math.max(ring.start, ring.end - maxBytes), maxBytes);
  }

  get outputBytes(): number {
    return this.#parts.ring.end;
  }

  /** Connects to the shell, unless that is done or under way. */
  start(): void {
    if (this.#stream !== undefined || this.#isConnecting || this.ended || this.#isClosing()) return;
    this.#isConnecting = true;
    void this.#connect().finally(() => (this.#isConnecting = false));
  }

  /** A writer brings its size; the shell begins with it. */
  attach(access: 'write' | 'observe', fromSeq: number, size: TerminalSize, port: ViewerPort): Attachment {
    const { ring } = this.#parts;
    const { seq, restarted } = planReplay(fromSeq, ring, this.#renumbered);
    const viewer = new Viewer(access, port, seq);
    if (access === 'write') this.resize(size);
    this.start();
    return {
      seq,
      restarted,
      size: this.#size,
      ended: this.ended,
      begin: () => this.#begin(viewer),
      acknowledge: (seq) => {
        viewer.acknowledge(seq);
        viewer.pump(ring);
        this.#holdOrRelease();
      },
      write: (bytes) => this.write(bytes),
      resize: (to) => this.resize(to),
      [Symbol.dispose]: () => {
        this.#viewers.delete(viewer);
        this.#holdOrRelease();
      },
    };
  }

  write(bytes: Uint8Array): void {
    const stream = this.#stream;
    if (this.#isLeaving) {
      throw new AppError('Unavailable', 'This terminal is just going over to another server.', {
        remedy: 'Type that again in a moment.',
      });
    }
    if (stream === undefined) {
      throw new AppError('SubstrateUnavailable', this.#endedBecause ?? 'The terminal is not connected to its shell at the moment.', {
        remedy: 'Wait until it is back, then type again.',
      });
    }
    if (stream.queuedBytes + bytes.length > MAX_QUEUED_INPUT_BYTES) {
      throw new AppError('PayloadTooLarge', 'The program in this terminal does not read what is typed.', {
        remedy: 'Wait, or end the program with Ctrl-C in a new terminal.',
      });
    }
    this.#lastInputMs = this.#parts.clock.now();
    this.#awaitsEcho = true;
    stream.write(bytes);
  }

  resize(size: TerminalSize): void {
    if (size.columns === this.#size.columns && size.rows === this.#size.rows) return;
    this.#size = size;
    this.#stream?.resize(size);
    this.#parts.recorder.resized(size);
    this.#parts.onResized(size);
    for (const viewer of this.#viewers) viewer.port.resized(size);
  }

  /** Ends the terminal for good: the shell with it. */
  async end(reason: string): Promise<void> {
    this.finish(reason);
    await this.#parts.connector
      .end(this.key)
      .catch((error: unknown) => this.#parts.log.debug({ reason: messageOf(error) }, 'a shell could not be ended'));
  }

  /** Tells everybody that it has ended and lets go; whatever ran the shell ends it. */
  finish(reason: string): void {
    if (this.ended) return;
    this.#pump();
    this.#endedBecause = reason;
    this.#letGo();
    for (const viewer of this.#viewers) viewer.port.ended(reason);
  }

  /**
   * Takes no more input, holds the shell's output back and waits a moment for what is on its way: nothing that it says while nobody is attached is lost. Where
   * output cannot be held the shell may at least finish what it is saying. By a clock that runs while the server stops.
   */
  async quieten(clock: Clock): Promise<void> {
    this.#isLeaving = true;
    const stream = this.#stream;
    if (stream === undefined) return;
    const isHeld = await orLate(clock, this.#hold(), HOLD_WITHIN_MS, false);
    // What a slow viewer left waiting belongs into the recording. The stream may have been lost meanwhile.
    stream.resume();
    const activeMs = Math.max(this.#lastInputMs ?? 0, this.#lastSentMs);
    if (!isHeld && this.#parts.clock.now() - activeMs > IDLE_MS) return;
    await new Promise<void>((resolve) => {
      let quiet = clock.after(QUIET_MS, () => end());
      const latest = clock.after(QUIET_WITHIN_MS, () => end());
      const end = (): void => {
        for (const timer of [quiet, latest]) timer[Symbol.dispose]();
        this.#onOutput = undefined;
        resolve();
      };
      this.#onOutput = () => {
        quiet[Symbol.dispose]();
        quiet = clock.after(QUIET_MS, end);
      };
    });
  }

  /** Lets go of the shell without ending it, for a restart of the server or because another server takes it up. Answers when all of it is stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.ended) this.#pump();
    this.#letGo();
    await this.#parts.recorder[Symbol.asyncDispose]();
    if (this.ended) return;
    for (const viewer of this.#viewers) viewer.port.moved();
    this.#viewers.clear();
  }

  async #hold(): Promise<boolean> {
    try {
      await this.#parts.connector.hold(this.key);
      return true;
    } catch (error) {
      this.#parts.log.debug({ reason: messageOf(error) }, 'the output of a shell could not be held');
      return false;
    }
  }

  #begin(viewer: Viewer): void {
    this.#viewers.add(viewer);
    viewer.pump(this.#parts.ring);
    if (this.#lost !== undefined) viewer.port.lost(this.#lost.reason, this.#lost.retryAtMs);
    if (this.#endedBecause !== undefined) viewer.port.ended(this.#endedBecause);
    this.#holdOrRelease();
  }

  async #connect(): Promise<void> {
    const { connector, clock } = this.#parts;
    const { signal } = this.#closing;
    while (!this.#isClosing()) {
      try {
        const handlers = { onData: (bytes: Uint8Array) => this.#onData(bytes), onEnd: (end: ShellEnd) => this.#onEnd(end) };
        const openedAs = this.#size;
        const stream = await connector.open(this.key, openedAs, handlers, signal);
        // A writer may have come, with a size of its own, while this was under way.
        if (openedAs !== this.#size) stream.resize(this.#size);
        this.#connected(stream);
        return;
      } catch (error) {
        if (this.#isClosing()) return;
        await this.#waitToRetry(messageOf(error), clock, signal);
      }
    }
  }

  #connected(stream: ShellStream): void {
    if (this.#isClosing()) {
      stream.close();
      return;
    }
    this.#stream = stream;
    this.#failures = 0;
    this.#paused = false;
    if (this.#lost !== undefined) for (const viewer of this.#viewers) viewer.port.back();
    this.#lost = undefined;
    this.#holdOrRelease();
  }

  async #waitToRetry(reason: string, clock: Clock, signal: AbortSignal): Promise<void> {
    const delayMs = RECONNECT_DELAYS_MS[Math.min(this.#failures, RECONNECT_DELAYS_MS.length - 1)] ?? 0;
    this.#failures += 1;
    this.#lost = { reason, retryAtMs: clock.now() + delayMs };
    for (const viewer of this.#viewers) viewer.port.lost(reason, this.#lost.retryAtMs);
    await new Promise<void>((resolve) => {
      const timer = clock.after(delayMs, resolve);
      signal.addEventListener(
        'abort',
        () => {
          timer[Symbol.dispose]();
          resolve();
        },
        { once: true },
      );
    });
  }

  #onData(bytes: Uint8Array): void {
    const { ring, recorder } = this.#parts;
    // In pieces, because a message may be longer than the ring, which would forget its beginning before anybody was sent it.
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      ring.append(bytes.subarray(at, at + PIECE_BYTES));
      this.#schedulePump();
    }
    recorder.output(bytes);
    this.#onOutput?.();
  }

  #onEnd(end: ShellEnd): void {
    this.#stream = undefined;
    if (this.ended || this.#isClosing()) return;
    if (end.kind === 'exited') {
      this.finish('The shell has ended.');
      this.#parts.onExited();
      return;
    }
    this.#lost = { reason: end.reason, retryAtMs: null };
    for (const viewer of this.#viewers) viewer.port.lost(end.reason, null);
    this.start();
  }

  #schedulePump(): void {
    const { clock, ring } = this.#parts;
    const isIdle = this.#flush === undefined && clock.now() - this.#lastSentMs >= BATCH_MS;
    if (isIdle || this.#awaitsEcho || ring.end - this.#pumpedTo >= BATCH_BYTES) this.#pump();
    else this.#flush ??= clock.after(BATCH_MS, () => this.#pump());
  }

  #pump(): void {
    this.#flush?.[Symbol.dispose]();
    this.#flush = undefined;
    this.#lastSentMs = this.#parts.clock.now();
    this.#pumpedTo = this.#parts.ring.end;
    this.#awaitsEcho = false;
    for (const viewer of this.#viewers) viewer.pump(this.#parts.ring);
    this.#holdOrRelease();
  }

  /** With no writer looking, the shell runs freely and the ring forgets. */
  #holdOrRelease(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#isLeaving) return;
    const behind = [...this.#viewers].filter((viewer) => viewer.access === 'write').map((viewer) => viewer.unackedBytes);
    const leastBytes = behind.length === 0 ? 0 : Math.min(...behind);
    if (!this.#paused && leastBytes >= WINDOW_BYTES) {
      this.#paused = true;
      stream.pause();
    } else if (this.#paused && leastBytes < RESUME_BELOW_BYTES) {
      this.#paused = false;
      stream.resume();
    }
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  #letGo(): void {
    this.#closing.abort();
    this.#flush?.[Symbol.dispose]();
    this.#stream?.close();
    this.#stream = undefined;
  }
}
