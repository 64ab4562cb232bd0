import { z } from 'zod';

/**
 * The part of LiteLLM proxy's configuration format that this gateway acts on, by LiteLLM's own names. Objects are strict so that the reader
 * can tell unknown keys apart and warn about them.
 */
const seconds = z.number().positive().max(86_400);
const count = z.int().min(0).max(1_000_000_000);
const atLeastOne = z.int().min(1).max(1_000_000_000);
const price = z.number().min(0).max(1);
const name = z.string().min(1).max(200);

const litellmParams = z.strictObject({
  model: name,
  api_base: z.string().optional(),
  api_key: z.string().optional(),
  rpm: atLeastOne.optional(),
  tpm: atLeastOne.optional(),
  max_parallel_requests: atLeastOne.optional(),
  weight: z.number().positive().optional(),
  order: z.int().min(1).optional(),
  timeout: seconds.optional(),
  stream_timeout: seconds.optional(),
  max_retries: z.int().min(0).max(10).optional(),
  cooldown_time: z.number().min(0).max(3_600).optional(),
  input_cost_per_token: price.optional(),
  output_cost_per_token: price.optional(),
  cache_read_input_token_cost: price.optional(),
  max_tokens: atLeastOne.optional(),
  temperature: z.number().min(0).max(2).optional(),
  seed: z.int().optional(),
});

const modelInfo = z.looseObject({
  id: z.string().optional(),
  input_cost_per_token: price.optional(),
  output_cost_per_token: price.optional(),
  cache_read_input_token_cost: price.optional(),
});

export const routingStrategies = [
  'simple-shuffle',
  'least-busy',
  'usage-based-routing',
  'usage-based-routing-v2',
  'latency-based-routing',
] as const;

/** `- gpt-4o: [claude, local]`: one mapping an item, as LiteLLM has it. */
const fallbackList = z.array(z.record(name, z.array(name)));

const fallbackSettings = {
  num_retries: z.int().min(0).max(10).optional(),
  fallbacks: fallbackList.optional(),
  context_window_fallbacks: fallbackList.optional(),
  content_policy_fallbacks: fallbackList.optional(),
  default_fallbacks: z.array(name).optional(),
};

const routerSettings = z.strictObject({
  ...fallbackSettings,
  routing_strategy: z.enum(routingStrategies).optional(),
  allowed_fails: count.optional(),
  cooldown_time: z.number().min(0).max(3_600).optional(),
  disable_cooldowns: z.boolean().optional(),
  model_group_alias: z.record(name, name).optional(),
  timeout: seconds.optional(),
  stream_timeout: seconds.optional(),
  retry_after: z.number().min(0).max(60).optional(),
  max_fallbacks: z.int().min(0).max(20).optional(),
});

const cacheParams = z.strictObject({
  type: z.enum(['local', 'semantic']).optional(),
  ttl: z.number().positive().max(604_800).optional(),
  namespace: z.string().max(200).optional(),
  mode: z.enum(['default_on', 'default_off']).optional(),
  max_entries: z.int().min(1).max(100_000).optional(),
  similarity_threshold: z.number().min(0).max(1).optional(),
  supported_call_types: z
    .array(z.enum(['acompletion', 'atext_completion', 'aembedding', 'completion', 'text_completion', 'embedding']))
    .optional(),
});

const litellmSettings = z.strictObject({
  ...fallbackSettings,
  cache: z.boolean().optional(),
  cache_params: cacheParams.optional(),
  callbacks: z.union([z.array(z.string()), z.string()]).optional(),
  success_callback: z.array(z.string()).optional(),
  failure_callback: z.array(z.string()).optional(),
  drop_params: z.boolean().optional(),
  request_timeout: seconds.optional(),
  turn_off_message_logging: z.boolean().optional(),
  redact_user_api_key_info: z.boolean().optional(),
});

const generalSettings = z.strictObject({
  master_key: z.string().optional(),
  database_url: z.string().optional(),
  store_prompts_in_spend_logs: z.boolean().optional(),
  max_parallel_requests: atLeastOne.optional(),
  global_max_parallel_requests: atLeastOne.optional(),
});

export const guardrailKinds = ['litellm_content_filter', 'presidio', 'hide-secrets', 'llama_guard'] as const;
export const guardrailModes = ['pre_call', 'during_call', 'post_call'] as const;
const action = z.enum(['BLOCK', 'MASK']);

