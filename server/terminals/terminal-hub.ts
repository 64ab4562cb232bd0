import { AppError, messageOf, notFound } from '../app-error.ts';
import { toInstant, type Clock } from '../clock.ts';
import type { TerminalView } from '../contract/attempts.ts';
import { groupBy } from '../grouping.ts';
import { newId } from '../ids.ts';
import type { Logger } from '../log.ts';
import type { Db } from '../store/schema.ts';
import { Recorder, recordingFiles } from './recorder.ts';
import type { ShellConnector, TerminalSize } from './shell.ts';
import { Terminal } from './terminal.ts';

const MAX_OPEN_PER_ATTEMPT = 6;
const FIRST_SIZE: TerminalSize = { columns: 80, rows: 24 };

export interface TerminalHubParts {
  readonly db: Db;
  readonly dataDir: string;
  readonly connector: ShellConnector;
  readonly clock: Clock;
  readonly log: Logger;
  /** A terminal of the attempt began or ended. */
  readonly onChanged: (attemptId: string) => void;
}

interface KnownTerminal {
  readonly view: TerminalView;
  readonly attemptId: string;
  readonly terminal: Terminal;
}

/** All terminals of attempts that run. What has ended is in the store and in its recording only. */
export class TerminalHub implements AsyncDisposable {
  readonly #parts: TerminalHubParts;
  readonly #known = new Map<string, KnownTerminal>();
  /** Creating takes turns, or two at once could pass the limit together. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: TerminalHubParts) {
    this.#parts = parts;
  }

  /** Takes up the open terminals of these attempts after a restart, and connects those to their shells again. */
  async resume(attemptIds: readonly string[]): Promise<void> {
    if (attemptIds.length === 0) return;
    const rows = await this.#parts.db
      .selectFrom('terminals')
      .selectAll()
      .where('attempt_id', 'in', attemptIds)
      .where('state', '=', 'open')
      .execute();
    for (const row of rows) {
      const known = await this.#adopt(row.id, row.attempt_id, row.title, row.created_at_ms, { columns: row.columns, rows: row.rows });
      known.terminal.start();
    }
  }

  create(attemptId: string): Promise<TerminalView> {
    const created = this.#turn.then(() => this.#create(attemptId));
    this.#turn = created.catch(() => undefined);
    return created;
  }

  /** Open terminals first in the order they were made; ended ones are not listed. */
  list(attemptId: string): readonly TerminalView[] {
    return this.#of(attemptId).map(({ view }) => view);
  }

  terminals(attemptId: string): readonly Terminal[] {
    return this.#of(attemptId).map(({ terminal }) => terminal);
  }

  /** Terminals of all attempts, for the roster. */
  byAttempt(): ReadonlyMap<string, readonly Terminal[]> {
    const groups = groupBy([...this.#known.values()], ({ attemptId }) => attemptId);
    return new Map([...groups].map(([attemptId, group]) => [attemptId, group.map(({ terminal }) => terminal)]));
  }

  require(terminalId: string): Terminal {
    const known = this.#known.get(terminalId);
    if (known === undefined) throw notFound('terminal');
    return known.terminal;
  }

  async close(attemptId: string, terminalId: string): Promise<void> {
    const known = this.#known.get(terminalId);
    if (known?.attemptId !== attemptId) throw notFound('terminal');
    await known.terminal.end('The terminal was closed.');
    await this.#forget(terminalId);
  }

  /** The attempt's sandbox is going away. */
  async endAll(attemptId: string, reason: string): Promise<void> {
    for (const { view, terminal } of this.#of(attemptId)) {
      terminal.finish(reason);
      await this.#forget(view.id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#known.values()].map(({ terminal }) => terminal[Symbol.asyncDispose]()));
    this.#known.clear();
  }

  async #create(attemptId: string): Promise<TerminalView> {
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
    const { dataDir, clock, connector, db } = this.#parts;
    const log = this.#parts.log.child({ terminalId: id });
    const { recorder, ring } = await Recorder.open({
      files: recordingFiles(dataDir, id),
      title,
      startedAtMs: createdAtMs,
      size,
      clock,
      log,
    });
    const terminal = new Terminal({
      key: { attemptId, terminalId: id },
      title,
      size,
      ring,
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
    const known: KnownTerminal = { attemptId, terminal, view: { id, title, state: 'open', createdAt: toInstant(createdAtMs) } };
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
