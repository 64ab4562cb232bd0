import { tokenize } from '../inference/tokenizer.ts';
import { Latencies } from './latencies.ts';
import type { PlannedRequest } from './load-plan.ts';
import type { FailureKind, LoadReport, PlannedOrder } from './load-protocol.ts';
import { judge, type Outcome, type Usage } from './outcome.ts';

type ClassReport = { -readonly [Name in keyof LoadReport['classes'][string]]: number };

/** Adds up a run as its outcomes come in. */
export class LoadTally {
  readonly #prices: PlannedOrder['prices'];
  readonly #latencies = { endToEnd: new Latencies(), firstToken: new Latencies(), interToken: new Latencies(), sendLag: new Latencies() };
  readonly #failures = new Map<FailureKind, number>();
  readonly #classes = new Map<string, ClassReport>();
  readonly #keys = new Map<string, { sent: number; answered: number }>();
  readonly #models = new Map<string, number>();
  readonly #tokens = { prompt: 0, cachedPrompt: 0, completion: 0 };
  readonly #cost = { usd: 0, usdUncached: 0, unpricedTokens: 0 };
  readonly #known = { right: 0, asked: 0 };
  #sent = 0;
  #answered = 0;
  #shed = 0;
  #cacheHits = 0;

  constructor(order: PlannedOrder) {
    this.#prices = order.prices;
    for (const { name } of order.classes) this.#classes.set(name, { sent: 0, answered: 0, right: 0, wrong: 0, refused: 0, leaked: 0 });
    for (const { name } of order.keys) this.#keys.set(name, { sent: 0, answered: 0 });
  }

  get progress(): { readonly sent: number; readonly answered: number; readonly failed: number } {
    return { sent: this.#sent, answered: this.#answered, failed: [...this.#failures.values()].reduce((sum, count) => sum + count, 0) };
  }

  shed(): void {
    this.#shed += 1;
  }

  sent(request: PlannedRequest, lagMs: number): void {
    this.#sent += 1;
    this.#latencies.sendLag.record(lagMs);
    this.#classOf(request).sent += 1;
    const key = this.#keys.get(request.key?.name ?? '');
    if (key !== undefined) key.sent += 1;
  }

  ended(request: PlannedRequest, lagMs: number, outcome: Outcome): void {
    this.#judge(request, outcome);
    if (outcome.kind === 'failed') {
      this.#failures.set(outcome.failure, (this.#failures.get(outcome.failure) ?? 0) + 1);
      if (outcome.failure === 'timeout') this.#latencies.endToEnd.record(lagMs + outcome.totalMs);
      return;
    }
    this.#answered += 1;
    this.#classOf(request).answered += 1;
    const key = this.#keys.get(request.key?.name ?? '');
    if (key !== undefined) key.answered += 1;
    this.#time(lagMs, outcome);
    this.#count(request, outcome);
  }

  report(run: Pick<LoadReport, 'startedAt' | 'tookMs' | 'cancelled' | 'planned'>): LoadReport {
    const { endToEnd, firstToken, interToken, sendLag } = this.#latencies;
    return {
      ...run,
      sent: this.#sent,
      shed: this.#shed,
      answered: this.#answered,
      failures: Object.fromEntries(this.#failures),
      endToEnd: endToEnd.summary(),
      firstToken: firstToken.summary(),
      interToken: interToken.summary(),
      sendLag: sendLag.summary(),
      tokens: { ...this.#tokens },
      cost: { ...this.#cost, usdPerThousandRequests: this.#answered === 0 ? 0 : (this.#cost.usd / this.#answered) * 1000 },
      cacheHits: this.#cacheHits,
      quality: this.#known.asked === 0 ? null : this.#known.right / this.#known.asked,
      classes: Object.fromEntries(this.#classes),
      keys: Object.fromEntries(this.#keys),
      models: Object.fromEntries(this.#models),
    };
  }

  #classOf({ className }: PlannedRequest): ClassReport {
    const found = this.#classes.get(className);
    if (found === undefined) throw new TypeError(`no class ${className} in the order`);
    return found;
  }

  /** A known answer that is refused is not right; one that failed otherwise says nothing. */
  #judge(request: PlannedRequest, outcome: Outcome): void {
    const judgement = judge(request.prompt.judge, outcome);
    if (judgement === 'unjudged') return;
    this.#classOf(request)[judgement] += 1;
    if (request.prompt.judge.kind !== 'equals') return;
    this.#known.asked += 1;
    if (judgement === 'right') this.#known.right += 1;
  }

  #time(lagMs: number, { totalMs, pieceTimesMs }: Extract<Outcome, { kind: 'answered' }>): void {
    this.#latencies.endToEnd.record(lagMs + totalMs);
    pieceTimesMs.forEach((atMs, index) => {
      const previous = pieceTimesMs[index - 1];
      if (previous === undefined) this.#latencies.firstToken.record(lagMs + atMs);
      else this.#latencies.interToken.record(atMs - previous);
    });
  }

  #count(request: PlannedRequest, { usage, model = 'unknown', text, fromCache }: Extract<Outcome, { kind: 'answered' }>): void {
    const counted = usage ?? estimate(request, text);
    this.#tokens.prompt += counted.prompt;
    this.#tokens.cachedPrompt += counted.cachedPrompt;
    this.#tokens.completion += counted.completion;
    this.#models.set(model, (this.#models.get(model) ?? 0) + 1);
    if (fromCache) this.#cacheHits += 1;
    const price = this.#prices[model];
    if (price === undefined) {
      this.#cost.unpricedTokens += counted.prompt + counted.completion;
      return;
    }
    const usd = (counted.prompt * price.inputUsd + counted.completion * price.outputUsd) / 1_000_000;
    this.#cost.usdUncached += usd;
    if (!fromCache) this.#cost.usd += usd;
  }
}

/** For answers that say nothing of usage, as streams without `include_usage` do. */
function estimate({ prompt }: PlannedRequest, answer: string): Usage {
  return { prompt: tokenize(`${prompt.system ?? ''}${prompt.text}`).length, cachedPrompt: 0, completion: tokenize(answer).length };
}
