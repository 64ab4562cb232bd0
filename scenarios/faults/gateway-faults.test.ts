import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ConfigMap, Container, Deployment } from '../../infra/cluster/meta/generated/types.ts';
import { readConfig } from '../../infra/images/gateway/config/read-config.ts';
import {
  answered,
  deploymentOf,
  endpoint,
  FakeProber,
  goodContainer,
  goodKey,
  secretOf,
  testContext,
  unanswered,
} from '../../grader/testing/sandbox-fixtures.ts';
import { findFault, gatewayFaultIds } from './fault-catalogue.ts';
import type { FaultTarget } from './fault.ts';

const config = `# Ours.
model_list:
  - model_name: chat # for all
    litellm_params: { model: openai/alpha-4-nano, api_base: "http://alpha/v1", api_key: os.environ/ALPHA_KEY }
  - model_name: backup
    litellm_params: { model: anthropic/beta-wren-4, api_base: "http://beta", api_key: os.environ/BETA_KEY }
router_settings:
  model_group_alias: { support-assistant: chat }
litellm_settings:
  fallbacks: [{ chat: [backup] }]
guardrails:
  - guardrail_name: hazards
    litellm_params: { guardrail: llama_guard, mode: pre_call, default_on: true }
  - guardrail_name: personal
    litellm_params: { guardrail: presidio, mode: pre_call, default_on: true }
  - guardrail_name: injections
    litellm_params:
      guardrail: litellm_content_filter
      mode: pre_call
      default_on: true
      patterns: [{ pattern_type: prebuilt, pattern_name: prompt_injection, action: BLOCK }]
`;
const parameters: Readonly<Record<string, object>> = {
  'fallback-broken': { way: 'unknown-group' },
  'gateway-rate-limit': { requestsPerMinute: 2 },
  'guardrail-down': { fail: 'closed' },
  'cost-runaway': { model: 'openai/alpha-4', inputCost: 0.000002, outputCost: 0.000008 },
};

interface World extends FaultTarget {
  readonly objects: ReturnType<typeof testContext>['objects'];
}

function world(text = config, mount: object = {}, prober = new FakeProber(() => unanswered('connect'))): World {
  const context = testContext({ prober });
  const texts = new Map<string, string>();
  const container: Container = {
    ...goodContainer,
    env: [...(goodContainer.env ?? []), { name: 'ALPHA_KEY', valueFrom: { secretKeyRef: { name: 'providers', key: 'alpha' } } }],
    volumeMounts: [{ name: 'config', mountPath: '/etc/gateway', ...mount }],
  };
  const deployment = deploymentOf(container);
  const { template } = deployment.spec!;
  const volumes = [{ name: 'config', configMap: { name: 'gateway' } }];
  context.objects.put({
    ...deployment,
    spec: { ...deployment.spec!, template: { ...template, spec: { ...template.spec!, volumes } } },
  } as Deployment);
  const map: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'gateway', namespace: endpoint.namespace },
    data: { 'config.yaml': text, other: 'x' },
  };
  context.objects.put(map);
  const vault = {
    store: async (name: string, kept: string) => void texts.set(name, kept),
    fetch: async (name: string) => texts.get(name),
    remove: async (name: string) => void texts.delete(name),
  };
  return { ...context, vault };
}

const textIn = async ({ objects }: World): Promise<string> =>
  (await objects.find<ConfigMap>({ kind: 'ConfigMap', namespace: endpoint.namespace, name: 'gateway' }))!.data!['config.yaml']!;
/** Lines that are another in the second text. */
function changedLines(before: string, after: string): readonly string[] {
  return after.split('\n').filter((line) => !before.split('\n').includes(line));
}

describe.each(gatewayFaultIds)('%s', (id) => {
  const fault = findFault(id)!;

  it('is taken back to the last character, and injected twice is injected once', async () => {
    const at = world();
    const data = await fault.inject(at, parameters[id] ?? {});
    const broken = await textIn(at);
    expect(broken).not.toBe(config);
    await fault.inject(at, parameters[id] ?? {});
    expect(await textIn(at)).toBe(broken);
    await fault.recover(at, JSON.parse(JSON.stringify(data)));
    expect(await textIn(at)).toBe(config);
    expect(await at.vault.fetch(`fault-${id}`)).toBeUndefined();
  });

  it('leaves a configuration that the gateway takes', async () => {
    const at = world();
    await fault.inject(at, parameters[id] ?? {});
    expect(readConfig(await textIn(at), { ALPHA_KEY: 'a', BETA_KEY: 'b' })).toMatchObject({ kind: 'valid' });
    expect(await textIn(at)).toContain('# for all');
  });

  it('is not proven by silence', async () => {
    const at = world();
    const data = await fault.inject(at, parameters[id] ?? {});
    expect(await fault.prove(at, data)).toMatchObject({ live: false });
  });

  it('refuses parameters that it does not know, and what is no gateway', async () => {
    expect(fault.parameters.safeParse({ ...parameters[id], more: 1 }).success).toBe(false);
    await expect(fault.inject(world('hello: world'), parameters[id] ?? {})).rejects.toThrow('nothing to break');
    await expect(fault.inject(world('model_list: [{'), parameters[id] ?? {})).rejects.toThrow('nothing to break');
  });
});

