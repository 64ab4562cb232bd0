import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../cluster/meta/manual-clock.ts';
import { sleep, type Clock } from '../../cluster/meta/clock.ts';
import { Latencies } from './latencies.ts';
import { loadOrderSchema, readLoadReport, type LoadLine, type LoadOrder, type LoadReport } from './load-protocol.ts';
import { runLoad } from './load.ts';
import type { ProbeResult } from './protocol.ts';
import type { Probe } from './request.ts';

const completion = (content: string, more: object = {}): string =>
  JSON.stringify({
    model: 'm',
    choices: [{ message: { content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 100, completion_tokens: 10 },
    ...more,
  });
const answered = (totalMs: number, body: string, headers: Record<string, string> = {}): ProbeResult => ({
  kind: 'answered',
  name: '',
  status: 200,
  headers,
  body,
  bodyBytes: body.length,
  connectMs: 0,
  firstByteMs: totalMs,
  totalMs,
});

type Server = (probe: Probe, clock: ManualClock, signal: AbortSignal) => Promise<ProbeResult>;

/** Runs an order against a server on a clock that is moved in steps; the timer of the first wait comes `stallMs` too late. */
async function run(
  more: Partial<LoadOrder>,
  server: Server,
  { cancelAtMs = Infinity, stallMs = 0 } = {},
): Promise<{ report: LoadReport; lines: LoadLine[] }> {
  const clock = new ManualClock();
  const startMs = clock.now();
  const lines: LoadLine[] = [];
  const cancelled = new AbortController();
  const order = loadOrderSchema.parse({
    seed: 1,
    url: 'http://gateway:4000/',
    model: 'm',
    arrivals: { kind: 'constant', perSecond: 10 },
    durationMs: 2_000,
    classes: [{ kind: 'given', name: 'echo', prompts: [{ prompt: 'Repeat exactly: x', expected: 'x' }] }],
    ...more,
  });
  let report: LoadReport | undefined;
  let stallLeftMs = stallMs;
  const stalling: Clock = {
    now: () => clock.now(),
    after: (delayMs, callback) => {
      const timer = clock.after(delayMs + (delayMs < 1_000 ? stallLeftMs : 0), callback);
      if (delayMs < 1_000) stallLeftMs = 0;
      return timer;
    },
  };
  const running = runLoad(order, {
    clock: stalling,
    startedAt: new Date(0),
    send: (probe, signal) => server(probe, clock, signal),
    tell: (line) => lines.push(line),
    signal: cancelled.signal,
  }).then((made) => (report = made));
  for (let step = 0; step < 2_000 && report === undefined; step += 1) {
    if (clock.now() - startMs >= cancelAtMs) cancelled.abort();
    await clock.advance(100);
  }
  return { report: await running, lines };
}

const after =
  (ms: number, body = completion('x')): Server =>
  async (_, clock) => {
    await sleep(clock, ms);
    return answered(ms, body);
  };

describe('runLoad', () => {
  it('sends open-loop: a slow server does not slow what is sent', async () => {
    const sentAt: number[] = [];
    const { report } = await run({}, async (_, clock) => {
      sentAt.push(clock.now());
      await sleep(clock, 5_000);
      return answered(5_000, completion('x'));
    });
    expect(sentAt.map((at) => at - (sentAt[0] ?? 0))).toEqual(Array.from({ length: 20 }, (_, index) => index * 100));
    expect(report).toMatchObject({ planned: 20, sent: 20, answered: 20, shed: 0, quality: 1, endToEnd: { count: 20, maxMs: 5000 } });
  });

  it('counts from the intended time, so that a stall shows in every request that it held up', async () => {
    const { report } = await run({}, after(10), { stallMs: 1_000 });
    // Ten requests were held up, by a second and less; each took 10 ms once it was sent.
    expect(report.sendLag.maxMs).toBe(1_000);
    expect(report.endToEnd.maxMs).toBe(1_010);
    expect(report.endToEnd.p90Ms).toBeGreaterThan(800);
    expect((await run({}, after(10))).report.endToEnd.maxMs).toBe(10);
  });

  it('sheds past its own bound and says so', async () => {
    const { report } = await run({ maxInFlight: 5 }, after(10_000));
    expect(report).toMatchObject({ planned: 20, sent: 5, shed: 15, answered: 5, failures: {} });
  });

  it('tells its progress, and ends early when told', async () => {
    const { report, lines } = await run(
      { durationMs: 60_000 },
      (_, clock, signal) =>
        sleep(clock, 200, signal).then(
          () => answered(200, completion('x')),
          () => ({ kind: 'unanswered', name: '', phase: 'request', code: 'CANCELLED', message: '', totalMs: 1 }),
        ),
      { cancelAtMs: 3_000 },
    );
    expect(report.cancelled).toBe(true);
    expect(report.planned).toBe(600);
    expect(report.sent).toBeLessThan(40);
    expect(report.failures).toEqual({});
    expect(lines[0]).toEqual({ kind: 'started', planned: 600 });
    expect(lines.filter(({ kind }) => kind === 'progress').length).toBeGreaterThanOrEqual(2);
  });

  it('counts tokens, cost, cache hits, quality and keys', async () => {
    let count = 0;
    const { report } = await run(
      {
        prices: { m: { inputUsd: 1_000, outputUsd: 10_000 } },
        keys: [{ name: 'team-a', key: 'k' }],
      },
      (probe) => {
        expect(probe.headers['authorization']).toBe('Bearer k');
        expect(probe.url).toBe('http://gateway:4000/v1/chat/completions');
        count += 1;
        if (count % 4 === 0) return Promise.resolve(answered(5, completion('x'), { 'x-litellm-cache-key': 'k' }));
        return Promise.resolve(answered(5, completion(count % 4 === 1 ? 'y' : 'x', count === 2 ? { model: 'other' } : {})));
      },
    );
    expect(report.tokens).toEqual({ prompt: 2_000, cachedPrompt: 0, completion: 200 });
    // One request costs 0.1 for its prompt and 0.1 for its answer; one of 20 has no price, and 5 came from the cache.
    expect(report.cost.usdUncached).toBeCloseTo(19 * 0.2);
    expect(report.cost.usd).toBeCloseTo(14 * 0.2);
    expect(report.cost.unpricedTokens).toBe(110);
    expect(report).toMatchObject({
      cacheHits: 5,
      quality: 0.75,
      keys: { 'team-a': { sent: 20, answered: 20 } },
      models: { m: 19, other: 1 },
      classes: { echo: { sent: 20, answered: 20, right: 15, wrong: 5 } },
    });
  });

  it('counts failures by kind, and timeouts among the latencies', async () => {
    let count = 0;
    const { report } = await run({ timeoutMs: 1_000 }, ({ timeoutMs }) => {
      count += 1;
      if (count <= 5)
        return Promise.resolve({ kind: 'unanswered', name: '', phase: 'request', code: 'TIMEOUT', message: '', totalMs: timeoutMs });
      return Promise.resolve({ ...answered(1, ''), status: 503 } as ProbeResult);
    });
    expect(report.failures).toEqual({ timeout: 5, unavailable: 15 });
    expect(report.endToEnd).toMatchObject({ count: 5, maxMs: 1000 });
    expect(report.quality).toBeNull();
  });
});

it('percentiles are exact to half a percent', () => {
  const latencies = new Latencies();
  for (let ms = 1; ms <= 10_000; ms += 1) latencies.record(ms);
  const { p50Ms, p99Ms, maxMs, count, meanMs } = latencies.summary();
  expect(Math.abs(p50Ms / 5_000 - 1)).toBeLessThan(0.006);
  expect(Math.abs(p99Ms / 9_900 - 1)).toBeLessThan(0.006);
  expect([maxMs, count, meanMs]).toEqual([10_000, 10_000, 5000.5]);
  expect(new Latencies().summary()).toMatchObject({ count: 0, p99Ms: 0 });
});

it('output without a report is not taken for one', () => {
  expect(() => readLoadReport('{"kind":"started","planned":3}\n')).toThrow('without a report');
  expect(() => readLoadReport('')).toThrow();
});
