import { AppError, messageOf, notFound } from '../app-error.ts';
import { systemClock, toInstant, type Clock } from '../clock.ts';
import type { TerminalView } from '../contract/attempts.ts';
import { newId } from '../ids.ts';
import type { Logger } from '../log.ts';
import { Semaphore } from '../semaphore.ts';
import type { Db } from '../store/schema.ts';
import { lastLines } from './plain-text.ts';
import { Recorder } from './recorder.ts';
import type { RecordingStore } from './recording-store.ts';
import type { ShellConnector, ShellKey, TerminalSize } from './shell.ts';
import type { TerminalActivity } from './terminal-messages.ts';
import { Terminal } from './terminal.ts';

const MAX_OPEN_PER_ATTEMPT = 6;
const FIRST_SIZE: TerminalSize = { columns: 80, rows: 24 };
const LAST_LINES = 5;
const LINE_LENGTH = 120;
const OUTPUT_LOOKED_AT_BYTES = 8 * 1024;

export interface HeldTerminalsParts {
  readonly db: Db;
  readonly recordings: RecordingStore;
  readonly connector: ShellConnector;
  readonly clock: Clock;
  readonly log: Logger;
  /** A terminal of the attempt began or ended. */
  readonly onChanged: (attemptId: string) => void;
  /** Another server runs a terminal of the attempt as well, and began later. */
  readonly onReplaced: (attemptId: string) => void;
}

interface KnownTerminal {
  readonly view: TerminalView;
  readonly attemptId: string;
  readonly terminal: Terminal;
}

/** The terminals that this server runs, shell, ring and recorder. What has ended is in the store and in its recording only. */
export class HeldTerminals implements AsyncDisposable {
  readonly #parts: HeldTerminalsParts;
  readonly #known = new Map<string, KnownTerminal>();
  /** Attempts whose open terminals were taken up, or are being so. */
  readonly #held = new Map<string, Promise<void>>();
  /** Creating takes turns, or two at once could pass the limit together. */
  readonly #turn = new Semaphore(1);

  constructor(parts: HeldTerminalsParts) {
    this.#parts = parts;
  }

  /** Takes up the open terminals of the attempt, and connects them to their shells, unless that is done. */
  hold(attemptId: string): Promise<void> {
    const holding = this.#held.get(attemptId);
    if (holding !== undefined) return holding;
    const begun = this.#takeUp(attemptId);
    this.#held.set(attemptId, begun);
    begun.catch(() => this.#held.delete(attemptId));
    return begun;
  }

  /** Another server goes on with these terminals. Answers when all of them are stored. */
  async letGo(attemptId: string): Promise<void> {
    await this.#held.get(attemptId)?.catch(() => undefined);
    this.#held.delete(attemptId);
    const known = this.#of(attemptId);
    for (const { view } of known) this.#known.delete(view.id);
    await Promise.all(known.map(({ terminal }) => terminal[Symbol.asyncDispose]()));
  }

  get attemptIds(): readonly string[] {
    return [...this.#held.keys()];
  }

  create(attemptId: string): Promise<TerminalView> {
    return this.#turn.run(() => this.#create(attemptId));
  }

  /** In the order in which they were made; ended ones are not listed. */
  list(attemptId: string): readonly TerminalView[] {
    return this.#of(attemptId).map(({ view }) => view);
  }

  find(terminalId: string): Terminal | undefined {
    return this.#known.get(terminalId)?.terminal;
  }

  /** Throws AppError `NotFound` when there is none, or it has ended. */
  require({ attemptId, terminalId }: ShellKey): Terminal {
    const known = this.#known.get(terminalId);
    if (known?.attemptId !== attemptId) throw notFound('terminal');
    return known.terminal;
  }

  activity(attemptId: string): TerminalActivity {
    const terminals = this.#of(attemptId).map(({ terminal }) => terminal);
    const times = terminals.flatMap((terminal) => terminal.lastInputMs ?? []);
    return { lastInputMs: times.length === 0 ? null : Math.max(...times), lastLines: busiestLines(terminals) };
  }

  async close(key: ShellKey): Promise<void> {
    await this.require(key).end('The terminal was closed.');
    await this.#forget(key.terminalId);
  }

  /** The attempt's sandbox is going away. */
  async endAll(attemptId: string, reason: string): Promise<void> {
    await this.#held.get(attemptId)?.catch(() => undefined);
    this.#held.delete(attemptId);
    for (const { view, terminal } of this.#of(attemptId)) {
      terminal.finish(reason);
      await this.#forget(view.id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#held.values()].map((holding) => holding.catch(() => undefined)));
    await Promise.all(
      [...this.#known.values()].map(async ({ terminal }) => {
        await terminal.quieten(systemClock);
        await terminal[Symbol.asyncDispose]();
      }),
    );
    this.#known.clear();
    this.#held.clear();
  }

  async #takeUp(attemptId: string): Promise<void> {
    const rows = await this.#parts.db
      .selectFrom('terminals')
      .selectAll()
      .where('attempt_id', '=', attemptId)
      .where('state', '=', 'open')
      .orderBy('created_at_ms')
      .execute();
    for (const row of rows) {
      if (this.#known.has(row.id)) continue;
      const known = await this.#adopt(row.id, row.attempt_id, row.title, row.created_at_ms, { columns: row.columns, rows: row.rows });
      known.terminal.start();
    }
  }

  async #create(attemptId: string): Promise<TerminalView> {
    await this.hold(attemptId);
    const open = this.#of(attemptId);
    if (open.length >= MAX_OPEN_PER_ATTEMPT) {
      throw new AppError('TerminalLimit', `There are ${MAX_OPEN_PER_ATTEMPT} terminals open already.`, {
        remedy: 'Close one that you do not need.',
      });
    }
    const { db, clock } = this.#parts;
    const id = newId('terminal');
    const title = `Terminal ${1 + (await this.#countEver(attemptId))}`;
    const nowMs = clock.now();
    await db.transaction().execute(async (tx) => {
      await tx
        .insertInto('terminals')
        .values({ id, attempt_id: attemptId, title, state: 'open', created_at_ms: nowMs, ended_at_ms: null, ...FIRST_SIZE })
        .execute();
      await tx
        .insertInto('recordings')
        .values({ id: newId('recording'), attempt_id: attemptId, terminal_id: id, terminal_title: title, started_at_ms: nowMs })
        .execute();
    });
    const known = await this.#adopt(id, attemptId, title, nowMs, FIRST_SIZE);
    this.#parts.onChanged(attemptId);
    return known.view;
  }

  /** Ended ones count too, so that recordings of one attempt never share a name. */
  async #countEver(attemptId: string): Promise<number> {
    const row = await this.#parts.db
      .selectFrom('terminals')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('attempt_id', '=', attemptId)
      .executeTakeFirstOrThrow();
    return row.count;
  }

