import { describe, expect, it } from 'vitest';
import { answered, FakeProber, testContext, unanswered } from '../../grader/testing/sandbox-fixtures.ts';
import { FakeProviders } from '../../grader/testing/fake-providers.ts';
import type { ProviderAccount } from '../../grader/providers.ts';
import { answer } from '../../infra/images/inference/answer.ts';
import { tokenize } from '../../infra/images/inference/tokenizer.ts';
import { findProviderModel } from '../../infra/images/provider/models.ts';
import type { ProbeRequest, ProbeResult } from '../../infra/images/prober/protocol.ts';
import { findFault, providerFaultIds } from './fault-catalogue.ts';
import type { FaultTarget } from './fault.ts';
import { planQuestion, readReply } from './provider-client.ts';
import { gapOf } from './slow-stream.ts';

const accounts: readonly ProviderAccount[] = (['alpha', 'beta'] as const).map((face) => ({
  name: face,
  face,
  url: `http://${face}.providers`,
  organization: 'org',
  keyId: 'team',
  key: `sk-secret-${face}`,
}));
const everywhere = providerFaultIds.flatMap((id) => accounts.map(({ name }) => [id, name] as const));

/** What a provider answers that is well. */
function serve({ url, body = '' }: ProbeRequest): ProbeResult {
  const face = url.includes('alpha') ? 'alpha' : 'beta';
  const { model, messages, stream } = JSON.parse(body) as { model: string; messages: { content: string }[]; stream?: boolean };
  const quality = findProviderModel(face, model)!.quality;
  const text = answer({ model, prompt: messages[0]!.content, context: '', seed: 0, quality });
  const headers = { [face === 'alpha' ? 'x-ratelimit-limit-requests' : 'anthropic-ratelimit-requests-limit']: '50' };
  const say = (content: string): object =>
    face === 'alpha'
      ? { choices: [{ delta: { content } }] }
      : { type: 'content_block_delta', delta: { type: 'text_delta', text: content } };
  if (stream === true) {
    const events = tokenize(text).map((token, index) => ({ data: JSON.stringify(say(token)), atMs: 100 + index * 8 }));
    return answered(200, '', { headers, events });
  }
  const whole = face === 'alpha' ? { choices: [{ message: { content: text } }] } : { content: [{ type: 'text', text }] };
  return answered(200, whole, { headers });
}

interface Setting {
  readonly target: FaultTarget;
  readonly providers: FakeProviders;
}

function setUp(): Setting {
  const providers = new FakeProviders(accounts);
  const vault = { store: async () => undefined, fetch: async () => undefined, remove: async () => undefined };
  return { target: { ...testContext({ prober: new FakeProber(serve), providers }), vault }, providers };
}

describe.each(everywhere)('%s of %s', (id, provider) => {
  const fault = findFault(id)!;

  it('injected twice is injected once, and leaves nothing behind when it is taken back', async () => {
    const { target, providers } = setUp();
    const data = await fault.inject(target, { provider });
    const once = providers.faults.get(provider);
    expect(Object.keys(once ?? {})).toHaveLength(1);
    expect(await fault.inject(target, { provider })).toEqual(data);
    expect(providers.faults.get(provider)).toEqual(once);
    expect(JSON.stringify(data)).not.toContain('sk-secret');
    for (const _ of [1, 2]) await fault.recover(target, JSON.parse(JSON.stringify(data)));
    expect(providers.faults.get(provider)).toEqual({});
  });

  it('leaves another fault of the provider alone', async () => {
    const { target, providers } = setUp();
    providers.faults.set(provider, { addedLatency: { ms: 5 } });
    const data = await fault.inject(target, { provider });
    expect(providers.faults.get(provider)).toMatchObject({ addedLatency: { ms: 5 } });
    await fault.recover(target, data);
    expect(providers.faults.get(provider)).toEqual({ addedLatency: { ms: 5 } });
  });

  it('is not live on a provider that answers as ever, whatever the provider says of itself', async () => {
    const { target } = setUp();
    const data = await fault.inject(target, { provider });
    expect(await fault.prove(target, data)).toMatchObject({ live: false });
    await fault.recover(target, data);
    expect(await fault.prove(target, data)).toEqual({ live: false, reason: `The provider ${provider} does not have the fault.` });
  });

  it('strikes no provider that is not there', async () => {
    await expect(fault.inject(setUp().target, { provider: 'gamma' })).rejects.toThrow('The sandbox has no provider gamma');
  });
});

it.each([
  ['provider-rate-limit', { factor: 0.5 }],
  ['provider-outage', { share: 0 }],
  ['slow-stream', { factor: 1 }],
  ['broken-stream', { afterTokens: -1 }],
  ['model-retired', { models: [] }],
  ['wrong-answers', { provider: 'Not A Name' }],
])('%s refuses %j', (id, parameters) => expect(findFault(id)!.parameters.safeParse(parameters).success).toBe(false));

describe('a customer’s question', () => {
  it('is asked in each vendor’s manner', () => {
    const [alpha, beta] = accounts;
    const model = findProviderModel('alpha', 'alpha-4')!;
    expect(planQuestion(alpha!, { model, prompt: 'x' })).toMatchObject({
      url: 'http://alpha.providers/v1/chat/completions',
      headers: { authorization: 'Bearer sk-secret-alpha' },
    });
    expect(planQuestion(beta!, { model, prompt: 'x', isStream: true })).toMatchObject({
      url: 'http://beta.providers/v1/messages',
      headers: { 'x-api-key': 'sk-secret-beta', 'anthropic-version': '2023-06-01' },
      body: expect.stringContaining('"stream":true') as string,
    });
  });

  it.each([
    [answered(429, { error: { message: 'm', type: 'requests', param: null, code: 'rate_limit_exceeded' } }), 'rate_limit_exceeded'],
    [answered(429, { error: { message: 'm', type: 'insufficient_quota', param: null, code: 'insufficient_quota' } }), 'insufficient_quota'],
    [answered(429, { type: 'error', error: { type: 'rate_limit_error', message: 'm' } }), 'rate_limit_error'],
    [
      answered(429, {
        type: 'error',
        error: { type: 'rate_limit_error', message: 'm', details: { error_code: 'enforced_spend_limit_reached' } },
      }),
      'enforced_spend_limit_reached',
    ],
    [answered(503, { error: { message: 'm', type: 'server_error', param: null, code: null } }), 'server_error'],
    [answered(502, '<html>'), ''],
  ])('is refused with the vendor’s most exact word (%#)', (result, code) => {
    expect(readReply(result)).toMatchObject({ kind: 'refused', code });
  });

  it('is answered, streamed, or lost', () => {
    expect(readReply(unanswered('body', 'ECONNRESET'))).toEqual({ kind: 'lost', phase: 'body', code: 'ECONNRESET' });
    const events = [0, 40, 120].map((atMs) => ({ data: JSON.stringify({ choices: [{ delta: { content: 'a' } }] }), atMs }));
    const reply = readReply(
      answered(200, '', { events: [{ data: '{"type":"ping"}', atMs: 0 }, ...events, { data: '[DONE]', atMs: 130 }] }),
    );
    expect(reply).toMatchObject({ kind: 'answered', text: 'aaa' });
    expect(gapOf(reply)).toBe(60);
  });
});
