import { createHash } from 'node:crypto';
import type { DeploymentEntry } from './config-schema.ts';
import type { Deployment, Provider } from './gateway-config.ts';
import type { ConfigPath } from './located-yaml.ts';
import type { Findings } from './findings.ts';

interface ProviderFacts {
  readonly provider: Provider;
  readonly defaultBase: string | undefined;
  /** The variables that LiteLLM reads when the file says nothing. */
  readonly keyVariable: string;
  readonly baseVariable: string;
}

const openai: ProviderFacts = {
  provider: 'openai',
  defaultBase: 'https://api.openai.com/v1',
  keyVariable: 'OPENAI_API_KEY',
  baseVariable: 'OPENAI_API_BASE',
};
const providers: Readonly<Record<string, ProviderFacts>> = {
  openai,
  custom_openai: { ...openai, defaultBase: undefined },
  litellm_proxy: { ...openai, defaultBase: undefined, keyVariable: 'LITELLM_PROXY_API_KEY', baseVariable: 'LITELLM_PROXY_API_BASE' },
  anthropic: {
    provider: 'anthropic',
    defaultBase: 'https://api.anthropic.com',
    keyVariable: 'ANTHROPIC_API_KEY',
    baseVariable: 'ANTHROPIC_API_BASE',
  },
  hosted_vllm: {
    provider: 'hosted_vllm',
    defaultBase: undefined,
    keyVariable: 'HOSTED_VLLM_API_KEY',
    baseVariable: 'HOSTED_VLLM_API_BASE',
  },
};

interface Timeouts {
  readonly timeoutS: number;
  readonly streamTimeoutS: number;
}

export function resolveDeployments(entries: readonly DeploymentEntry[], found: Findings, timeouts: Timeouts): readonly Deployment[] {
  const ids = new Set<string>();
  return entries.flatMap((entry, index) => {
    const deployment = resolveDeployment(entry, ['model_list', index], found, timeouts);
    if (deployment === undefined) return [];
    if (ids.has(deployment.id) && entry.model_info?.id !== undefined)
      found.error(['model_list', index, 'model_info', 'id'], `the id \`${deployment.id}\` is used twice. Give each deployment its own.`);
    const id = ids.has(deployment.id) ? `${deployment.id}-${index}` : deployment.id;
    ids.add(id);
    return [{ ...deployment, id }];
  });
}

function resolveDeployment(entry: DeploymentEntry, at: ConfigPath, found: Findings, timeouts: Timeouts): Deployment | undefined {
  const params = entry.litellm_params;
  const place = (key: string): ConfigPath => [...at, 'litellm_params', key];
  const facts = providerOf(params.model);
  if (facts === undefined) {
    found.error(
      place('model'),
      `no provider can be told from \`${params.model}\`. Write it in front: ${Object.keys(providers).join('/, ')}/.`,
    );
    return undefined;
  }
  const apiBase = found.secret(place('api_base'), params.api_base) ?? found.variable(facts.facts.baseVariable) ?? facts.facts.defaultBase;
  if (apiBase === undefined) {
    if (params.api_base === undefined)
      found.error(place('model'), `\`${params.model}\` needs an address. Add \`api_base: http://SERVICE:PORT/v1\` beside it.`);
    return undefined;
  }
  if (!isHttpUrl(apiBase)) {
    found.error(place('api_base'), `\`${apiBase}\` is no address. Write one with its scheme, e.g. http://inference.atlas:8000/v1.`);
    return undefined;
  }
  const { model_info: info = {} } = entry;
  const input = params.input_cost_per_token ?? info.input_cost_per_token ?? 0;
  return {
    id: info.id ?? hashOf(entry),
    group: entry.model_name,
    provider: facts.facts.provider,
    model: facts.model,
    fullModel: params.model,
    apiBase: apiBase.replace(/\/+$/, ''),
    apiKey: found.secret(place('api_key'), params.api_key) ?? found.variable(facts.facts.keyVariable),
    rpm: params.rpm,
    tpm: params.tpm,
    maxParallel: params.max_parallel_requests,
    weight: params.weight ?? params.rpm ?? params.tpm ?? 1,
    order: params.order ?? 1,
    timeoutMs: (params.timeout ?? timeouts.timeoutS) * 1000,
    streamTimeoutMs: (params.stream_timeout ?? params.timeout ?? timeouts.streamTimeoutS) * 1000,
    maxRetries: params.max_retries,
    cooldownMs: params.cooldown_time === undefined ? undefined : params.cooldown_time * 1000,
    prices: {
      input,
      output: params.output_cost_per_token ?? info.output_cost_per_token ?? 0,
      cachedInput: params.cache_read_input_token_cost ?? info.cache_read_input_token_cost ?? input,
    },
    defaults: Object.fromEntries(
      (['max_tokens', 'temperature', 'seed'] as const).flatMap((key) => (params[key] === undefined ? [] : [[key, params[key]] as const])),
    ),
    info,
  };
}

/** As LiteLLM: the word before the first slash, or a guess from a well-known name. */
function providerOf(model: string): { readonly facts: ProviderFacts; readonly model: string } | undefined {
  const slash = model.indexOf('/');
  const named = slash < 0 ? undefined : providers[model.slice(0, slash)];
  if (named !== undefined) return { facts: named, model: model.slice(slash + 1) };
  const guessed = /^(?:gpt-|o\d|chatgpt|text-embedding-)/.test(model)
    ? providers['openai']
    : /^claude-/.test(model)
      ? providers['anthropic']
      : undefined;
  return guessed === undefined ? undefined : { facts: guessed, model };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

function hashOf({ model_name, litellm_params: { api_key: _key, ...params } }: DeploymentEntry): string {
  return createHash('sha256')
    .update(JSON.stringify([model_name, params]))
    .digest('hex');
}