describe('what changes in the file', () => {
  it.each<[string, object, readonly RegExp[]]>([
    ['fallback-broken', { way: 'unknown-group' }, [/fallbacks: \[\{ chat: \[backup-v2\] \}\]/]],
    ['fallback-broken', { way: 'wrong-key' }, [/beta-wren-4.*api_key: sk-retired/]],
    ['gateway-rate-limit', { requestsPerMinute: 2 }, [/\{ rpm: 2, model: openai/, /\{ rpm: 2, model: anthropic/]],
    [
      'guardrail-down',
      { fail: 'open' },
      [/unreachable_fallback: fail_open.*api_base: http:\/\/llama-guard\.atlas\.svc:8000\/v1, guardrail/],
    ],
    ['prompt-injection', {}, [/mode: post_call/]],
    ['personal-data-in-logs', {}, [/turn_off_message_logging: false/, /presidio.*default_on: false/]],
    [
      'cost-runaway',
      { model: 'openai/alpha-4', inputCost: 0.000002, outputCost: 0.000008 },
      [/cost_per_token: 0\.000008.*openai\/alpha-4,/, /cache_params: \{ supported_call_types: \[\] \}/],
    ],
    ['cache-poisoned', {}, [/cache_params: \{.*\}/, /cache: true/]],
  ])('%s %j', async (id, own, lines) => {
    const at = world();
    await findFault(id)!.inject(at, own);
    const changed = changedLines(config, await textIn(at));
    expect(changed).toHaveLength(lines.length);
    for (const line of lines) expect(changed.join('\n')).toMatch(line);
  });

  it.each<[string, object, string, RegExp]>([
    ['fallback-broken', { way: 'wrong-key' }, config.replace('chat: [backup]', 'other: [backup]'), /chat has no fallback/],
    ['guardrail-down', { fail: 'open' }, config.replace('llama_guard', 'hide-secrets'), /no guardrail of the kind llama_guard/],
    ['prompt-injection', {}, config.replace('prompt_injection', 'email'), /no content filter with the pattern/],
    ['cost-runaway', { model: 'hosted_vllm/x', inputCost: 1, outputCost: 1 }, config, /not served by hosted_vllm/],
  ])('%s needs something to break', async (id, own, text, expected) => {
    await expect(findFault(id)!.inject(world(text), own)).rejects.toThrow(expected);
  });
});

it('a fallback that the trainee took away is no broken one', async () => {
  const at = world(config.replace('fallbacks: [{ chat: [backup] }]', 'cache: false'), {}, new FakeProber(() => answered(401)));
  for (const way of ['unknown-group', 'wrong-key'])
    expect(await findFault('fallback-broken')!.prove(at, { way })).toMatchObject({ live: false });
});

it.each([
  [{}, true],
  [{ subPath: 'config.yaml' }, false],
])('pods that have the file by %j stay: %s', async (mount, stay) => {
  const at = world(config, mount);
  const fault = findFault('prompt-injection')!;
  const data = await fault.inject(at, {});
  expect((await at.objects.list('Pod')).length > 0).toBe(stay);
  await fault.recover(at, data);
});

describe('proof by what clients get', () => {
  const refusal = (message: string, type = 'None'): object => ({ error: { message, type } });
  const answer = { choices: [{ message: { content: 'x' } }], usage: { prompt_tokens: 10, completion_tokens: 10 } };
  const readiness = (more: object): object => ({ log_prompts: false, guardrails: [], config: { warnings: [] }, ...more });
  it.each<[string, object, number, object | string, object, boolean]>([
    ['fallback-broken', { way: 'wrong-key' }, 401, refusal('litellm.AuthenticationError: x'), {}, true],
    ['fallback-broken', { way: 'wrong-key' }, 429, refusal('litellm.RateLimitError: x'), {}, false],
    ['gateway-rate-limit', { requestsPerMinute: 1 }, 429, refusal('no'), { rate_limit_type: 'model' }, true],
    ['gateway-rate-limit', { requestsPerMinute: 1 }, 429, refusal('litellm.RateLimitError'), {}, false],
    ['guardrail-down', { fail: 'open' }, 200, answer, {}, true],
    ['guardrail-down', { fail: 'open' }, 503, refusal('x', 'guardrail_unavailable'), {}, false],
    ['guardrail-down', { fail: 'closed' }, 503, refusal('x', 'guardrail_unavailable'), {}, true],
    ['guardrail-down', { fail: 'closed' }, 503, refusal('x'), {}, false],
    ['prompt-injection', {}, 200, answer, {}, true],
    ['prompt-injection', {}, 400, refusal('x', 'guardrail_blocked'), {}, false],
    ['personal-data-in-logs', {}, 200, readiness({ log_prompts: true }), {}, true],
    ['personal-data-in-logs', {}, 200, readiness({}), {}, false],
    ['cost-runaway', parameters['cost-runaway']!, 200, answer, { 'x-litellm-response-cost': '0.0001' }, true],
    ['cost-runaway', parameters['cost-runaway']!, 200, answer, { 'x-litellm-response-cost': '0.000005' }, false],
    [
      'cost-runaway',
      parameters['cost-runaway']!,
      200,
      answer,
      { 'x-litellm-response-cost': '0.0001', 'x-litellm-cache-hit': 'True' },
      false,
    ],
    ['cache-poisoned', {}, 200, answer, { 'x-litellm-cache-hit': 'True' }, true],
    ['cache-poisoned', {}, 200, answer, {}, false],
  ])('%s %j: %i %j %j', async (id, own, status, body, headers, live) => {
    const at = world(config, {}, new FakeProber(() => answered(status, body, { headers })));
    const data = await findFault(id)!.inject(at, own);
    expect(await findFault(id)!.prove(at, data)).toMatchObject({ live });
  });
});

describe('recovery beside other changes', () => {
  const pairs = gatewayFaultIds.flatMap((first) =>
    gatewayFaultIds.filter((other) => other !== first).map((second) => [first, second] as const),
  );
  it.each(pairs)('of %s while %s goes on, and of that then', async (first, second) => {
    const at = world();
    const data = await findFault(first)!.inject(at, parameters[first] ?? {});
    const other = await findFault(second)!.inject(at, parameters[second] ?? {});
    await findFault(first)!.recover(at, data);
    const alone = world();
    await findFault(second)!.inject(alone, parameters[second] ?? {});
    expect(meaning(await textIn(at))).toEqual(meaning(await textIn(alone)));
    await findFault(second)!.recover(at, other);
    expect(meaning(await textIn(at))).toEqual(meaning(config));
  });

  it.each<[string, (text: string) => string, (text: string) => string]>([
    [
      'what else the trainee changed stays',
      (text) => text.replace('# for all', '# for everyone'),
      (text) => text.replace('# for all', '# for everyone'),
    ],
    ['what the trainee mended is mended', (text) => text.replace('post_call', 'pre_call'), (text) => text],
    ['what the trainee made of it cannot be told apart', (text) => text.replace('post_call', 'during_call'), (text) => text],
    ['what the trainee tore down is put up again', () => '', (text) => text],
  ])('%s', async (_, change, expected) => {
    const at = world();
    const data = await findFault('prompt-injection')!.inject(at, {});
    const map = (await at.objects.find<ConfigMap>({ kind: 'ConfigMap', namespace: endpoint.namespace, name: 'gateway' }))!;
    at.objects.put({ ...map, data: { ...map.data, 'config.yaml': change(map.data!['config.yaml']!) } } as ConfigMap);
    await findFault('prompt-injection')!.recover(at, data);
    expect(await textIn(at)).toBe(expected(config));
  });
});

/** What a configuration says, without what it says nothing in. */
function meaning(text: string): unknown {
  return JSON.parse(JSON.stringify(parse(text)), (_, value: unknown) => (JSON.stringify(value) === '{}' ? undefined : value)) as unknown;
}

describe('the key that proofs come with', () => {
  const masterKey = 'sk-the-operators-own-0001';
  const settings = 'general_settings: { master_key: os.environ/GATEWAY_MASTER_KEY }\n';
  const reference = { name: 'master', key: 'key' };
  it.each<[string, string, Container['env'], Container['envFrom'], string]>([
    ['the operator’s', settings, [{ name: 'GATEWAY_MASTER_KEY', valueFrom: { secretKeyRef: reference } }], [], masterKey],
    ['the operator’s, by LiteLLM’s name', '', [{ name: 'LITELLM_MASTER_KEY', valueFrom: { secretKeyRef: reference } }], [], masterKey],
    ['the operator’s, from a whole Secret', settings, [], [{ secretRef: { name: 'master' } }], 'sk-from-the-whole'],
    ['the clients’ where the operator’s stands in clear text', settings, [{ name: 'GATEWAY_MASTER_KEY', value: 'sk-x' }], [], goodKey],
  ])('is %s', async (_, more, env, envFrom, expected) => {
    const prober = new FakeProber(() => unanswered('connect'));
    const at = world(config + more, {}, prober);
    at.objects.put(secretOf('master', { key: masterKey, GATEWAY_MASTER_KEY: 'sk-from-the-whole' }));
    const deployment = (await at.objects.find<Deployment>({ kind: 'Deployment', namespace: endpoint.namespace, name: 'inference' }))!;
    const { template } = deployment.spec!;
    const [container] = template.spec!.containers;
    const containers = [{ ...container!, env: [...(container!.env ?? []), ...(env ?? [])], envFrom: envFrom ?? [] }];
    at.objects.put({
      ...deployment,
      spec: { ...deployment.spec!, template: { ...template, spec: { ...template.spec!, containers } } },
    } as Deployment);
    await findFault('prompt-injection')!.prove(at, {});
    expect(prober.asked[0]?.headers?.['authorization']).toBe(`Bearer ${expected}`);
  });
});