  async #adopt(id: string, attemptId: string, title: string, createdAtMs: number, size: TerminalSize): Promise<KnownTerminal> {
    const { recordings, clock, connector, db } = this.#parts;
    const log = this.#parts.log.child({ terminalId: id });
    const { recorder, ring, formerEndSeq } = await Recorder.open({
      store: recordings,
      terminalId: id,
      title,
      startedAtMs: createdAtMs,
      size,
      clock,
      log,
      onReplaced: () => this.#parts.onReplaced(attemptId),
    });
    const terminal = new Terminal({
      key: { attemptId, terminalId: id },
      title,
      size,
      ring,
      formerEndSeq,
      recorder,
      connector,
      clock,
      log,
      onExited: () => void this.#forget(id),
      onResized: ({ columns, rows }) =>
        void db
          .updateTable('terminals')
          .set({ columns, rows })
          .where('id', '=', id)
          .execute()
          .catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'the size of a terminal could not be stored')),
    });
    const known: KnownTerminal = { attemptId, terminal, view: viewTerminal({ id, title, created_at_ms: createdAtMs }) };
    this.#known.set(id, known);
    return known;
  }

  async #forget(terminalId: string): Promise<void> {
    const known = this.#known.get(terminalId);
    if (known === undefined) return;
    this.#known.delete(terminalId);
    try {
      await known.terminal[Symbol.asyncDispose]();
      await this.#parts.db
        .updateTable('terminals')
        .set({ state: 'ended', ended_at_ms: this.#parts.clock.now() })
        .where('id', '=', terminalId)
        .execute();
    } catch (error) {
      this.#parts.log.warn({ terminalId, reason: messageOf(error) }, 'the end of a terminal could not be stored');
    }
    this.#parts.onChanged(known.attemptId);
  }

  #of(attemptId: string): KnownTerminal[] {
    return [...this.#known.values()].filter((known) => known.attemptId === attemptId);
  }
}

export function viewTerminal(row: { readonly id: string; readonly title: string; readonly created_at_ms: number }): TerminalView {
  return { id: row.id, title: row.title, state: 'open', createdAt: toInstant(row.created_at_ms) };
}

/** The terminal typed into last; with none typed into, the one that said most. */
function busiestLines(terminals: readonly Terminal[]): string[] {
  const [busiest] = [...terminals].sort((a, b) => (b.lastInputMs ?? 0) - (a.lastInputMs ?? 0) || b.outputBytes - a.outputBytes);
  return busiest === undefined ? [] : lastLines(busiest.newestOutput(OUTPUT_LOOKED_AT_BYTES), LAST_LINES, LINE_LENGTH);
}
