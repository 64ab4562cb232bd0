import type { Clock } from '../../cluster/meta/clock.ts';
import type { Face, CountedTokens } from './face.ts';
import { FaultState, type RequestFaults } from './faults.ts';
import type { ApiKey, KeyRing } from './keys.ts';
import { Ledger, priceOf, type TokenUsage } from './ledger.ts';
import { ProviderMetrics } from './metrics.ts';
import { findProviderModel, providerModels, type ProviderModel } from './models.ts';
import { PromptCache } from './prompt-cache.ts';
import { RateLimiter, type LimitsPerMinute, type LimitState } from './rate-limits.ts';
import { refuse } from './refusal.ts';
import { RequestLog } from './request-log.ts';

/** What one request took, once it is over. */
export interface Bill extends TokenUsage {
  readonly usd: number;
}

export interface Admission {
  /** Gives back what was reserved and not used, and bills what was. To be called once. */
  settle(usage: TokenUsage): Bill;
}

/** Everything that outlives a request: keys, buckets, money, faults, cache and the record of it all. */
export class Provider {
  readonly face: Face;
  readonly clock: Clock;
  readonly keys: KeyRing;
  readonly faults: FaultState;
  readonly ledger: Ledger;
  readonly cache: PromptCache;
  readonly log = new RequestLog();
  readonly metrics: ProviderMetrics;
  readonly seed: number;
  readonly #limiter: RateLimiter;
  readonly #concurrent = new Map<string, number>();
  #requests = 0;
  #inFlight = 0;

  constructor({ face, clock, keys, seed }: { face: Face; clock: Clock; keys: KeyRing; seed: number }) {
    this.face = face;
    this.clock = clock;
    this.keys = keys;
    this.seed = seed;
    this.faults = new FaultState(seed);
    this.ledger = new Ledger(clock);
    this.cache = new PromptCache(clock);
    this.#limiter = new RateLimiter(clock);
    this.metrics = new ProviderMetrics(face.name, () => this.#inFlight);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Counts a request in; the faults that bear on it are drawn here. Dispose counts it out. */
  enter(): { readonly number: number; readonly faults: RequestFaults } & Disposable {
    this.#requests += 1;
    this.#inFlight += 1;
    return {
      number: this.#requests,
      faults: this.faults.forRequest(this.#requests),
      [Symbol.dispose]: () => void (this.#inFlight -= 1),
    };
  }

  /** Throws RefusalError unless the key is one of ours and good. */
  authenticate(credential: string | undefined): ApiKey {
    if (credential === undefined) return refuse({ kind: 'no-key' });
    const key = this.keys.find(credential);
    if (key === undefined || this.faults.badKey(key.id) === 'revoked') return refuse({ kind: 'invalid-key', shown: ends(credential) });
    if (this.keyState(key) === 'expired') return refuse({ kind: 'expired-key' });
    return key;
  }

  keyState(key: ApiKey): 'active' | 'expired' | 'revoked' {
    if (key.expiresAtMs !== undefined && key.expiresAtMs <= this.clock.now()) return 'expired';
    return this.faults.badKey(key.id) ?? 'active';
  }

  /** The key's share of connections. Throws RefusalError when they are all taken. */
  connect(key: ApiKey): Disposable {
    const open = this.#concurrent.get(key.id) ?? 0;
    if (open >= key.maxConcurrent) refuse({ kind: 'too-many-concurrent' });
    this.#concurrent.set(key.id, open + 1);
    return { [Symbol.dispose]: () => void this.#concurrent.set(key.id, (this.#concurrent.get(key.id) ?? 1) - 1) };
  }

  models(): readonly ProviderModel[] {
    return providerModels.filter((model) => model.face === this.face.name && !this.faults.isRetired(model.id, model.snapshot));
  }

  /** Throws RefusalError when there is no such model or it has been retired. */
  requireModel(name: string, kind?: ProviderModel['kind']): ProviderModel {
    const model = findProviderModel(this.face.name, name);
    if (model === undefined || (kind !== undefined && model.kind !== kind)) return refuse({ kind: 'unknown-model', model: name });
    if (this.faults.isRetired(model.id, model.snapshot)) return refuse({ kind: 'retired-model', model: name });
    return model;
  }

  /** The model that really answers: the asked one, unless a fault has put another in its place. */
  answeringModel(asked: ProviderModel, faults: RequestFaults): ProviderModel {
    return (faults.answeringModel === undefined ? undefined : findProviderModel(this.face.name, faults.answeringModel)) ?? asked;
  }

  /** Reserves what a request may take at most. Throws RefusalError when the quota is spent or a bucket is too low. */
  admit(key: ApiKey, model: ProviderModel, most: CountedTokens): Admission {
    if (this.faults.isQuotaSpent(key.organization.id) || this.ledger.hasSpentAll(key)) refuse({ kind: 'quota-spent' });
    const wanted = { requests: 1, ...this.face.amounts(most) };
    const outcome = this.#limiter.reserve(ownerOf(key, model), limitsOf(key, model), this.faults.limitsFactor, wanted);
    if (outcome.kind === 'short')
      return refuse({ kind: 'rate-limited', model: model.id, organization: key.organization.id, shortage: outcome.shortage });
    return {
      settle: (usage) => {
        outcome.settle({ requests: 1, ...this.face.amounts({ ...usage, inputTokens: usage.inputTokens + usage.cacheWriteTokens }) });
        const usd = priceOf(usage, model.price);
        this.ledger.charge(key, usage, usd);
        this.metrics.billed(model.id, usage, usd);
        return { ...usage, usd };
      },
    };
  }

  limitStates(key: ApiKey, model: ProviderModel): readonly LimitState[] {
    return this.#limiter.states(ownerOf(key, model), limitsOf(key, model), this.faults.limitsFactor);
  }
}

function ownerOf(key: ApiKey, model: ProviderModel): string {
  return `${key.id}\0${model.id}`;
}

function limitsOf(key: ApiKey, model: ProviderModel): LimitsPerMinute {
  const own = Object.entries(key.limitsPerMinute ?? {}).filter(([, limit]) => typeof limit === 'number');
  return { ...model.limits, ...Object.fromEntries(own) };
}

/** What a vendor shows of a key that it does not know. */
function ends(credential: string): string {
  return credential.length < 12 ? '*'.repeat(credential.length) : `${credential.slice(0, 5)}${'*'.repeat(8)}${credential.slice(-4)}`;
}
