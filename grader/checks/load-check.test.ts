import { describe, expect, it } from 'vitest';
import type { LoadReport } from '../../infra/images/prober/load-protocol.ts';
import { answered, checkOf, emptyReport, FakeProber, goodKey, testContext, type TestContext } from '../testing/sandbox-fixtures.ts';
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

  it('is inconclusive when the prober could not keep up with its own plan', async () => {
    expect(await runLoadCheck(check, context({ ...good, sendLag: latency(600) }))).toMatchObject({ kind: 'inconclusive' });
    expect(await runLoadCheck(check, context({ ...good, shed: 1 }))).toMatchObject({ kind: 'inconclusive' });
  });
});
