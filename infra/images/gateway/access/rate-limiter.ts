import type { Clock } from '../../../cluster/meta/clock.ts';

export type LimitType = 'requests' | 'tokens' | 'max_parallel_requests';

/** Somebody's limits: what `key` calls it goes into messages and headers, as in LiteLLM. */
export interface LimitedParty {
  readonly key: 'api_key' | 'team' | 'model_per_key' | 'global';
  /** Hash, team id, or both and the model. */
  readonly value: string;
  readonly requests: number | undefined;
  readonly tokens: number | undefined;
  readonly parallel: number | undefined;
}

export interface Excess {
  readonly party: LimitedParty;
  readonly type: LimitType;
  readonly limit: number;
  readonly retryAfterMs: number;
  readonly resetsAtMs: number;
}

export type Admission = { readonly kind: 'admitted'; readonly lease: Lease } | { readonly kind: 'refused'; readonly excess: Excess };

/** An admitted request. `end` must be called once it is over. */
export interface Lease {
  end(tokens: number): void;
  /** What is left of a party's limits; undefined where it has none. */
  remaining(party: LimitedParty): { readonly requests: number | undefined; readonly tokens: number | undefined };
}

interface Window {
  startMs: number;
  requests: number;
  tokens: number;
  parallel: number;
}

const WINDOW_MS = 60_000;
const MAX_WINDOWS = 20_000;
/** When a place comes free is unknown; clients are asked to come back soon. */
const PARALLEL_RETRY_MS = 1_000;

/**
 * Requests, tokens and parallel requests a minute, each party's minute beginning with its first request, as LiteLLM counts. Tokens are known only
 * afterwards: a request is admitted while fewer than the limit have been used. A refused request is charged to nobody.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  admit(all: readonly LimitedParty[]): Admission {
    const parties = all.filter(isLimited);
    const excess = parties.map((party) => this.#excessOf(party)).find((found) => found !== undefined);
    if (excess !== undefined) return { kind: 'refused', excess };
    const windows = parties.map((party) => this.#windowOf(party));
    for (const window of windows) {
      window.requests += 1;
      window.parallel += 1;
    }
    return { kind: 'admitted', lease: this.#lease(parties, windows) };
  }

  #lease(parties: readonly LimitedParty[], windows: readonly Window[]): Lease {
    let open = true;
    return {
      end: (tokens) => {
        if (!open) return;
        open = false;
        for (const window of windows) window.parallel -= 1;
        for (const party of parties) this.#windowOf(party).tokens += tokens;
      },
      remaining: (party) => {
        if (!isLimited(party)) return { requests: undefined, tokens: undefined };
        const window = this.#windowOf(party);
        const left = (limit: number | undefined, used: number): number | undefined =>
          limit === undefined ? undefined : Math.max(0, limit - used);
        return { requests: left(party.requests, window.requests), tokens: left(party.tokens, window.tokens) };
      },
    };
  }

  #excessOf(party: LimitedParty): Excess | undefined {
    const window = this.#windowOf(party);
    const resetsAtMs = window.startMs + WINDOW_MS;
    const untilReset = { retryAfterMs: resetsAtMs - this.#clock.now(), resetsAtMs };
    if (party.parallel !== undefined && window.parallel >= party.parallel) {
      const soon = { retryAfterMs: PARALLEL_RETRY_MS, resetsAtMs: this.#clock.now() + PARALLEL_RETRY_MS };
      return { party, type: 'max_parallel_requests', limit: party.parallel, ...soon };
    }
    if (party.requests !== undefined && window.requests >= party.requests)
      return { party, type: 'requests', limit: party.requests, ...untilReset };
    if (party.tokens !== undefined && window.tokens >= party.tokens) return { party, type: 'tokens', limit: party.tokens, ...untilReset };
    return undefined;
  }

  #windowOf({ key, value }: LimitedParty): Window {
    const id = `${key}:${value}`;
    const nowMs = this.#clock.now();
    const window = this.#windows.get(id) ?? { startMs: nowMs, requests: 0, tokens: 0, parallel: 0 };
    if (nowMs - window.startMs >= WINDOW_MS) Object.assign(window, { startMs: nowMs, requests: 0, tokens: 0 });
    this.#windows.set(id, window);
    if (this.#windows.size > MAX_WINDOWS) this.#forgetIdle(nowMs);
    return window;
  }

  #forgetIdle(nowMs: number): void {
    for (const [id, window] of this.#windows) if (window.parallel === 0 && nowMs - window.startMs >= WINDOW_MS) this.#windows.delete(id);
  }
}

function isLimited({ requests, tokens, parallel }: LimitedParty): boolean {
  return requests !== undefined || tokens !== undefined || parallel !== undefined;
}
