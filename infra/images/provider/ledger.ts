import type { Clock } from '../../cluster/meta/clock.ts';
import type { ApiKey } from './keys.ts';
import type { Price } from './models.ts';

/** Tokens of one request as they are billed. `inputTokens` are those that no cache had part in. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
}

export interface KeyUsage extends TokenUsage {
  readonly requests: number;
  readonly refused: number;
  readonly usd: number;
}

const nothing: KeyUsage = {
  requests: 0,
  refused: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  usd: 0,
};

export function priceOf(usage: TokenUsage, price: Price): number {
  const millionths =
    usage.inputTokens * price.inputUsd +
    usage.cachedInputTokens * price.cachedInputUsd +
    usage.cacheWriteTokens * price.cacheWriteUsd +
    usage.outputTokens * price.outputUsd;
  return millionths / 1_000_000;
}

/** What keys have used since the start, and what organizations have spent in this calendar month (UTC). */
export class Ledger {
  readonly #clock: Clock;
  readonly #keys = new Map<string, KeyUsage>();
  #month: string;
  #spentUsd = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#month = this.#currentMonth();
  }

  charge(key: ApiKey, usage: TokenUsage, usd: number): void {
    const before = this.usage(key.id);
    this.#keys.set(key.id, {
      requests: before.requests + 1,
      refused: before.refused,
      inputTokens: before.inputTokens + usage.inputTokens,
      cachedInputTokens: before.cachedInputTokens + usage.cachedInputTokens,
      cacheWriteTokens: before.cacheWriteTokens + usage.cacheWriteTokens,
      outputTokens: before.outputTokens + usage.outputTokens,
      usd: before.usd + usd,
    });
    const { id } = key.organization;
    this.#spentUsd.set(id, this.spentUsd(id) + usd);
  }

  refuse(keyId: string): void {
    const before = this.usage(keyId);
    this.#keys.set(keyId, { ...before, refused: before.refused + 1 });
  }

  usage(keyId: string): KeyUsage {
    return this.#keys.get(keyId) ?? nothing;
  }

  spentUsd(organizationId: string): number {
    const month = this.#currentMonth();
    if (month !== this.#month) {
      this.#month = month;
      this.#spentUsd = new Map();
    }
    return this.#spentUsd.get(organizationId) ?? 0;
  }

  hasSpentAll({ organization }: ApiKey): boolean {
    return organization.monthlyLimitUsd !== undefined && this.spentUsd(organization.id) >= organization.monthlyLimitUsd;
  }

  #currentMonth(): string {
    return new Date(this.#clock.now()).toISOString().slice(0, 7);
  }
}
