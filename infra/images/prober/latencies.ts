import type { LatencySummary } from './load-protocol.ts';

const SMALLEST_MS = 0.01;
/** Neighbouring buckets lie half a percent apart, which is how exact percentiles are. */
const GROWTH = Math.log(1.005);

/** Latencies in buckets that grow with them: as many as may come, in bounded memory. */
export class Latencies {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  record(ms: number): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.round(Math.log(ms / SMALLEST_MS) / GROWTH);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count += 1;
    this.#sumMs += ms;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  summary(): LatencySummary {
    const sorted = [...this.#buckets].sort(([a], [b]) => a - b);
    const percentile = (share: number): number => {
      let left = Math.max(1, Math.ceil(this.#count * share));
      const found = sorted.find(([, count]) => (left -= count) <= 0);
      return found === undefined ? 0 : round(Math.min(this.#maxMs, SMALLEST_MS * Math.exp(found[0] * GROWTH)));
    };
    return {
      count: this.#count,
      meanMs: this.#count === 0 ? 0 : round(this.#sumMs / this.#count),
      p50Ms: percentile(0.5),
      p90Ms: percentile(0.9),
      p95Ms: percentile(0.95),
      p99Ms: percentile(0.99),
      maxMs: round(this.#maxMs),
    };
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
