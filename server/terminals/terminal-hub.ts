import { AppError, messageOf, notFound } from '../app-error.ts';
import { leaseOf } from '../attempts/attempt-lease.ts';
import { orLate, sleep } from '../clock.ts';
import type { TerminalView } from '../contract/attempts.ts';
import { groupBy } from '../grouping.ts';
import { Lifetime } from '../lifetime.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { Turns } from '../turns.ts';
import { AwayTerminals } from './away-terminals.ts';
import { HeldTerminals, viewTerminal, type HeldTerminalsParts } from './held-terminals.ts';
import { RovingViewer, type RovingPort, type Sight } from './roving-viewer.ts';
import type { ShellKey } from './shell.ts';
import {
  activityAnswerSchema,
  activityRequestSchema,
  attemptRequestSchema,
  closeAnswerSchema,
  closeRequestSchema,
  createAnswerSchema,
  topics,
  type TerminalActivity,
} from './terminal-messages.ts';
import type { Attachment, Terminal } from './terminal.ts';
import type { PagePort } from './viewer.ts';
import { Visitors } from './visitors.ts';

/** While an attempt changes servers, commands wait so long for the new one. */
const COMMAND_DELAYS_MS = [100, 200, 400, 800, 1_500, 1_500] as const;
const RETRY_HOLD_MS = 1_000;
/** The roster does not wait for a server that is slow to answer. */
const ACTIVITY_WITHIN_MS = 1_000;

const none: TerminalActivity = { lastInputMs: null, lastLines: [] };
const elsewhere = { kind: 'elsewhere' } as const;
const closed = { kind: 'closed' } as const;

export interface TerminalHubParts extends Omit<HeldTerminalsParts, 'onReplaced'> {
  readonly replicas: Replicas;
}

/**
 * All terminals of attempts that run, for every server alike. They are run by the server that holds their attempt, and what is asked of another one goes there.
 * Alone, every attempt is held here and nothing is looked up.
 */
export class TerminalHub implements AsyncDisposable {
  readonly #parts: TerminalHubParts;
  readonly #held: HeldTerminals;
  readonly #away: AwayTerminals;
  readonly #viewers = new Map<RovingViewer, ShellKey>();
  /** Open terminals of attempts as the database has them; only where there are several servers. */
  readonly #views = new Map<string, Promise<readonly TerminalView[]>>();
  readonly #turns = new Turns();
  /** Attempts that another server is to take: their lease may still be here until everything is stored. */
  readonly #letGo = new Set<string>();
  readonly #lifetime = new Lifetime();
  #isClosing = false;

