import type { Clock } from '../infra/cluster/meta/clock.ts';
import { readLoadReport, type LoadOrder, type LoadReport } from '../infra/images/prober/load-protocol.ts';
import { probeAnswerSchema, type ProbeAnswer, type ProbeRequest, type ProbeResult } from '../infra/images/prober/protocol.ts';
import { PlatformError, describeError } from './platform-error.ts';
import type { PodProgram, RunInPod } from './pod-exec.ts';
import type { OpenInPod, PodSession } from './pod-session.ts';

/** Makes requests from outside the trainee's namespaces. Throws PlatformError when it could not; what the service does is in the result. */
export interface Prober {
  /** Results in the order of the requests. */
  probe(requests: readonly ProbeRequest[], signal?: AbortSignal): Promise<readonly ProbeResult[]>;
  /** Sends traffic to its end. */
  load(order: LoadOrder, signal?: AbortSignal): Promise<LoadReport>;
}

/** For the way there and back, beyond what the requests themselves may take. */
const ALLOWANCE_MS = 10_000;
const CONCURRENCY = 8;
const MAX_REQUESTS = 200;
/** A program that nobody asks anything for so long is ended; to start another takes a quarter of a second. */
const IDLE_MS = 15_000;

interface Waiting {
  readonly resolve: (answer: ProbeAnswer) => void;
  readonly reject: (error: PlatformError) => void;
}

/** Probes by one program in the prober pod, started when it is first needed and again when it was lost. */
export class PodProber implements Prober {
  readonly #open: OpenInPod;
  readonly #program: PodProgram;
  readonly #run: RunInPod;
  readonly #clock: Clock;
  #talk: Promise<Talk> | undefined;

  constructor(open: OpenInPod, run: RunInPod, pod: Omit<PodProgram, 'command'>, clock: Clock) {
    this.#open = open;
    this.#program = { ...pod, command: ['node', '/app/prober.mjs', 'run'] };
    this.#run = run;
    this.#clock = clock;
  }

  async load(order: LoadOrder, signal?: AbortSignal): Promise<LoadReport> {
    const { exitCode, stdout, stderr } = await this.#run({
      ...this.#program,
      command: ['node', '/app/prober.mjs', 'load'],
      stdin: `${JSON.stringify(order)}\n`,
      timeoutMs: order.durationMs + (order.timeoutMs ?? 30_000) + ALLOWANCE_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    if (exitCode !== 0) throw new PlatformError('ProberFailed', `The prober ended with ${exitCode}: ${stderr.slice(0, 500)}`);
    try {
      return readLoadReport(stdout);
    } catch (error) {
      throw new PlatformError('ProberFailed', `The prober's report could not be read: ${describeError(error).slice(0, 300)}`, {
        cause: error,
      });
    }
  }

  async probe(requests: readonly ProbeRequest[], signal?: AbortSignal): Promise<readonly ProbeResult[]> {
    if (requests.length === 0) return [];
    if (requests.length > MAX_REQUESTS) throw new PlatformError('ProberFailed', `${requests.length} probes at once are too many.`);
    signal?.throwIfAborted();
    const rounds = Math.ceil(requests.length / CONCURRENCY);
    const slowestMs = Math.max(...requests.map((request) => request.timeoutMs ?? 5_000));
    const talk = await this.#begin();
    const answer = await talk.ask({ concurrency: CONCURRENCY, requests }, ALLOWANCE_MS + rounds * slowestMs, signal);
    if ('error' in answer)
      throw new PlatformError('ProberFailed', `The prober could not carry out its order: ${answer.error.slice(0, 500)}`);
    const { results } = answer.report;
    if (results.length !== requests.length)
      throw new PlatformError('ProberFailed', `The prober answered ${results.length} of ${requests.length} probes.`);
    return results;
  }

  /** The talk that is under way, or a new one; its end, also that of a start that failed, makes room for the next. */
  #begin(): Promise<Talk> {
    if (this.#talk !== undefined) return this.#talk;
    const forget = (): void => {
      if (this.#talk === talk) this.#talk = undefined;
    };
    const talk: Promise<Talk> = Talk.begin(this.#open, this.#program, this.#clock, forget).catch((error: unknown) => {
      forget();
      throw error;
    });
    this.#talk = talk;
    return talk;
  }
}

/** One run of the program: who asked what, until the program ends. */
class Talk {
  readonly #clock: Clock;
  readonly #onOver: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #session: PodSession | undefined;
  #nextId = 1;
  #idle: Disposable | undefined;

  private constructor(clock: Clock, onOver: () => void) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  static async begin(open: OpenInPod, program: PodProgram, clock: Clock, onOver: () => void): Promise<Talk> {
    const talk = new Talk(clock, onOver);
    talk.#session = await open(program, {
      onLine: (line) => talk.#hear(line),
      onEnd: (reason) => talk.#end(`The prober was lost: ${reason}`),
    });
    return talk;
  }

  ask(
    order: { readonly concurrency: number; readonly requests: readonly ProbeRequest[] },
    timeoutMs: number,
    givenUp?: AbortSignal,
  ): Promise<ProbeAnswer> {
    const id = this.#nextId++;
    // One signal stands for many checks at once; each listens to its own, as listeners of one are counted as a leak.
    const signal = AbortSignal.any(givenUp === undefined ? [] : [givenUp]);
    this.#idle?.[Symbol.dispose]();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(id);
        if (this.#waiting.size === 0) this.#idle = this.#clock.after(IDLE_MS, () => this.#end('idle'));
      };
      const onAbort = (): void => {
        settle();
        reject(signal.reason as Error);
      };
      // What a program that does not answer is up to, nobody knows: the next order goes to a new one.
      const timer = this.#clock.after(timeoutMs, () => this.#end(`The prober did not answer within ${timeoutMs / 1000} s.`, 'TimedOut'));
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
    let answer: ProbeAnswer;
    try {
      answer = probeAnswerSchema.parse(JSON.parse(line));
    } catch (error) {
      this.#end(`The prober's report could not be read: ${describeError(error).slice(0, 300)}`);
      return;
    }
    this.#waiting.get(answer.id)?.resolve(answer);
  }

  #end(reason: string, code: PlatformError['code'] = 'ProberFailed'): void {
    this.#onOver();
    this.#session?.close();
    for (const { reject } of [...this.#waiting.values()]) reject(new PlatformError(code, reason));
    this.#idle?.[Symbol.dispose]();
  }
}
