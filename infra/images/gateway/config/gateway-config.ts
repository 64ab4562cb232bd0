import type { GuardrailEntry, guardrailModes, routingStrategies } from './config-schema.ts';

/** One place that can answer for a model group. */
export interface Deployment {
  /** Stable over reloads that do not change it: `model_info.id`, or a hash of its parameters without the key. */
  readonly id: string;
  /** What clients ask for: `model_name`. */
  readonly group: string;
  readonly provider: Provider;
  /** As the provider knows the model. */
  readonly model: string;
  /** As configured, provider included. */
  readonly fullModel: string;
  /** Without a trailing slash. */
  readonly apiBase: string;
  readonly apiKey: string | undefined;
  readonly rpm: number | undefined;
  readonly tpm: number | undefined;
  readonly maxParallel: number | undefined;
  readonly weight: number;
  /** Lower ones are tried before higher ones. */
  readonly order: number;
  readonly timeoutMs: number;
  /** Time to the first chunk of a stream. */
  readonly streamTimeoutMs: number;
  readonly maxRetries: number | undefined;
  readonly cooldownMs: number | undefined;
  readonly prices: Prices;
  /** Request fields to fill in where the client says nothing. */
  readonly defaults: Readonly<Record<string, number>>;
  readonly info: Readonly<Record<string, unknown>>;
}

export type Provider = 'openai' | 'anthropic' | 'hosted_vllm';

/** US dollars a token. */
export interface Prices {
  readonly input: number;
  readonly output: number;
  readonly cachedInput: number;
}

export interface RouterSettings {
  readonly strategy: (typeof routingStrategies)[number];
  readonly numRetries: number;
  /** Undefined: a deployment with alternatives cools down at once after a 429, 401, 404 or 408, others by their share of failures. */
  readonly allowedFails: number | undefined;
  readonly cooldownMs: number;
  readonly cooldowns: boolean;
  /** Least time between two attempts. */
  readonly retryAfterMs: number;
  readonly maxFallbacks: number;
  readonly aliases: ReadonlyMap<string, string>;
  readonly fallbacks: Fallbacks;
}

export interface Fallbacks {
  readonly general: ReadonlyMap<string, readonly string[]>;
  readonly contextWindow: ReadonlyMap<string, readonly string[]>;
  readonly contentPolicy: ReadonlyMap<string, readonly string[]>;
  /** For groups that have none of their own. */
  readonly byDefault: readonly string[];
}

export interface CacheSettings {
  readonly mode: 'exact' | 'semantic';
  readonly ttlMs: number;
  readonly namespace: string;
  readonly defaultOn: boolean;
  readonly maxEntries: number;
  /** Least cosine of two prompts that count as one. */
  readonly similarityThreshold: number;
  readonly operations: ReadonlySet<Operation>;
}

export type Operation = 'chat' | 'completion' | 'embedding';
export type GuardrailMode = (typeof guardrailModes)[number];

export interface GuardrailSettings {
  readonly name: string;
  readonly modes: ReadonlySet<GuardrailMode>;
  readonly defaultOn: boolean;
  readonly params: Readonly<GuardrailEntry['litellm_params']>;
  /** The classifier's key with its reference resolved. */
  readonly apiKey: string | undefined;
}

/** Everything the configuration file says, resolved and validated. */
export interface GatewayConfig {
  readonly deployments: readonly Deployment[];
  readonly router: RouterSettings;
  readonly cache: CacheSettings | undefined;
  readonly guardrails: readonly GuardrailSettings[];
  readonly masterKey: string | undefined;
  /** Where keys, teams and spend are kept; undefined: in memory only. */
  readonly stateFile: string | undefined;
  /** Unsupported request fields are left out instead of refused. */
  readonly dropParams: boolean;
  /** Prompts and answers go into the log. Off unless `turn_off_message_logging: false`. */
  readonly logPrompts: boolean;
  readonly storePrompts: boolean;
  readonly redactKeyInfo: boolean;
  readonly maxParallel: number;
  readonly callbacks: readonly string[];
}

export function groupsOf(config: GatewayConfig): readonly string[] {
  return [...new Set(config.deployments.map((deployment) => deployment.group))];
}

/** The group that a client's model name stands for, by alias or as it is; undefined when there is none. */
export function resolveGroup(config: GatewayConfig, model: string): string | undefined {
  const group = config.router.aliases.get(model) ?? model;
  return config.deployments.some((deployment) => deployment.group === group) ? group : undefined;
}
