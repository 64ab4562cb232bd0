import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { orLate, type Clock } from '../clock.ts';

/** Something that this server needs to be of use. */
export interface Need {
  /** The beginning of a sentence that anybody may read: `The database`. */
  readonly what: string;
  /** False, or a failure, or nothing in time: it does not answer. */
  readonly answers: () => Promise<boolean>;
}

/** Nobody needs a newer answer, and a flood of questions costs one look. */
const ANSWER_LASTS_MS = 500;
/** Past this what was asked counts as away. */
const CHECK_TIMEOUT_MS = 2_000;

/**
 * What the platform under this server asks: /livez, whether the process is to be ended (it answers whenever the event loop turns), and /readyz, whether people
 * are to be sent here. Both are answered while the server starts and stops, before anything else.
 */
export class Probes {
  readonly #clock: Clock;
  #needs: readonly Need[] = [];
  #phase: 'starting' | 'ready' | 'leaving' = 'starting';
  #answer: { readonly untilMs: number; readonly reason: Promise<string | undefined> } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Everything is up; from now on it is ready while what it needs answers. */
  begin(needs: readonly Need[]): void {
    this.#needs = needs;
    this.#phase = 'ready';
  }

  /** From now on people are to be sent elsewhere. */
  leave(): void {
    this.#phase = 'leaving';
  }

  /** Answers the probes and hands everything else on. */
  before(next: RequestListener): RequestListener {
    return (request, response) => {
      const path = request.url?.split('?', 1)[0];
      // Who comes again comes over a new connection, which leads to another server.
      if (this.#phase === 'leaving') response.setHeader('connection', 'close');
      if (path === '/livez') answer(request, response, undefined);
      else if (path === '/readyz') void this.reason().then((reason) => answer(request, response, reason));
      else next(request, response);
    };
  }

  /** Why people are not to be sent here; undefined: they are. */
  async reason(): Promise<string | undefined> {
    if (this.#phase === 'starting') return 'The server is starting.';
    if (this.#phase === 'leaving') return 'The server is stopping.';
    const nowMs = this.#clock.now();
    if (this.#answer === undefined || this.#answer.untilMs <= nowMs)
      this.#answer = { untilMs: nowMs + ANSWER_LASTS_MS, reason: this.#look() };
    return this.#answer.reason;
  }

  async #look(): Promise<string | undefined> {
    const silent = await Promise.all(
      this.#needs.map(async (need) => ((await this.#answers(need)) ? [] : [`${need.what} does not answer.`])),
    );
    return silent.flat().length === 0 ? undefined : silent.flat().join(' ');
  }

  async #answers({ answers }: Need): Promise<boolean> {
    try {
      return await orLate(this.#clock, answers(), CHECK_TIMEOUT_MS, false);
    } catch {
      return false;
    }
  }
}

function answer(request: IncomingMessage, response: ServerResponse, reason: string | undefined): void {
  response.writeHead(reason === undefined ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(reason === undefined ? { ok: true } : { ok: false, reason }));
}
