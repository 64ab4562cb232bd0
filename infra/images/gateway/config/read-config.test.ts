import { describe, expect, it } from 'vitest';
import { configFrom } from '../testing/config-text.ts';
import { formatNote, readConfig } from './read-config.ts';

const model = `model_list:
  - model_name: chat
    litellm_params:
      model: openai/gpt-4o-mini
      api_base: http://alpha:8080/v1/
      api_key: os.environ/ALPHA_KEY
`;
const env = { ALPHA_KEY: 'sk-alpha\n' };
const notes = (text: string, variables: Readonly<Record<string, string>> = env): { errors: string[]; warnings: string[] } => {
  const reading = readConfig(text, variables);
  const format = (list: readonly Parameters<typeof formatNote>[1][]): string[] => list.map((note) => formatNote('c.yaml', note));
  return { errors: reading.kind === 'invalid' ? format(reading.errors) : [], warnings: format(reading.warnings) };
};

describe('a good configuration', () => {
  it('needs little and has LiteLLM’s defaults', () => {
    const config = configFrom(model, env);
    expect(config.deployments).toMatchObject([
      {
        group: 'chat',
        provider: 'openai',
        model: 'gpt-4o-mini',
        apiBase: 'http://alpha:8080/v1',
        apiKey: 'sk-alpha',
        weight: 1,
        timeoutMs: 600_000,
      },
    ]);
    expect(config.router).toMatchObject({ strategy: 'simple-shuffle', numRetries: 2, cooldownMs: 5_000, cooldowns: true });
    expect(config).toMatchObject({ cache: undefined, guardrails: [], logPrompts: false, storePrompts: false, masterKey: undefined });
  });

  it('keeps a deployment’s id when only its key changes, so that it keeps what is known of it', () => {
    const idOf = (text: string, key: string): string | undefined => configFrom(text, { ALPHA_KEY: key }).deployments[0]?.id;
    expect(idOf(model, 'a')).toBe(idOf(model, 'b'));
    expect(idOf(model, 'a')).not.toBe(idOf(model.replace('4o-mini', '4o'), 'a'));
  });

  it.each([
    ['anthropic/claude-haiku', 'anthropic', 'claude-haiku', 'https://api.anthropic.com'],
    ['gpt-4o', 'openai', 'gpt-4o', 'https://api.openai.com/v1'],
    ['claude-haiku', 'anthropic', 'claude-haiku', 'https://api.anthropic.com'],
    ['litellm_proxy/chat', 'openai', 'chat', 'http://base/v1'],
    ['hosted_vllm/drillhouse/sparrow-1b', 'hosted_vllm', 'drillhouse/sparrow-1b', 'http://base/v1'],
  ])('knows the provider of %s', (name, provider, known, apiBase) => {
    const base = apiBase === 'http://base/v1' ? '      api_base: http://base/v1\n' : '';
    const config = configFrom(`model_list:\n  - model_name: m\n    litellm_params:\n      model: ${name}\n${base}`);
    expect(config.deployments[0]).toMatchObject({ provider, model: known, apiBase, fullModel: name });
  });

  it('takes settings from either section, the router’s first', () => {
    const more = `router_settings: { num_retries: 1, timeout: 7, model_group_alias: { gpt-4: chat } }
litellm_settings: { num_retries: 5, request_timeout: 9, cache: true, cache_params: { type: semantic, ttl: 60 } }
`;
    const config = configFrom(model + more, env);
    expect(config.router.numRetries).toBe(1);
    expect(config.deployments[0]?.timeoutMs).toBe(7_000);
    expect(config.cache).toMatchObject({ mode: 'semantic', ttlMs: 60_000 });
    expect(config.router.aliases.get('gpt-4')).toBe('chat');
  });
});

