import type { Clock } from '../../cluster/meta/clock.ts';
import { TokenBucket } from './token-bucket.ts';

/** Alpha limits requests and tokens; beta requests, input tokens and output tokens. */
export const limitKinds = ['requests', 'tokens', 'inputTokens', 'outputTokens'] as const;
export type LimitKind = (typeof limitKinds)[number];
/** Absent: not limited. */
export type LimitsPerMinute = Readonly<Partial<Record<LimitKind, number>>>;
export type Amounts = Readonly<Partial<Record<LimitKind, number>>>;

export interface LimitState {
  readonly kind: LimitKind;
  readonly limit: number;
  /** Whole and never negative. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetMs: number;
}

/** Why a reservation was refused: the first bucket that had too little. */
export interface Shortage {
  readonly kind: LimitKind;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  /** Absent: more was asked for than a minute ever gives, and waiting is useless. */
  readonly waitMs?: number;
}

export type ReserveOutcome =
  { readonly kind: 'reserved'; settle(actual: Amounts): void } | { readonly kind: 'short'; readonly shortage: Shortage };

type Buckets = ReadonlyMap<LimitKind, TokenBucket>;

/**
 * Buckets by owner (a key and a model), made when first used and as many as there are keys and models. A reservation takes from all
 * buckets or from none, but a request refused for its tokens counts as a request, as alpha's documentation says.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #owners = new Map<string, Buckets>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Every reservation must be settled once with what was really used. `factor` scales the limits, for as long as it is handed in. */
  reserve(owner: string, limits: LimitsPerMinute, factor: number, wanted: Amounts): ReserveOutcome {
    const now = this.#clock.now();
    const buckets = this.#buckets(owner, limits, factor);
    const shortage = findShortage(buckets, wanted, now);
    if (shortage !== undefined) {
      if (shortage.kind !== 'requests') buckets.get('requests')?.take(1, now);
      return { kind: 'short', shortage };
    }
    for (const [kind, bucket] of buckets) bucket.take(wanted[kind] ?? 0, now);
    let isSettled = false;
    return {
      kind: 'reserved',
      settle: (actual) => {
        if (isSettled) return;
        isSettled = true;
        for (const [kind, bucket] of buckets) {
          const surplus = (wanted[kind] ?? 0) - (actual[kind] ?? 0);
          if (surplus >= 0) bucket.giveBack(surplus, this.#clock.now());
          else bucket.take(-surplus, this.#clock.now());
        }
      },
    };
  }

  states(owner: string, limits: LimitsPerMinute, factor: number): readonly LimitState[] {
    const now = this.#clock.now();
    return [...this.#buckets(owner, limits, factor)].map(([kind, bucket]) => ({
      kind,
      limit: bucket.capacity,
      remaining: Math.max(0, Math.floor(bucket.level(now) + 1e-9)),
      resetMs: Math.max(0, bucket.fullAfterMs(now)),
    }));
  }

  #buckets(owner: string, limits: LimitsPerMinute, factor: number): Buckets {
    const now = this.#clock.now();
    const known = this.#owners.get(owner) ?? new Map<LimitKind, TokenBucket>();
    const buckets = new Map<LimitKind, TokenBucket>();
    for (const kind of limitKinds) {
      const limit = limits[kind];
      if (limit === undefined) continue;
      const capacity = Math.max(1, Math.floor(limit * factor));
      const bucket = known.get(kind) ?? new TokenBucket(capacity, now);
      bucket.resize(capacity, now);
      buckets.set(kind, bucket);
    }
    this.#owners.set(owner, buckets);
    return buckets;
  }
}

function findShortage(buckets: Buckets, wanted: Amounts, nowMs: number): Shortage | undefined {
  for (const [kind, bucket] of buckets) {
    const requested = wanted[kind] ?? 0;
    const waitMs = bucket.waitMs(requested, nowMs);
    if (waitMs === 0) continue;
    const used = Math.min(bucket.capacity, Math.ceil(bucket.capacity - bucket.level(nowMs)));
    return { kind, limit: bucket.capacity, used, requested, ...(waitMs === undefined ? {} : { waitMs }) };
  }
  return undefined;
}
