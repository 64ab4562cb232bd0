import { describe, expect, it } from 'vitest';
import type { ConfigMap } from '../../infra/cluster/meta/generated/types.ts';
import type { LoadReport } from '../../infra/images/prober/load-protocol.ts';
import {
  answered,
  checkOf,
  emptyReport,
  FakeProber,
  goodContainer,
  goodKey,
  podOf,
  testContext,
  type TestContext,
} from '../testing/sandbox-fixtures.ts';
import { findExcess, runLoadCheck, type LoadCheck } from './load-check.ts';

const latency = (p95Ms: number): LoadReport['endToEnd'] => ({ ...emptyReport.endToEnd, count: 100, p95Ms });
const good: LoadReport = {
  ...emptyReport,
  planned: 100,
  sent: 100,
  answered: 98,
  failures: { 'queue-full': 2 },
  endToEnd: latency(900),
  firstToken: latency(200),
  cost: { usd: 0.04, usdUncached: 0.06, usdPerThousandRequests: 0.4, unpricedTokens: 0 },
  cacheHits: 49,
  quality: 0.9,
  classes: { people: { sent: 10, answered: 10, right: 0, wrong: 0, refused: 0, leaked: 0 } },
};

describe('findExcess', () => {
  const budgets = {
    failedShareAtMost: 0.02,
    p95MsAtMost: 900,
    firstTokenP95MsAtMost: 200,
    usdPerThousandRequestsAtMost: 0.4,
    qualityAtLeast: 0.9,
    cachedShareAtLeast: 0.5,
    leakedAtMost: 0,
  };

  it('is undefined where every budget is just kept', () => {
    expect(findExcess(budgets, good)).toBeUndefined();
  });

  it.each<[string, Partial<LoadReport>, RegExp]>([
    ['failures', { answered: 97, failures: { 'queue-full': 3 } }, /3% of the requests failed \(3 × queue-full\), 2% may/],
    ['waiting', { endToEnd: latency(901) }, /901 ms or more; 900/],
    ['waiting for the first token', { firstToken: latency(300) }, /first token comes after 300/],
    ['streams that never came', { firstToken: emptyReport.firstToken }, /first token/],
    ['money', { cost: { ...good.cost, usdPerThousandRequests: 0.5 } }, /cost \$0\.500; the budget is \$0\.400/],
    [
      'answers that nobody can price',
      { cost: { ...good.cost, unpricedTokens: 7 }, models: { 'gpt-x': 3 } },
      /price list does not know.*gpt-x/,
    ],
    ['wrong answers', { quality: 0.89 }, /89% of the answers are right; 90% must be/],
    ['answers that nobody can judge', { quality: null }, /0% of the answers/],
    ['a cache that does not hit', { cacheHits: 10 }, /10% of the answers come from the cache/],
    ['a leak', { classes: { people: { ...good.classes['people']!, leaked: 1 } } }, /1 answers show/],
    ['nothing at all', { sent: 0, answered: 0 }, /No request was sent/],
  ])('tells of %s', (_, more, words) => {
    expect(findExcess(budgets, { ...good, ...more })).toMatch(words);
  });
});

const check = checkOf('l', {
  kind: 'load',
  scheme: 'http',
  duration: '5s',
  traffic: { arrivals: { kind: 'poisson', perSecond: 10 }, classes: [{ kind: 'generated', name: 'sums', task: 'sum' }] },
  budgets: { p95MsAtMost: 1000 },
}) as LoadCheck;

function configMapOf(name: string, data: Readonly<Record<string, string>>): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'atlas' }, data };
}

function context(report: LoadReport): TestContext {
  const prober = new FakeProber(() => answered(200));
  prober.report = report;
  return testContext({ prober });
}

