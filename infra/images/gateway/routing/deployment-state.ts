import type { Clock } from '../../../cluster/meta/clock.ts';
import type { FailureKind } from '../upstream/provider-error.ts';

const MINUTE_MS = 60_000;
const LATENCY_SAMPLES = 10;

/** What is known of one deployment's present: the load on it, its last minute, whether it is being spared. */
export class DeploymentState {
  readonly #clock: Clock;
  #minuteStart = 0;
  #requests = 0;
  #tokens = 0;
  #failures = 0;
  #successes = 0;
  #latencies: readonly number[] = [];
  #cooledUntilMs = 0;
  #lastOutcome: 'success' | 'failure' | undefined;
  inFlight = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get requestsThisMinute(): number {
    return this.#current().#requests;
  }

  get tokensThisMinute(): number {
    return this.#current().#tokens;
  }

  get failuresThisMinute(): number {
    return this.#current().#failures;
  }

  get outcomesThisMinute(): number {
    return this.#current().#failures + this.#successes;
  }

  /** Mean of the last ten answers; undefined before the first. */
  get latencyMs(): number | undefined {
    return this.#latencies.length === 0 ? undefined : this.#latencies.reduce((sum, latency) => sum + latency, 0) / this.#latencies.length;
  }

  /** 0 when the deployment may be used. */
  get cooldownLeftMs(): number {
    return Math.max(0, this.#cooledUntilMs - this.#clock.now());
  }

  /** How long until this minute's counts start anew. */
  get minuteLeftMs(): number {
    return this.#current().#minuteStart + MINUTE_MS - this.#clock.now();
  }

  /** 0 healthy, 1 partial outage, 2 complete outage: the values of `litellm_deployment_state`. */
  get outage(): 0 | 1 | 2 {
    if (this.cooldownLeftMs > 0) return 2;
    return this.#lastOutcome === 'failure' ? 1 : 0;
  }

  started(): void {
    this.#current().#requests += 1;
    this.inFlight += 1;
  }

  ended(): void {
    this.inFlight -= 1;
  }

  succeeded(latencyMs: number): void {
    this.#current().#successes += 1;
    this.#latencies = [...this.#latencies, latencyMs].slice(-LATENCY_SAMPLES);
    this.#lastOutcome = 'success';
  }

  used(tokens: number): void {
    this.#current().#tokens += tokens;
  }

  failed(): void {
    this.#current().#failures += 1;
    this.#lastOutcome = 'failure';
  }

  coolDown(ms: number): void {
    this.#cooledUntilMs = Math.max(this.#cooledUntilMs, this.#clock.now() + ms);
  }

  #current(): this {
    const start = Math.floor(this.#clock.now() / MINUTE_MS) * MINUTE_MS;
    if (start !== this.#minuteStart) {
      this.#minuteStart = start;
      this.#requests = this.#tokens = this.#failures = this.#successes = 0;
    }
    return this;
  }
}

export interface CooldownFacts {
  readonly kind: FailureKind;
  /** This failure included. */
  readonly failuresThisMinute: number;
  readonly outcomesThisMinute: number;
  /** Deployments in the same group, this one included. */
  readonly groupSize: number;
  readonly allowedFails: number | undefined;
}

const MIN_OUTCOMES = 5;

/**
 * LiteLLM's rule: with `allowed_fails` the failures of a minute decide. Without it a deployment that has alternatives is spared at once
 * when the failure will not pass by itself, and otherwise once more than half of at least five calls failed; one that stands alone never.
 */
export function shouldCoolDown({ kind, failuresThisMinute, outcomesThisMinute, groupSize, allowedFails }: CooldownFacts): boolean {
  if (['bad_request', 'context_window', 'content_policy'].includes(kind)) return false;
  if (allowedFails !== undefined) return failuresThisMinute > allowedFails;
  if (groupSize < 2) return false;
  if (['rate_limit', 'quota', 'auth', 'not_found', 'timeout'].includes(kind)) return true;
  return outcomesThisMinute >= MIN_OUTCOMES && failuresThisMinute / outcomesThisMinute > 0.5;
}
