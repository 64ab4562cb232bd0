import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { orLate, type Clock } from '../clock.ts';

/** Something outside that this server works with. */
export interface Need {
  /** The beginning of a sentence that anybody may read: `The database`. */
  readonly what: string;
  /** False, or a failure, or nothing in time: it does not answer. */
  readonly answers: () => Promise<boolean>;
  /** Without it nobody is to be sent here. What all servers miss at the same time and can do without for a while must not take all of them away. */
  readonly isEssential: boolean;
}

/** Whether people are to be sent here, and what is wrong. */
export type Standing = { readonly ok: true; readonly degraded?: string } | { readonly ok: false; readonly reason: string };

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
  #answer: { readonly untilMs: number; readonly standing: Promise<Standing> } | undefined;

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
      if (path === '/livez') answer(request, response, { ok: true });
      else if (path === '/readyz') void this.standing().then((standing) => answer(request, response, standing));
      else next(request, response);
    };
  }

  /** Looked at no more often than every {@link ANSWER_LASTS_MS}, however many ask. */
  async standing(): Promise<Standing> {
    if (this.#phase === 'starting') return { ok: false, reason: 'The server is starting.' };
    if (this.#phase === 'leaving') return { ok: false, reason: 'The server is stopping.' };
    const nowMs = this.#clock.now();
    if (this.#answer === undefined || this.#answer.untilMs <= nowMs)
      this.#answer = { untilMs: nowMs + ANSWER_LASTS_MS, standing: this.#look() };
    return this.#answer.standing;
  }

  async #look(): Promise<Standing> {
    const answering = await Promise.all(this.#needs.map((need) => this.#answers(need)));
    const silent = this.#needs.filter((_need, index) => !answering[index]);
    const words = silent.map(({ what }) => `${what} does not answer.`).join(' ');
    if (silent.some(({ isEssential }) => isEssential)) return { ok: false, reason: words };
    return silent.length === 0 ? { ok: true } : { ok: true, degraded: words };
  }

  async #answers({ answers }: Need): Promise<boolean> {
    try {
      return await orLate(this.#clock, answers(), CHECK_TIMEOUT_MS, false);
    } catch {
      return false;
    }
  }
}

function answer(request: IncomingMessage, response: ServerResponse, standing: Standing): void {
  response.writeHead(standing.ok ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(standing));
}
