import type { z } from 'zod';
import {
  openedTerminalSchema,
  terminalBackSchema,
  terminalEndedSchema,
  terminalLostSchema,
  terminalRefusedSchema,
  terminalResizeSchema,
  terminalResyncSchema,
} from '../../../server/contract/events.ts';
import { asApiError, fromErrorBody, type ApiError } from '../api/api-error.ts';
import { readerTimeOf } from '../api/server-clock.ts';
import { splitInput } from './input-plan.ts';
import { planAck, planArrival } from './stream-position.ts';
import { parseTerminalData, type TerminalWire, type TerminalBytes } from './terminal-wire.ts';

/**
 * What the person is told about one terminal. Lost is either the page's `link` to the server or the `ground` under the shell (an engine, a
 * pod). `retryAtMs` is by the reader's clock; null: nobody knows when.
 */
export type TerminalState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'lost'; readonly what: 'link' | 'ground'; readonly reason: string; readonly retryAtMs: number | null }
  | { readonly kind: 'refused'; readonly error: ApiError }
  | { readonly kind: 'ended'; readonly reason: string };

/** The glass. `write` calls back when the bytes have been worked off, which is what flow control counts. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  write(bytes: Uint8Array, onParsed: () => void): void;
  clear(): void;
  resize(columns: number, rows: number): void;
}

interface SessionOptions {
  readonly terminalId: string;
  readonly access: 'write' | 'observe';
  readonly wire: TerminalWire;
  readonly screen: Screen;
  readonly onState: (state: TerminalState) => void;
  /** Input that the server did not take, e.g. because the attempt is over. */
  readonly onRefused: (error: ApiError) => void;
}

/** Data may overtake the answer to `terminal:open` by little; more than this and the terminal is asked for anew. */
const MAX_HELD_BYTES = 1_048_576;

/**
 * The client's half of a terminal, without a DOM: it opens, replays from the last byte shown after every loss, acknowledges what the
 * screen has worked off, and clears the screen only when the server says that bytes in between are gone for good.
 */
