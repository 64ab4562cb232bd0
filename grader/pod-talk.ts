import type { Clock } from '../infra/cluster/meta/clock.ts';
import { PlatformError, describeError } from './platform-error.ts';
import type { PodProgram } from './pod-exec.ts';
import type { OpenInPod, PodSession } from './pod-session.ts';

/** A program that nobody asks anything for so long is ended; to start another takes a quarter of a second. */
const IDLE_MS = 60_000;

export interface TalkOptions<Answer> {
  readonly open: OpenInPod;
  readonly program: PodProgram;
  readonly clock: Clock;
  /** What failures call it, e.g. `The prober`. */
  readonly name: string;
  readonly code: PlatformError['code'];
  /** Throws for what is no answer. */
  readonly parse: (said: unknown) => Answer;
}

/** Orders to one program in a pod, that is started when it is first needed and again when it was lost, and answers by their ids. */
export class PodTalk<Answer extends { readonly id: number }> {
  readonly #options: TalkOptions<Answer>;
  #run: Promise<Run<Answer>> | undefined;

  constructor(options: TalkOptions<Answer>) {
    this.#options = options;
  }

  /** Sends the order with an id of its own. Throws PlatformError when the program could not be started, was lost, or did not answer in time. */
  async ask(order: object, timeoutMs: number, signal?: AbortSignal): Promise<Answer> {
    const run = await this.#begin();
    return run.ask(order, timeoutMs, signal);
  }

  /** The run that is under way, or a new one; its end, also that of a start that failed, makes room for the next. */
  #begin(): Promise<Run<Answer>> {
    if (this.#run !== undefined) return this.#run;
    const forget = (): void => {
      if (this.#run === run) this.#run = undefined;
    };
    const run: Promise<Run<Answer>> = Run.begin(this.#options, forget).catch((error: unknown) => {
      forget();
      throw error;
    });
    this.#run = run;
    return run;
  }
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: PlatformError) => void;
}

/** One run of the program: who asked what, until the program ends. */
class Run<Answer extends { readonly id: number }> {
  readonly #options: TalkOptions<Answer>;
  readonly #onOver: () => void;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  #session: PodSession | undefined;
  #nextId = 1;
  #idle: Disposable | undefined;

  private constructor(options: TalkOptions<Answer>, onOver: () => void) {
    this.#options = options;
    this.#onOver = onOver;
  }

  static async begin<A extends { readonly id: number }>(options: TalkOptions<A>, onOver: () => void): Promise<Run<A>> {
    const run = new Run(options, onOver);
    run.#session = await options.open(options.program, {
      onLine: (line) => run.#hear(line),
      onEnd: (reason) => run.#end(`${options.name} was lost: ${reason}`),
    });
    return run;
  }

  ask(order: object, timeoutMs: number, givenUp?: AbortSignal): Promise<Answer> {
    const { clock, name } = this.#options;
    const id = this.#nextId++;
    // One signal stands for many checks at once; each listens to its own, as listeners of one are counted as a leak.
    const signal = AbortSignal.any(givenUp === undefined ? [] : [givenUp]);
    this.#idle?.[Symbol.dispose]();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(id);
        if (this.#waiting.size === 0) this.#idle = clock.after(IDLE_MS, () => this.#end('idle'));
      };
      const onAbort = (): void => {
        settle();
        reject(signal.reason as Error);
      };
      // What a program that does not answer is up to, nobody knows: the next order goes to a new one.
      const timer = clock.after(timeoutMs, () => this.#end(`${name} did not answer within ${timeoutMs / 1000} s.`, 'TimedOut'));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.set(id, {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.#session?.send(JSON.stringify({ id, ...order }));
    });
  }

  #hear(line: string): void {
    let answer: Answer;
    try {
      answer = this.#options.parse(JSON.parse(line));
    } catch (error) {
      this.#end(`${this.#options.name} gave an answer that could not be read: ${describeError(error).slice(0, 300)}`);
      return;
    }
    this.#waiting.get(answer.id)?.resolve(answer);
  }

  #end(reason: string, code: PlatformError['code'] = this.#options.code): void {
    this.#onOver();
    this.#session?.close();
    for (const { reject } of [...this.#waiting.values()]) reject(new PlatformError(code, reason));
    this.#idle?.[Symbol.dispose]();
  }
}