  constructor(parts: TerminalHubParts) {
    this.#parts = parts;
    const { replicas, clock, log } = parts;
    const { bus, leases } = replicas;
    this.#away = this.#lifetime.use(new AwayTerminals(replicas, log));
    this.#lifetime.use(new Visitors({ replicas, clock, log, find: (key) => this.#findHeld(key) }));
    // The first to go: visitors are still there to be told.
    this.#held = this.#lifetime.use(
      new HeldTerminals({
        ...parts,
        onChanged: (attemptId) => this.#changed(attemptId),
        onReplaced: (attemptId) => this.#replaced(attemptId),
      }),
    );
    for (const subscription of [
      bus.answer(topics.create, (message) => this.#answerCreate(message)),
      bus.answer(topics.close, (message) => this.#answerClose(message)),
      bus.answer(topics.activity, (message) => this.#answerActivity(message)),
      bus.subscribe(topics.changed, (message) => this.#views.delete(attemptRequestSchema.parse(message).attemptId)),
      bus.onRejoined(() => this.#views.clear()),
      leases.onLost((names) => void this.#lost(names)),
      leases.onFree((name) => this.#poke((attemptId) => name === undefined || name === leaseOf(attemptId))),
    ])
      this.#lifetime.use(subscription);
  }

  /** Takes up the open terminals of these attempts after a restart, and connects those to their shells again. */
  async resume(attemptIds: readonly string[]): Promise<void> {
    await Promise.all(attemptIds.map((attemptId) => this.#held.hold(attemptId)));
  }

  /** This server runs the attempt from now on, or does not any more. One after the other; never throws: what fails is tried again. */
  setHeld(attemptId: string, isHeld: boolean): Promise<void> {
    const { several, leases } = this.#parts.replicas;
    if (isHeld) this.#letGo.delete(attemptId);
    else if (several && leases.isHeld(leaseOf(attemptId))) this.#letGo.add(attemptId);
    const turn = this.#turns.run(attemptId, () => this.#setHeld(attemptId, isHeld));
    void turn.then(() => {
      if (!leases.isHeld(leaseOf(attemptId))) this.#letGo.delete(attemptId);
    });
    return turn;
  }

  create(attemptId: string): Promise<TerminalView> {
    return this.#atHolder(
      attemptId,
      () => this.#held.create(attemptId),
      async (holderId) => {
        const answer = createAnswerSchema.parse(await this.#ask(holderId, topics.create, { attemptId }));
        return answer.kind === 'created' ? answer.terminal : undefined;
      },
    );
  }

  /** Open terminals in the order in which they were made; ended ones are not listed. */
  async list(attemptId: string): Promise<readonly TerminalView[]> {
    if (!this.#parts.replicas.several) return this.#held.list(attemptId);
    const known = this.#views.get(attemptId);
    if (known !== undefined) return known;
    const views = this.#fetchViews(attemptId);
    this.#views.set(attemptId, views);
    views.catch(() => this.#views.delete(attemptId));
    return views;
  }

  /** What goes on in the terminals of these attempts, for the roster. A server that does not answer in time leaves its own out. */
  async activity(attemptIds: readonly string[]): Promise<ReadonlyMap<string, TerminalActivity>> {
    const here = attemptIds.filter((attemptId) => this.#runs(attemptId));
    const away = attemptIds.filter((attemptId) => !this.#runs(attemptId));
    const held = here.map((attemptId) => [attemptId, this.#held.activity(attemptId)] as const);
    return new Map([...held, ...(await this.#askActivity(away))]);
  }

  /** Which attempt a terminal is of. Throws AppError `NotFound` when there is none, or it has ended. */
  async attemptOf(terminalId: string): Promise<string> {
    const held = this.#held.find(terminalId);
    if (held !== undefined) return held.key.attemptId;
    if (!this.#parts.replicas.several) throw notFound('terminal');
    const row = await this.#parts.db
      .selectFrom('terminals')
      .select('attempt_id')
      .where('id', '=', terminalId)
      .where('state', '=', 'open')
      .executeTakeFirst();
    if (row === undefined) throw notFound('terminal');
    return row.attempt_id;
  }

  /** A place at the terminal that stays good whichever server runs it. The caller disposes it. */
  async attach(key: ShellKey, sight: Sight, port: PagePort): Promise<Attachment> {
    const viewer = await RovingViewer.open(
      {
        find: (from, to) => this.#findPlace(key, from, to),
        port,
        clock: this.#parts.clock,
        onOver: (over) => this.#viewers.delete(over),
      },
      sight,
    );
    this.#viewers.set(viewer, key);
    return viewer;
  }

  async close(attemptId: string, terminalId: string): Promise<void> {
    const key = { attemptId, terminalId };
    await this.#atHolder<typeof closed>(
      attemptId,
      async () => {
        await this.#held.hold(attemptId);
        await this.#held.close(key);
        return closed;
      },
      async (holderId) => {
        const answer = closeAnswerSchema.parse(await this.#ask(holderId, topics.close, key));
        return answer.kind === 'closed' ? closed : undefined;
      },
    );
  }

  /** The attempt's sandbox is going away: here and for who looks from here at another server's. */
  async endAll(attemptId: string, reason: string): Promise<void> {
    const isHeld = this.#parts.replicas.leases.isHeld(leaseOf(attemptId));
    if (isHeld) await this.#held.endAll(attemptId, reason);
    this.#letGo.delete(attemptId);
    for (const [viewer, key] of [...this.#viewers]) if (key.attemptId === attemptId) viewer.end(reason);
    if (isHeld && this.#parts.replicas.several) await this.#noteEnded(attemptId);
    this.#views.delete(attemptId);
  }

  /** Lets go of all shells without ending them; viewers from other servers are told to look elsewhere once everything is stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    await this.#lifetime[Symbol.asyncDispose]();
  }

  async #setHeld(attemptId: string, isHeld: boolean): Promise<void> {
    const { clock, log, replicas } = this.#parts;
    if (this.#isClosing) return;
    try {
      if (isHeld) await this.#held.hold(attemptId);
      else await this.#held.letGo(attemptId);
      this.#poke((id) => id === attemptId);
    } catch (error) {
      log.warn({ attemptId, reason: messageOf(error) }, 'the terminals of an attempt could not be taken up or let go yet');
      clock.after(RETRY_HOLD_MS, () => {
        if (replicas.leases.isHeld(leaseOf(attemptId)) === isHeld) void this.setHeld(attemptId, isHeld);
      });
    }
  }

  #changed(attemptId: string): void {
    this.#views.delete(attemptId);
    this.#parts.replicas.bus.publish(topics.changed, { attemptId });
    this.#parts.onChanged(attemptId);
  }

  /** Two servers believed to hold the attempt. Whoever does by its lease goes on. */
  #replaced(attemptId: string): void {
    const { log, replicas } = this.#parts;
    log.warn({ attemptId }, 'another server took over a terminal that is run here');
    void this.setHeld(attemptId, false);
    if (replicas.leases.isHeld(leaseOf(attemptId))) void this.setHeld(attemptId, true);
  }

  async #lost(names: readonly string[]): Promise<void> {
    await Promise.all(this.#held.attemptIds.filter((id) => names.includes(leaseOf(id))).map((id) => this.setHeld(id, false)));
  }

  #poke(concerns: (attemptId: string) => boolean): void {
    for (const [viewer, { attemptId }] of [...this.#viewers]) if (concerns(attemptId)) viewer.poke();
  }

  async #findHeld(key: ShellKey): Promise<Terminal | undefined> {
    if (!this.#runs(key.attemptId)) return undefined;
    await this.#held.hold(key.attemptId);
    return this.#runs(key.attemptId) ? this.#held.require(key) : undefined;
  }

  #runs(attemptId: string): boolean {
    return !this.#isClosing && !this.#letGo.has(attemptId) && this.#parts.replicas.leases.isHeld(leaseOf(attemptId));
  }

  async #findPlace(key: ShellKey, sight: Sight, port: RovingPort): Promise<Attachment | undefined> {
    try {
      return await this.#lookForPlace(key, sight, port);
    } catch (error) {
      if (error instanceof AppError) throw error;
      this.#parts.log.warn(
        { terminalId: key.terminalId, reason: messageOf(error) },
        'a place at a terminal could not be had; it is tried again',
      );
      return undefined;
    }
  }

  async #lookForPlace(key: ShellKey, sight: Sight, port: RovingPort): Promise<Attachment | undefined> {
    const here = await this.#findHeld(key);
    if (here !== undefined) return here.attach(sight.access, sight.fromSeq, sight.size, port);
    const holderId = await this.#holderOf(key.attemptId);
    return holderId === undefined ? undefined : this.#away.attach(holderId, key, sight, port);
  }

  async #holderOf(attemptId: string): Promise<string | undefined> {
    const { id, leases } = this.#parts.replicas;
    const holderId = await leases.holderOf(leaseOf(attemptId)).catch(() => undefined);
    return holderId === id ? undefined : holderId;
  }

  /** Undefined from `there`: it is not run there. */
  async #atHolder<T>(attemptId: string, here: () => Promise<T>, there: (holderId: string) => Promise<T | undefined>): Promise<T> {
    for (const delayMs of [...COMMAND_DELAYS_MS, undefined]) {
      if (this.#runs(attemptId)) return here();
      const holderId = await this.#holderOf(attemptId);
      const done = holderId === undefined ? undefined : await there(holderId);
      if (done !== undefined) return done;
      if (delayMs !== undefined) await sleep(this.#parts.clock, delayMs);
    }
    throw new AppError('Unavailable', 'The server that ran this attempt is gone, and no other one has taken it over yet.', {
      remedy: 'Wait a moment and try again.',
      retryAfterSeconds: 3,
    });
  }

  #ask(holderId: string, topic: string, message: unknown): Promise<unknown> {
    return this.#parts.replicas.bus.ask(holderId, topic, message);
  }

  async #answerCreate(message: unknown): Promise<unknown> {
    const { attemptId } = attemptRequestSchema.parse(message);
    if (!this.#runs(attemptId)) return elsewhere;
    return { kind: 'created', terminal: await this.#held.create(attemptId) };
  }

  async #answerClose(message: unknown): Promise<unknown> {
    const key = closeRequestSchema.parse(message);
    if ((await this.#findHeld(key)) === undefined) return elsewhere;
    await this.#held.close(key);
    return closed;
  }

  async #answerActivity(message: unknown): Promise<unknown> {
    const { attemptIds } = activityRequestSchema.parse(message);
    return Promise.resolve({ activity: attemptIds.map((attemptId) => [attemptId, this.#held.activity(attemptId)]) });
  }

  async #askActivity(attemptIds: readonly string[]): Promise<readonly (readonly [string, TerminalActivity])[]> {
    const holders = await Promise.all(attemptIds.map(async (attemptId) => ({ attemptId, holderId: await this.#holderOf(attemptId) })));
    const groups = groupBy(holders, ({ holderId }) => holderId);
    const answers = await Promise.all(
      [...groups].map(async ([holderId, group]) => {
        const unknown = group.map(({ attemptId }) => [attemptId, none] as const);
        if (holderId === undefined) return unknown;
        const asked = this.#ask(holderId, topics.activity, { attemptIds: group.map(({ attemptId }) => attemptId) }).then(
          (answer) => activityAnswerSchema.parse(answer).activity,
          () => unknown,
        );
        return orLate(this.#parts.clock, asked, ACTIVITY_WITHIN_MS, unknown);
      }),
    );
    return answers.flat();
  }

  async #fetchViews(attemptId: string): Promise<readonly TerminalView[]> {
    const rows = await this.#parts.db
      .selectFrom('terminals')
      .select(['id', 'title', 'created_at_ms'])
      .where('attempt_id', '=', attemptId)
      .where('state', '=', 'open')
      .orderBy('created_at_ms')
      .orderBy('title')
      .execute();
    return rows.map(viewTerminal);
  }

  /** Also of terminals that a server which is gone did not come to end. */
  async #noteEnded(attemptId: string): Promise<void> {
    await this.#parts.db
      .updateTable('terminals')
      .set({ state: 'ended', ended_at_ms: this.#parts.clock.now() })
      .where('attempt_id', '=', attemptId)
      .where('state', '=', 'open')
      .execute();
  }
}
