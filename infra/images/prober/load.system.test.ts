import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureImageBundles } from '../bundle.ts';
import { ended, Programs } from '../testing/programs.ts';
import { readLoadReport, type LoadOrder, type LoadReport } from './load-protocol.ts';

const MODEL = 'drillhouse/sparrow-1b';
const programs = new Programs();
beforeAll(() => ensureImageBundles());
afterEach(() => programs.endAll());

const orderFor = (url: string, more: Partial<LoadOrder> = {}): LoadOrder => ({
  seed: 11,
  url,
  model: MODEL,
  arrivals: { kind: 'poisson', perSecond: 40 },
  durationMs: 2_000,
  classes: [
    { kind: 'generated', name: 'classify', task: 'classify' },
    { kind: 'generated', name: 'context', task: 'context', fillerSentences: 3 },
    { kind: 'generated', name: 'prose', task: 'prose', weight: 0.3 },
  ],
  streamShare: 0.5,
  repeatedShare: 0.3,
  prices: { [MODEL]: { inputUsd: 0.1, outputUsd: 0.4 } },
  ...more,
});

async function load(order: LoadOrder): Promise<LoadReport> {
  const child = programs.start('prober', ['load']);
  expect(await ended(child, () => child.stdin?.end(`${JSON.stringify(order)}\n`)), child.printed()).toBe(0);
  return readLoadReport(child.printed());
}

describe('the prober under load', () => {
  it('measures a real server: latencies, tokens, cost and quality', async () => {
    const { url } = await programs.serve('inference', ['--max-num-seqs', '64']);
    const report = await load(orderFor(url));
    expect(report.answered).toBe(report.planned);
    expect(report.planned).toBeGreaterThan(50);
    // The model is right 84 times in a hundred.
    expect(report.quality).toBeGreaterThan(0.65);
    expect(report.quality).toBeLessThan(1);
    expect(report.firstToken.count).toBeGreaterThan(15);
    expect(report.firstToken.p50Ms).toBeGreaterThan(8);
    expect(report.interToken.p50Ms).toBeGreaterThan(5);
    expect(report.endToEnd.p99Ms).toBeGreaterThan(report.endToEnd.p50Ms);
    expect(report.tokens.completion).toBeGreaterThan(100);
    expect(report.cost.usd).toBeGreaterThan(0);
    expect(report.cost.unpricedTokens).toBe(0);
  });

  it('tells a full queue from a wrong key', async () => {
    const { url } = await programs.serve('inference', ['--max-num-seqs', '1', '--max-queued-requests', '1', '--api-key', 'right']);
    const keys = [
      { name: 'right', key: 'right' },
      { name: 'wrong', key: 'wrong' },
    ];
    const burst = { kind: 'bursts', perSecond: 0, size: 40, everyMs: 1_000 } as const;
    const report = await load(orderFor(url, { arrivals: burst, durationMs: 1_000, keys }));
    expect(report.failures.authentication).toBe(report.keys['wrong']?.sent);
    expect(report.failures['queue-full']).toBeGreaterThan(5);
    expect(report.answered).toBeGreaterThan(0);
  });

  it('ends early on a second line', async () => {
    const { url } = await programs.serve('inference');
    const child = programs.start('prober', ['load']);
    child.stdin?.write(`${JSON.stringify(orderFor(url, { durationMs: 300_000, arrivals: { kind: 'constant', perSecond: 20 } }))}\n`);
    await expect.poll(() => child.printed(), { timeout: 10_000 }).toContain('"progress"');
    expect(await ended(child, () => child.stdin?.write('{"kind":"cancel"}\n'))).toBe(0);
    expect(readLoadReport(child.printed())).toMatchObject({ cancelled: true, planned: 6_000 });
  });

  it('refuses an order that is none', async () => {
    const child = programs.start('prober', ['load']);
    expect(await ended(child, () => child.stdin?.end('{"seed":1}\n'))).toBe(1);
  });
});