export class TerminalSession {
  readonly #options: SessionOptions;
  readonly #disposers: (() => void)[] = [];
  #state: TerminalState = { kind: 'connecting' };
  /** The number of the next byte to show. */
  #next = 0;
  #parsed = 0;
  #acked = 0;
  /** Callbacks of writes from before the screen was cleared no longer count. */
  #epoch = 0;
  #opening = 0;
  #held: TerminalBytes[] | null = null;
  #heldBytes = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { wire } = options;
    this.#disposers.push(
      wire.onRaw('terminal:data', (payload) => {
        const data = parseTerminalData(payload, options.terminalId);
        if (data !== null) this.#receive(data);
      }),
      this.#on('terminal:resync', terminalResyncSchema, ({ seq }) => {
        this.#restartAt(seq);
      }),
      this.#on('terminal:resized', terminalResizeSchema, ({ columns, rows }) => {
        if (options.access === 'observe') options.screen.resize(columns, rows);
      }),
      this.#on('terminal:ended', terminalEndedSchema, ({ reason }) => {
        this.#become({ kind: 'ended', reason });
      }),
      this.#on('terminal:lost', terminalLostSchema, ({ reason, retryAt }) => {
        this.#become({ kind: 'lost', what: 'ground', reason, retryAtMs: retryAt === null ? null : readerTimeOf(retryAt) });
      }),
      this.#on('terminal:back', terminalBackSchema, ({ seq }) => {
        if (seq !== undefined) this.#renumber(seq);
        this.#become({ kind: 'open' });
      }),
      this.#on('terminal:refused', terminalRefusedSchema, ({ error }) => {
        options.onRefused(fromErrorBody(error));
      }),
      wire.watch(() => {
        this.#onLink();
      }),
      wire.onConnected(() => void this.#open()),
    );
    this.#onLink();
  }

  get state(): TerminalState {
    return this.#state;
  }

  /** Tries again after a refusal; the link's own losses need no help. */
  reopen(): void {
    void this.#open();
  }

  /** @returns false when it was not sent, since the terminal is not open for writing */
  input(bytes: Uint8Array): boolean {
    const { access, terminalId, wire } = this.#options;
    if (access !== 'write' || this.#state.kind !== 'open') return false;
    return splitInput(bytes).every((data) => wire.tell('terminal:input', { terminalId, data }));
  }

  /** To be called when the screen's size has changed; only the owner's size counts. */
  resized(): void {
    const { access, terminalId, wire, screen } = this.#options;
    if (access === 'write' && this.#state.kind === 'open')
      wire.tell('terminal:resize', { terminalId, columns: screen.columns, rows: screen.rows });
  }

  /** Leaves the terminal; its shell goes on. */
  dispose(): void {
    for (const dispose of this.#disposers) dispose();
    this.#opening += 1;
    this.#options.wire.tell('terminal:close', { terminalId: this.#options.terminalId });
  }

  #on<T extends { terminalId: string }>(event: string, schema: z.ZodType<T>, handler: (value: T) => void): () => void {
    return this.#options.wire.on(event, schema, (value) => {
      if (value.terminalId === this.#options.terminalId) handler(value);
    });
  }

  #onLink(): void {
    if (this.#state.kind === 'ended') return;
    const link = this.#options.wire.state;
    if (link.kind === 'lost') this.#become({ kind: 'lost', what: 'link', reason: link.reason, retryAtMs: link.retryAtMs });
    if (link.kind === 'connecting') this.#become({ kind: 'connecting' });
  }

  async #open(): Promise<void> {
    const { terminalId, access, wire, screen } = this.#options;
    if (this.#state.kind === 'ended') return;
    this.#opening += 1;
    const turn = this.#opening;
    this.#held = [];
    this.#heldBytes = 0;
    this.#become({ kind: 'connecting' });
    const size = { columns: screen.columns, rows: screen.rows };
    try {
      const opened = await wire.call('terminal:open', { terminalId, ...size, fromSeq: this.#next, access }, openedTerminalSchema);
      if (turn === this.#opening) this.#opened(opened, size);
    } catch (error) {
      if (turn !== this.#opening || wire.state.kind !== 'connected') return;
      this.#held = null;
      this.#become({ kind: 'refused', error: asApiError(error) });
    }
  }

  #opened(opened: z.infer<typeof openedTerminalSchema>, asked: { columns: number; rows: number }): void {
    const { access, screen } = this.#options;
    if (access === 'observe') screen.resize(opened.columns, opened.rows);
    if (opened.restarted) this.#restartAt(opened.seq);
    else this.#renumber(opened.seq);
    this.#become(opened.ended ? { kind: 'ended', reason: 'The shell has ended.' } : { kind: 'open' });
    const held = this.#held ?? [];
    this.#held = null;
    for (const data of held) this.#receive(data);
    if (screen.columns !== asked.columns || screen.rows !== asked.rows) this.resized();
  }

  #receive({ seq, bytes }: TerminalBytes): void {
    if (this.#held !== null) {
      this.#hold({ seq, bytes });
      return;
    }
    const plan = planArrival(this.#next, seq, bytes.byteLength);
    if (plan.kind === 'gap') void this.#open();
    if (plan.kind !== 'write') return;
    this.#next = plan.next;
    const { epoch, end } = { epoch: this.#epoch, end: plan.next };
    this.#options.screen.write(plan.skip === 0 ? bytes : bytes.subarray(plan.skip), () => {
      if (epoch === this.#epoch) this.#onParsed(end);
    });
  }

  #hold(data: TerminalBytes): void {
    this.#heldBytes += data.bytes.byteLength;
    if (this.#heldBytes <= MAX_HELD_BYTES) this.#held?.push(data);
  }

  #onParsed(end: number): void {
    this.#parsed = Math.max(this.#parsed, end);
    const ack = planAck(this.#acked, this.#parsed);
    if (ack === null || !this.#options.wire.tell('terminal:ack', { terminalId: this.#options.terminalId, seq: ack })) return;
    this.#acked = ack;
  }

  /** What was shown but not yet acknowledged before a loss is not owed any more. */
  #renumber(seq: number): void {
    this.#next = seq;
    this.#parsed = Math.max(this.#parsed, seq);
    this.#acked = Math.max(this.#acked, seq);
  }

  #restartAt(seq: number): void {
    this.#epoch += 1;
    this.#next = seq;
    this.#parsed = seq;
    this.#acked = seq;
    this.#options.screen.clear();
  }

  #become(state: TerminalState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
