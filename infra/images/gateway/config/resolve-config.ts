import type { ConfigFile } from './config-schema.ts';
import { Findings, type Environment } from './findings.ts';
import { resolveDeployments } from './resolve-deployments.ts';
import { resolveGuardrails } from './resolve-guardrails.ts';
import type { CacheSettings, Fallbacks, GatewayConfig, Operation, RouterSettings } from './gateway-config.ts';
import type { ConfigNote, LocatedYaml } from './located-yaml.ts';

const KNOWN_CALLBACKS = ['prometheus'];
const DEFAULT_TIMEOUT_S = 600;

/** Gives a file of the right shape its meaning. The config is only of use when there are no errors. */
export function resolveConfig(
  file: ConfigFile,
  yaml: LocatedYaml,
  env: Environment,
): { readonly config: GatewayConfig; readonly errors: readonly ConfigNote[]; readonly warnings: readonly ConfigNote[] } {
  const found = new Findings(yaml, env);
  const { litellm_settings: litellm = {}, general_settings: general = {}, router_settings: router = {} } = file;
  const timeoutS = router.timeout ?? litellm.request_timeout ?? DEFAULT_TIMEOUT_S;
  const deployments = resolveDeployments(file.model_list, found, { timeoutS, streamTimeoutS: router.stream_timeout ?? timeoutS });
  const groups = new Set(deployments.map((deployment) => deployment.group));
  const config: GatewayConfig = {
    deployments,
    router: resolveRouter(file, groups, found),
    cache: resolveCache(litellm),
    guardrails: resolveGuardrails(file.guardrails ?? [], found),
    masterKey: resolveMasterKey(general.master_key, found),
    stateFile: resolveStateFile(general.database_url, found),
    dropParams: litellm.drop_params ?? false,
    logPrompts: litellm.turn_off_message_logging === false,
    storePrompts: general.store_prompts_in_spend_logs ?? false,
    redactKeyInfo: litellm.redact_user_api_key_info ?? false,
    maxParallel: general.global_max_parallel_requests ?? general.max_parallel_requests ?? 500,
    callbacks: resolveCallbacks(litellm, found),
  };
  return { config, errors: found.errors, warnings: found.warnings };
}

function resolveMasterKey(text: string | undefined, found: Findings): string | undefined {
  const place = ['general_settings', 'master_key'];
  const key = text === undefined ? found.variable('LITELLM_MASTER_KEY') : found.secret(place, text);
  if (key === undefined && text === undefined)
    found.warn(place, 'no master key is set: everybody may call everything. Set `general_settings.master_key`.');
  if (key !== undefined && !key.startsWith('sk-'))
    found.error(place, 'the master key must begin with `sk-`. Choose another, e.g. from `openssl rand -hex 16`, and put `sk-` before it.');
  return key;
}

/** LiteLLM keeps keys in PostgreSQL; here a file on a volume does, named by the same setting. */
function resolveStateFile(text: string | undefined, found: Findings): string | undefined {
  const place = ['general_settings', 'database_url'];
  const url = text === undefined ? found.variable('DATABASE_URL') : found.secret(place, text);
  if (url === undefined) return undefined;
  const file = /^file:(?:\/\/)?(\/.+)$/.exec(url)?.[1];
  if (file === undefined)
    found.error(
      place,
      'only files are supported here. Write e.g. `database_url: file:/var/lib/gateway/state.json` and mount a volume there.',
    );
  return file;
}

function resolveCallbacks(litellm: NonNullable<ConfigFile['litellm_settings']>, found: Findings): readonly string[] {
  const callbacks = [...[litellm.callbacks ?? []].flat(), ...(litellm.success_callback ?? []), ...(litellm.failure_callback ?? [])];
  for (const callback of callbacks)
    if (!KNOWN_CALLBACKS.includes(callback))
      found.warn(
        ['litellm_settings', 'callbacks'],
        `the callback \`${callback}\` does nothing here. Known are ${KNOWN_CALLBACKS.join(', ')}.`,
      );
  return [...new Set(callbacks)];
}

function resolveRouter(file: ConfigFile, groups: ReadonlySet<string>, found: Findings): RouterSettings {
  const { router_settings: router = {}, litellm_settings: litellm = {} } = file;
  const aliases = new Map(Object.entries(router.model_group_alias ?? {}));
  for (const [alias, group] of aliases)
    if (!groups.has(group)) found.error(['router_settings', 'model_group_alias', alias], unknownGroup(group, groups));
  const named = new Set([...groups, ...aliases.keys()]);
  return {
    strategy: router.routing_strategy ?? 'simple-shuffle',
    numRetries: router.num_retries ?? litellm.num_retries ?? 2,
    allowedFails: router.allowed_fails,
    cooldownMs: (router.cooldown_time ?? 5) * 1000,
    cooldowns: router.disable_cooldowns !== true,
    retryAfterMs: (router.retry_after ?? 0) * 1000,
    maxFallbacks: router.max_fallbacks ?? 5,
    aliases,
    fallbacks: resolveFallbacks(file, named, found),
  };
}

function resolveFallbacks(file: ConfigFile, groups: ReadonlySet<string>, found: Findings): Fallbacks {
  const { router_settings: router = {}, litellm_settings: litellm = {} } = file;
  const read = (key: 'fallbacks' | 'context_window_fallbacks' | 'content_policy_fallbacks'): ReadonlyMap<string, readonly string[]> => {
    const section = router[key] === undefined ? 'litellm_settings' : 'router_settings';
    const list = router[key] ?? litellm[key] ?? [];
    list.forEach((item, index) => {
      for (const [group, targets] of Object.entries(item))
        for (const wanted of [group, ...targets])
          if (!groups.has(wanted)) found.warn([section, key, index, group], deadEnd(wanted, groups));
    });
    return new Map(list.flatMap((item) => Object.entries(item)));
  };
  const section = router.default_fallbacks === undefined ? 'litellm_settings' : 'router_settings';
  const byDefault = router.default_fallbacks ?? litellm.default_fallbacks ?? [];
  byDefault.forEach((group, index) => {
    if (!groups.has(group)) found.warn([section, 'default_fallbacks', index], deadEnd(group, groups));
  });
  return {
    general: read('fallbacks'),
    contextWindow: read('context_window_fallbacks'),
    contentPolicy: read('content_policy_fallbacks'),
    byDefault,
  };
}

/** LiteLLM takes such a fallback as it is, and it fails on the day that it is needed. */
function deadEnd(group: string, groups: ReadonlySet<string>): string {
  return `this fallback leads nowhere: ${unknownGroup(group, groups)}`;
}

function unknownGroup(group: string, groups: ReadonlySet<string>): string {
  return `\`${group}\` is no model_name of the model_list. Known are ${[...groups].join(', ')}.`;
}

function resolveCache({ cache, cache_params: params = {} }: NonNullable<ConfigFile['litellm_settings']>): CacheSettings | undefined {
  if (cache !== true) return undefined;
  const types = params.supported_call_types ?? ['acompletion', 'atext_completion', 'aembedding'];
  const operationOf = (type: string): Operation =>
    type.includes('embedding') ? 'embedding' : type.includes('text_completion') ? 'completion' : 'chat';
  return {
    mode: params.type === 'semantic' ? 'semantic' : 'exact',
    ttlMs: (params.ttl ?? 600) * 1000,
    namespace: params.namespace ?? '',
    defaultOn: params.mode !== 'default_off',
    maxEntries: params.max_entries ?? 1_000,
    similarityThreshold: params.similarity_threshold ?? 0.9,
    operations: new Set(types.map(operationOf)),
  };
}