const guardrailParams = z.strictObject({
  guardrail: z.enum(guardrailKinds),
  mode: z.union([z.enum(guardrailModes), z.array(z.enum(guardrailModes)).min(1)]),
  default_on: z.boolean().optional(),
  patterns: z
    .array(
      z.strictObject({
        pattern_type: z.enum(['prebuilt', 'regex']),
        pattern_name: z.string().optional(),
        pattern: z.string().max(2_000).optional(),
        name: z.string().max(100).optional(),
        action,
        category: z.string().max(100).optional(),
      }),
    )
    .max(200)
    .optional(),
  blocked_words: z
    .array(
      z.strictObject({
        keyword: z.string().min(1).max(200),
        action,
        description: z.string().optional(),
        category: z.string().max(100).optional(),
      }),
    )
    .max(1_000)
    .optional(),
  pii_entities_config: z.record(z.string(), action).optional(),
  output_parse_pii: z.boolean().optional(),
  categories: z.array(z.string()).optional(),
  api_base: z.string().optional(),
  api_key: z.string().optional(),
  model: z.string().optional(),
  timeout: seconds.optional(),
  unreachable_fallback: z.enum(['fail_closed', 'fail_open']).optional(),
});

const guardrail = z.strictObject({ guardrail_name: name, litellm_params: guardrailParams, guardrail_info: z.unknown().optional() });

export const configSchema = z.strictObject({
  model_list: z
    .array(z.strictObject({ model_name: name, litellm_params: litellmParams, model_info: modelInfo.optional() }))
    .min(1)
    .max(500),
  router_settings: routerSettings.optional(),
  litellm_settings: litellmSettings.optional(),
  general_settings: generalSettings.optional(),
  guardrails: z.array(guardrail).max(50).optional(),
  environment_variables: z.record(z.string(), z.string()).optional(),
});

export type ConfigFile = z.infer<typeof configSchema>;
export type DeploymentEntry = ConfigFile['model_list'][number];
export type GuardrailEntry = NonNullable<ConfigFile['guardrails']>[number];

/** What to write instead, by the last key of the place. */
export const remedies: Readonly<Record<string, string>> = {
  model_list: 'List at least one model: `- model_name: NAME` with `litellm_params:` below it.',
  model_name: 'This is the name clients ask for, e.g. `model_name: chat`.',
  litellm_params: 'It needs at least `model: PROVIDER/NAME`, and mostly `api_base` and `api_key`.',
  model: 'Write provider and model, e.g. `openai/gpt-4o-mini`, `anthropic/claude-haiku` or `hosted_vllm/drillhouse/sparrow-1b`.',
  rpm: 'Write a whole number of requests a minute without quotes, e.g. `rpm: 60`.',
  tpm: 'Write a whole number of tokens a minute without quotes, e.g. `tpm: 100000`.',
  weight: 'Write a number above 0, e.g. `weight: 2`.',
  timeout: 'Write seconds as a number, e.g. `timeout: 30`.',
  stream_timeout: 'Write seconds as a number, e.g. `stream_timeout: 10`.',
  request_timeout: 'Write seconds as a number, e.g. `request_timeout: 60`.',
  num_retries: 'Write a whole number from 0 to 10.',
  max_retries: 'Write a whole number from 0 to 10.',
  fallbacks: 'Write a list of mappings, e.g. `fallbacks: [{"chat": ["chat-backup"]}]`.',
  context_window_fallbacks: 'Write a list of mappings, e.g. `[{"chat": ["chat-large"]}]`.',
  content_policy_fallbacks: 'Write a list of mappings, e.g. `[{"chat": ["chat-other"]}]`.',
  default_fallbacks: 'Write a list of model names, e.g. `default_fallbacks: ["chat-backup"]`.',
  routing_strategy: `Choose one of ${routingStrategies.join(', ')}.`,
  guardrail: `Choose one of ${guardrailKinds.join(', ')}.`,
  mode: `Choose one of ${guardrailModes.join(', ')}, or a list of them.`,
  action: 'Choose BLOCK or MASK.',
  cache: 'Write true or false here and the details below `cache_params`.',
  input_cost_per_token: 'Write US dollars for one token as a number, e.g. `0.00000015`.',
  output_cost_per_token: 'Write US dollars for one token as a number, e.g. `0.0000006`.',
};
