import type { Clock } from '../../cluster/meta/clock.ts';
import { log } from '../inference/log.ts';
import { readStateFile, writeStateFile } from './access/state-file.ts';
import { KeyStore } from './access/key-store.ts';
import { RateLimiter } from './access/rate-limiter.ts';
import { AnswerCache } from './cache/answer-cache.ts';
import type { CacheSettings, GatewayConfig } from './config/gateway-config.ts';
import { createGuardrails, type Guardrail } from './guardrails/guardrails.ts';
import { Router } from './routing/router.ts';
import { GatewayMetrics } from './telemetry/gateway-metrics.ts';
import { SpendLog } from './telemetry/spend-log.ts';

/** What became of the configuration file since the start. */
export interface ConfigStatus {
  readonly loadedAt: string;
  readonly warnings: readonly string[];
  /** Set while the file is broken and an older configuration is in force. */
  readonly rejected: { readonly at: string; readonly errors: readonly string[] } | undefined;
}

export interface GatewayOptions {
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** All that the endpoints work on. The configuration can be exchanged while requests are under way: each keeps the one it began with. */
export class Gateway {
  readonly clock: Clock;
  readonly metrics = new GatewayMetrics();
  readonly spendLog = new SpendLog();
  readonly limiter: RateLimiter;
  readonly router: Router;
  readonly keys: KeyStore;
  status: ConfigStatus;
  inFlight = 0;
  draining = false;
  #config: GatewayConfig;
  #guardrails: readonly Guardrail[];
  #cache: AnswerCache | undefined;

  /** Throws StateFileError when the keys cannot be read. */
  constructor(config: GatewayConfig, warnings: readonly string[], { clock, random }: GatewayOptions) {
    this.clock = clock;
    this.#config = config;
    this.#guardrails = createGuardrails(config.guardrails);
    this.#cache = config.cache === undefined ? undefined : new AnswerCache(config.cache, clock);
    this.limiter = new RateLimiter(clock);
    this.router = new Router(config, { clock, random, observe: this.#observer() });
    this.keys = openKeyStore(config.stateFile, clock);
    this.status = { loadedAt: this.#timestamp(), warnings, rejected: undefined };
    this.#watch();
  }

  get config(): GatewayConfig {
    return this.#config;
  }

  get guardrails(): readonly Guardrail[] {
    return this.#guardrails;
  }

  get cache(): AnswerCache | undefined {
    return this.#cache;
  }

  /** Puts another configuration into force. What it does not change, such as cached answers and cooldowns, stays. */
  reconfigure(config: GatewayConfig, warnings: readonly string[]): void {
    if (!isSameCache(config.cache, this.#config.cache))
      this.#cache = config.cache === undefined ? undefined : new AnswerCache(config.cache, this.clock);
    if (config.stateFile !== this.#config.stateFile) log('warning', 'another database_url takes effect at the next start only');
    this.#config = config;
    this.#guardrails = createGuardrails(config.guardrails);
    this.router.reconfigure(config);
    this.status = { loadedAt: this.#timestamp(), warnings, rejected: undefined };
  }

  /** Notes that the file is broken; what was in force stays in force. */
  reject(errors: readonly string[]): void {
    this.status = { ...this.status, rejected: { at: this.#timestamp(), errors } };
  }

  #timestamp(): string {
    return new Date(this.clock.now()).toISOString();
  }

  #observer(): ConstructorParameters<typeof Router>[1]['observe'] {
    return {
      deploymentSucceeded: (deployment) => this.metrics.deploymentSucceeded(deployment),
      deploymentFailed: (deployment, error) => {
        this.metrics.deploymentFailed(deployment, error);
        const { group, id, apiBase } = deployment;
        log('warning', 'deployment failed', { modelGroup: group, modelId: id, apiBase, failure: error.kind, status: error.status });
      },
      deploymentCooledDown: (deployment, error) => {
        this.metrics.deploymentCooledDown(deployment, error);
        log('warning', 'deployment cools down', { modelGroup: deployment.group, modelId: deployment.id, failure: error.kind });
      },
      fellBack: (from, to, succeeded) => {
        this.metrics.fellBack(from, to, succeeded);
        log(succeeded ? 'info' : 'warning', 'fallback', { from, to, succeeded });
      },
    };
  }

  #watch(): void {
    const left = (spend: number, maxBudget: number | undefined): number => (maxBudget ?? 0) - spend;
    this.metrics.watch({
      deployments: () => this.#config.deployments.map((deployment) => ({ deployment, outage: this.router.stateOf(deployment).outage })),
      budgets: () => [
        ...this.keys
          .teams()
          .filter((team) => team.maxBudget !== undefined)
          .map((team) => ({ metric: 'team' as const, id: team.id, alias: team.alias ?? '', leftUsd: left(team.spend, team.maxBudget) })),
        ...this.keys
          .keys()
          .filter((key) => key.maxBudget !== undefined)
          .map((key) => ({ metric: 'api_key' as const, id: key.hash, alias: key.alias ?? '', leftUsd: left(key.spend, key.maxBudget) })),
      ],
      inFlight: () => this.inFlight,
    });
  }
}

function openKeyStore(stateFile: string | undefined, clock: Clock): KeyStore {
  if (stateFile === undefined)
    log('warning', 'no database_url is set: virtual keys, teams and spend are in memory and end with this process');
  return new KeyStore({
    clock,
    initial: stateFile === undefined ? undefined : readStateFile(stateFile),
    save: (state) => {
      if (stateFile !== undefined) writeStateFile(stateFile, state);
    },
    onSaveError: (error) =>
      log('error', 'spend could not be written down', { error: error instanceof Error ? error.message : String(error) }),
  });
}

function isSameCache(a: CacheSettings | undefined, b: CacheSettings | undefined): boolean {
  const plain = (settings: CacheSettings | undefined): string =>
    JSON.stringify(settings === undefined ? null : { ...settings, operations: [...settings.operations] });
  return plain(a) === plain(b);
}
