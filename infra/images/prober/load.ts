import type { Clock } from '../../cluster/meta/clock.ts';
import { planLoad, type PlannedRequest } from './load-plan.ts';
import type { LoadLine, LoadReport, PlannedOrder } from './load-protocol.ts';
import { LoadTally } from './load-report.ts';
import { readOutcome } from './outcome.ts';
import { probeRequestSchema, type ProbeResult } from './protocol.ts';
import type { Probe } from './request.ts';

const PROGRESS_MS = 1_000;

export interface LoadOptions {
  /** Must not go back; fractions of a millisecond count. */
  readonly clock: Clock;
  readonly startedAt: Date;
  readonly send: (probe: Probe, signal: AbortSignal) => Promise<ProbeResult>;
  readonly tell: (line: LoadLine) => void;
  /** Ends the run early: nothing more is sent, and what is under way is given up. */
  readonly signal: AbortSignal;
}

/**
 * Sends what the order plans at the planned times, whether or not earlier answers came, and reports when the last is in. Throws OrderError
 * for an order that asks for too much.
 */
export async function runLoad(order: PlannedOrder, options: LoadOptions): Promise<LoadReport> {
  return new LoadRun(order, options).run();
}

class LoadRun {
  readonly #order: PlannedOrder;
  readonly #options: LoadOptions;
  readonly #plan: readonly PlannedRequest[];
  readonly #tally: LoadTally;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #startMs: number;

  constructor(order: PlannedOrder, options: LoadOptions) {
    this.#order = order;
    this.#options = options;
    this.#plan = planLoad(order);
    this.#tally = new LoadTally(order);
    this.#startMs = options.clock.now();
  }

  async run(): Promise<LoadReport> {
    const { tell, signal, startedAt } = this.#options;
    tell({ kind: 'started', planned: this.#plan.length });
    using _progress = this.#tellProgress();
    for (const request of this.#plan) {
      await this.#until(request.atMs);
      if (signal.aborted) break;
      this.#start(request);
    }
    await Promise.all(this.#inFlight);
    return this.#tally.report({
      startedAt: startedAt.toISOString(),
      tookMs: Math.round(this.#elapsed()),
      cancelled: signal.aborted,
      planned: this.#plan.length,
    });
  }

  #elapsed(): number {
    return this.#options.clock.now() - this.#startMs;
  }

  /** Again and again until disposed. */
  #tellProgress(): Disposable {
    const { clock, tell } = this.#options;
    let timer: Disposable;
    const renew = (): void => {
      timer = clock.after(PROGRESS_MS, () => {
        tell({ kind: 'progress', atMs: Math.round(this.#elapsed()), inFlight: this.#inFlight.size, ...this.#tally.progress });
        renew();
      });
    };
    renew();
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }

  async #until(atMs: number): Promise<void> {
    const { clock, signal } = this.#options;
    const waitMs = atMs - this.#elapsed();
    if (waitMs <= 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = clock.after(waitMs, done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #start(request: PlannedRequest): void {
    if (this.#inFlight.size >= this.#order.maxInFlight) {
      this.#tally.shed();
      return;
    }
    const lagMs = Math.max(0, this.#elapsed() - request.atMs);
    this.#tally.sent(request, lagMs);
    const running = this.#send(request, lagMs).finally(() => this.#inFlight.delete(running));
    this.#inFlight.add(running);
  }

  async #send(request: PlannedRequest, lagMs: number): Promise<void> {
    const { send, signal } = this.#options;
    const result = await send(probeFor(request, this.#order, lagMs), signal);
    if (result.kind === 'unanswered' && result.code === 'CANCELLED') return;
    this.#tally.ended(request, lagMs, readOutcome(result));
  }
}

function probeFor({ prompt, stream, key, className }: PlannedRequest, order: PlannedOrder, lagMs: number): Probe {
  const system = prompt.system === undefined ? [] : [{ role: 'system', content: prompt.system }];
  const body = {
    model: order.model,
    messages: [...system, { role: 'user', content: prompt.text }],
    max_tokens: order.maxTokens,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  return probeRequestSchema.parse({
    name: className,
    method: 'POST',
    url: `${order.url.replace(/\/+$/, '')}/v1/chat/completions`,
    headers: {
      'content-type': 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key.key}` }),
      ...order.headers,
    },
    body: JSON.stringify(body),
    ...(order.tls === undefined ? {} : { tls: order.tls }),
    timeoutMs: Math.max(1, Math.round(order.timeoutMs - lagMs)),
  });
}
