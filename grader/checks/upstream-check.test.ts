import { describe, expect, it } from 'vitest';
import { FakeProviders } from '../testing/fake-providers.ts';
import { answered, checkOf, FakeProber, testContext, type TestContext } from '../testing/sandbox-fixtures.ts';
import { runUpstreamCheck, type UpstreamCheck } from './upstream-check.ts';

const check = checkOf('u', { kind: 'upstream', scheme: 'http', providers: ['alpha', 'beta'], questions: 2 }) as UpstreamCheck;

/** A gateway that hands every `share`-th question on to beta, and repeats the others itself. */
function gateway(share: number): TestContext {
  let asked = 0;
  const books = { alpha: [] as object[], beta: [{ status: 200, outputTokens: 9 }] };
  const prober = new FakeProber(({ body = '' }) => {
    if ((asked += 1) % share === 0) books.beta.push({ status: 200, outputTokens: 5 });
    const { messages } = JSON.parse(body) as { messages: { content: string }[] };
    return answered(200, { choices: [{ message: { content: messages[0]?.content.replace('Repeat exactly: ', '') } }] });
  });
  const providers = new FakeProviders([], (provider, order) => {
    const entries = books[provider as keyof typeof books];
    const after = order.action === 'requests' ? (order.after ?? 0) : 0;
    return { lastSequence: entries.length, requests: entries.slice(after) };
  });
  return testContext({ prober, providers });
}

describe('runUpstreamCheck', () => {
  it('passes when every answer stands in a provider’s books, whichever provider it is', async () => {
    expect(await runUpstreamCheck(check, gateway(1))).toMatchObject({ kind: 'pass' });
  });

  it('fails when a right answer came from nobody', async () => {
    expect(await runUpstreamCheck(check, gateway(2))).toMatchObject({
      kind: 'fail',
      reason: expect.stringMatching(/no provider/) as string,
    });
  });

  it('says what a client meets when there is no answer at all', async () => {
    const at = testContext({ prober: new FakeProber(() => answered(503)), providers: gateway(1).providers });
    expect(await runUpstreamCheck(check, at)).toMatchObject({ kind: 'fail', reason: expect.stringMatching(/503/) as string });
  });

  it('is our failure when the books cannot be read', async () => {
    const providers = new FakeProviders([], () => ({ pages: 3 }));
    await expect(runUpstreamCheck(check, testContext({ providers }))).rejects.toMatchObject({ code: 'ApiFailed' });
  });
});