describe('what it finds fault with, by line', () => {
  const errors: readonly (readonly [string, string, RegExp])[] = [
    ['no YAML', 'model_list: [', /^c\.yaml:1: not valid YAML: /],
    ['no mapping', '- a', /^c\.yaml:1: the file is not a mapping/],
    ['no models', 'general_settings: {}', /^c\.yaml:1: model_list: .* List at least one model/],
    ['a quoted number', `${model}      rpm: "60"\n`, /^c\.yaml:7: model_list\[0\]\.litellm_params\.rpm: .*without quotes/],
    ['a strategy that is none', `${model}router_settings:\n  routing_strategy: fastest\n`, /^c\.yaml:8: .*Choose one of simple-shuffle/],
    ['no provider', model.replace('openai/gpt-4o-mini', 'mystery'), /^c\.yaml:4: .*no provider can be told from `mystery`/],
    ['no address', model.replace('http://alpha:8080/v1/', 'alpha:8080'), /^c\.yaml:5: .*`alpha:8080` is no address.*scheme/],
    [
      'a local model without its address',
      'model_list:\n  - model_name: m\n    litellm_params: { model: hosted_vllm/x }',
      /needs an address/,
    ],
    ['a weak master key', `${model}general_settings:\n  master_key: secret\n`, /^c\.yaml:8: .*must begin with `sk-`/],
    ['a real database', `${model}general_settings:\n  database_url: postgresql://db/x\n`, /^c\.yaml:8: .*only files are supported/],
    ['an alias of nothing', `${model}router_settings:\n  model_group_alias: { a: nope }\n`, /^c\.yaml:8: .*`nope` is no model_name/],
    [
      'a pattern that is none',
      `${model}guardrails:\n  - guardrail_name: g\n    litellm_params:\n      guardrail: litellm_content_filter\n      mode: pre_call\n      default_on: true\n      patterns:\n        - { pattern_type: regex, pattern: "(", action: BLOCK }\n`,
      /^c\.yaml:14: guardrails\[0\]\.litellm_params\.patterns\[0\]\.pattern: .*YAML takes backslashes/,
    ],
    [
      'a guardrail of no kind',
      `${model}guardrails:\n  - guardrail_name: g\n    litellm_params: { guardrail: lakera, mode: pre_call }\n`,
      /^c\.yaml:9: .*Choose one of litellm_content_filter/,
    ],
    [
      'an empty filter',
      `${model}guardrails:\n  - guardrail_name: g\n    litellm_params: { guardrail: litellm_content_filter, mode: pre_call, default_on: true }\n`,
      /lets everything pass/,
    ],
  ];
  it.each(errors)('%s', (_, text, expected) => {
    expect(notes(text).errors.join('\n')).toMatch(expected);
  });

  it('a variable that is not set, and never the value of one that is', () => {
    expect(notes(model, {}).errors).toEqual([
      'c.yaml:6: model_list[0].litellm_params.api_key: the environment variable ALPHA_KEY is not set. Set it in the pod, e.g. from a Secret (env.valueFrom.secretKeyRef).',
    ]);
    expect(JSON.stringify(notes(`${model}      rpm: x\n`))).not.toContain('sk-alpha');
  });

  it('everything at once', () => {
    expect(notes(`${model}      rpm: x\n      tpm: y\n      weight: -1\n`).errors).toHaveLength(3);
  });

  const warnings: readonly (readonly [string, string, RegExp])[] = [
    ['an unknown key', `${model}litellm_settings:\n  cahce: true\n`, /^c\.yaml:8: litellm_settings\.cahce: unknown key/],
    ['a key at the wrong depth', model.replace('      api_key', '    api_key'), /^c\.yaml:6: model_list\[0\]\.api_key: unknown key/],
    ['a gateway open to all', model, /no master key is set: everybody may call everything/],
    [
      'a fallback that leads nowhere',
      `${model}router_settings:\n  fallbacks:\n    - chat: [backup]\n`,
      /^c\.yaml:9: router_settings\.fallbacks\[0\]\.chat: this fallback leads nowhere: `backup` is no model_name/,
    ],
    ['a callback that does nothing', `${model}litellm_settings:\n  callbacks: [langfuse]\n`, /`langfuse` does nothing here/],
    [
      'a guardrail that does not run by itself',
      `${model}guardrails:\n  - guardrail_name: g\n    litellm_params: { guardrail: hide-secrets, mode: pre_call }\n`,
      /only runs for requests that name it/,
    ],
  ];
  it.each(warnings)('warns of %s and goes on', (_, text, expected) => {
    expect(notes(text).errors).toEqual([]);
    expect(notes(text).warnings.join('\n')).toMatch(new RegExp(expected.source, 'm'));
  });
});
