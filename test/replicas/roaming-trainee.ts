import type { Socket } from 'socket.io-client';
import { eventually } from '../../server/testing/eventually.ts';
import type { ServerClient } from '../support/server-client.ts';
import { TerminalClient } from '../support/terminal-client.ts';

/** Longer than any takeover is meant to be; whoever sees neither an answer nor a refusal for so long has lost keys. */
const ANSWER_MS = 20_000;
/** How long somebody looks at a screen that has just come back. */
const LOOK_MS = 3_000;
const GIVE_UP_MS = 90_000;
const PAUSE_MS = 100;

/**
 * Works in one terminal through a front, as a page does: when its connection ends it makes another one, opens the terminal anew and reads on from what is
 * replayed.
 */
export class RoamingTrainee implements Disposable {
  readonly #client: ServerClient;
  readonly #terminalId: string;
  #socket: Socket | undefined;
  #terminal: TerminalClient | undefined;
  #steps = 0;
  /** Commands of which nothing came, and nobody said that something was wrong. */
  swallowed = 0;
  connections = 0;
  /** The longest that a command took, typing again included. */
  longestMs = 0;

  constructor(client: ServerClient, terminalId: string) {
    this.#client = client;
    this.#terminalId = terminalId;
  }

  /** How many commands were answered. */
  get steps(): number {
    return this.#steps;
  }

  /** Types one command and waits until the shell has done it. Its number is kept in the shell's variable `did`. */
  async step(): Promise<void> {
    const startedAt = performance.now();
    const step = this.#steps + 1;
    for (;;) {
      const outcome = await this.#try(`did="$did ${step}"; echo "step""-${step}-"`, `step-${step}-`);
      if (outcome === 'done') break;
      if (outcome === 'nothing') this.swallowed += 1;
      if (performance.now() - startedAt > GIVE_UP_MS) throw new Error(`the shell did not answer within ${GIVE_UP_MS / 1000} s`);
    }
    this.longestMs = Math.max(this.longestMs, performance.now() - startedAt);
    this.#steps = step;
  }

  /** Waits until some more commands were answered, over at least so much time. */
  async goesOn(atLeastMs = 0): Promise<void> {
    const enough = this.#steps + 3;
    const since = performance.now();
    await eventually('the trainee working on', () => this.#steps >= enough && performance.now() - since >= atLeastMs, GIVE_UP_MS);
  }

  /** What the shell remembers of all steps. */
  async remembered(): Promise<readonly number[]> {
    const terminal = await this.#open();
    const { output } = await terminal.run('echo "did:$did"');
    return (/^did:(.*)$/m.exec(output)?.[1] ?? '').trim().split(/\s+/).map(Number);
  }

  [Symbol.dispose](): void {
    this.#socket?.close();
  }

  async #try(command: string, mark: string): Promise<'done' | 'again' | 'nothing'> {
    const typedInto = await this.#open();
    const shows = (terminal: TerminalClient): boolean => terminal.text.includes(mark);
    // Another connection may have shown it already: what was typed before the last one broke.
    if (shows(typedInto)) return 'done';
    const { troubles } = typedInto;
    const isTrouble = (terminal: TerminalClient): boolean => terminal !== typedInto || terminal.troubles > troubles;
    typedInto.type(`${command}\r`);
    if (!(await this.#until((terminal) => shows(terminal) || isTrouble(terminal), ANSWER_MS))) return 'nothing';
    await this.#until((terminal) => shows(terminal) || !terminal.isAway, GIVE_UP_MS);
    return (await this.#until(shows, LOOK_MS)) ? 'done' : 'again';
  }

  async #until(holds: (terminal: TerminalClient) => boolean, withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    for (;;) {
      const terminal = await this.#open();
      if (holds(terminal)) return true;
      if (performance.now() > until) return false;
      await terminal.nextOutput(PAUSE_MS);
    }
  }

  async #open(): Promise<TerminalClient> {
    const until = performance.now() + GIVE_UP_MS;
    while (this.#terminal === undefined || this.#socket?.connected !== true) {
      if (performance.now() > until) throw new Error('no server could be reached');
      this.#socket?.close();
      this.#terminal = undefined;
      try {
        this.#socket = await this.#client.connect();
        this.connections += 1;
        this.#terminal = await TerminalClient.open(this.#socket, this.#terminalId);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    return this.#terminal;
  }
}