describe('runLoadCheck', () => {
  it('sends the traffic to the endpoint with its key, another one every time', async () => {
    const at = context(good);
    expect(await runLoadCheck(check, at)).toMatchObject({
      kind: 'pass',
      evidence: [{ summary: '98 of 100 answered, 90% right, p95 900 ms, $0.400 for 1,000 requests, 49 from the cache.' }],
    });
    await runLoadCheck(check, at);
    expect(at.prober.loads[0]).toMatchObject({
      url: 'http://inference.atlas.svc:8000',
      model: 'support-assistant',
      durationMs: 5_000,
      headers: { authorization: `Bearer ${goodKey}` },
    });
    expect(at.prober.loads[0]?.seed).not.toBe(at.prober.loads[1]?.seed);
  });

  it('puts the preamble before the questions, as it is now, and asks for its facts', async () => {
    const facts = [{ attribute: 'notice period', subject: 'the basic plan', value: '14 days' }];
    const preamble = { configMap: 'assistant-prompt', entry: 'system.txt', facts, weight: 1 };
    const at = context(good);
    expect(await runLoadCheck({ ...check, preamble }, at)).toMatchObject({ kind: 'fail', reason: /missing or too long/ });
    const said = 'The notice period of the basic plan is 14 days.';
    at.objects.put(configMapOf('assistant-prompt', { 'system.txt': `${said}\n` }));
    await runLoadCheck({ ...check, preamble }, at);
    expect(at.prober.loads[0]?.classes.map(({ name }) => name)).toEqual(['sums', 'facts']);
    expect(at.prober.loads[0]?.classes[1]).toMatchObject({
      prompts: expect.arrayContaining([expect.objectContaining({ system: said })]) as unknown,
    });
    at.objects.put(configMapOf('assistant-prompt', { 'system.txt': 'word '.repeat(2_000) }));
    expect(await runLoadCheck({ ...check, preamble }, at)).toMatchObject({ kind: 'fail', reason: /missing or too long/ });
  });

  it('asks for another model where it says so, and counts what is hosted by the hour', async () => {
    const priced = { ...check, model: 'sorter', hosting: { image: 'registry.lab/inference', usdPerHour: 3.6 } };
    const budgets = { usdPerThousandRequestsAtMost: 0.5 };
    const report = { ...good, cost: { ...good.cost, usd: 0, usdPerThousandRequests: 0 } };
    const at = context(report);
    // One pod for five seconds is half a cent, and 98 requests were answered.
    expect(await runLoadCheck({ ...priced, budgets }, at)).toMatchObject({
      kind: 'pass',
      evidence: [{ summary: expect.stringContaining('$0.051 for 1,000') as string }],
    });
    expect(at.prober.loads[0]?.model).toBe('sorter');
    for (const number of [2, 3, 4, 5, 6, 7, 8, 9, 10]) at.objects.put(podOf(`inference-1-${number}`, `10.0.0.${number}`));
    expect(await runLoadCheck({ ...priced, budgets }, at)).toMatchObject({ kind: 'fail', reason: /cost \$0\.510/ });
  });

  it('counts only the pods that it is told of, and a GPU by its own price', async () => {
    const hosting = { image: 'registry.lab/inference', labels: { app: 'inference' }, usdPerHour: 3.6, usdPerGpuHour: 7.2 };
    const at = context({ ...good, cost: { ...good.cost, usd: 0, usdPerThousandRequests: 0 } });
    const limits = { 'nvidia.com/gpu': '2' };
    const others = podOf('other', '10.0.0.2');
    at.objects.put({ ...others, metadata: { ...others.metadata, labels: { app: 'other' } } });
    at.objects.put(podOf('inference-1-b', '10.0.0.3', { container: { ...goodContainer, resources: { limits } } }));
    // 3.60 and twice 7.20 dollars an hour are 2.5 cents in five seconds, for 98 answers.
    expect(await runLoadCheck({ ...check, hosting }, at)).toMatchObject({
      evidence: [{ summary: expect.stringContaining('$0.255') as string }],
    });
  });

  it('is inconclusive where only times are over and the machine itself is slow', async () => {
    const slow = { ...good, sendLag: latency(100), endToEnd: latency(1_500) };
    expect(await runLoadCheck(check, context(slow))).toMatchObject({ kind: 'inconclusive' });
    expect(await runLoadCheck(check, context({ ...slow, sendLag: latency(5) }))).toMatchObject({ kind: 'fail' });
    const busy = { ...context({ ...slow, sendLag: latency(5) }), watchMachine: () => () => true };
    expect(await runLoadCheck(check, busy)).toMatchObject({ kind: 'inconclusive' });
    const failing = { ...check, budgets: { failedShareAtMost: 0.01 } };
    expect(await runLoadCheck(failing, context({ ...slow, failures: { timeout: 2 } }))).toMatchObject({ kind: 'inconclusive' });
    expect(await runLoadCheck(failing, context(slow))).toMatchObject({ kind: 'fail', reason: /queue-full/ });
    const cheap = { ...check, budgets: { ...check.budgets, usdPerThousandRequestsAtMost: 0.1 } };
    expect(await runLoadCheck(cheap, context(slow))).toMatchObject({ kind: 'fail' });
  });

  it('is inconclusive when the prober could not keep up with its own plan', async () => {
    expect(await runLoadCheck(check, context({ ...good, sendLag: latency(600) }))).toMatchObject({ kind: 'inconclusive' });
    expect(await runLoadCheck(check, context({ ...good, shed: 1 }))).toMatchObject({ kind: 'inconclusive' });
  });
});
