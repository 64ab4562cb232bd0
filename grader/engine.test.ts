import { describe, expect, it } from 'vitest';
import { lookOnce, lookQuietly, runChecks, runDecisive } from './engine.ts';
import { PlatformError } from './platform-error.ts';
import { answered, checkOf, FakeProber, healthyObjects, testContext, type TestContext } from './testing/sandbox-fixtures.ts';
import { whileTimePasses } from './testing/pass-time.ts';
import { FakeObjects } from './testing/fake-objects.ts';
import type { Check } from './check-spec.ts';
import type { CheckResult } from './verdict.ts';

const present = (id: string, more: object = {}): Check => checkOf(id, { kind: 'object', object: 'Service', name: 'inference', ...more });
const absent = (id: string, more: object = {}): Check => checkOf(id, { kind: 'object', object: 'Service', name: 'missing', ...more });

/** Runs checks while time passes. */
async function run(checks: readonly Check[], context: TestContext = testContext()): Promise<readonly CheckResult[]> {
  return whileTimePasses(context.clock, runChecks(checks, context));
}

const kinds = (results: readonly CheckResult[]): readonly string[] => results.map(({ id, verdict }) => `${id} ${verdict.kind}`);

describe('runDecisive', () => {
  const traffic = { arrivals: { kind: 'poisson', perSecond: 10 }, classes: [{ kind: 'generated', name: 'sums', task: 'sum' }] };
  const load = (id: string, more: object = {}): Check =>
    checkOf(id, { kind: 'load', scheme: 'http', duration: '5s', traffic, budgets: { p95MsAtMost: 1000 }, ...more });
  const checks = [load('traffic'), absent('gone'), present('there', { after: ['measured'] }), load('measured')];

  it.each<[string, readonly string[], string, number]>([
    ['what decides', ['gone'], 'traffic pass, gone fail, there pass, measured pass', 0],
    ['and no other that would fail', ['traffic'], 'traffic fail, gone pass, there pass, measured pass', 1],
    ['and what that waits for', ['there'], 'traffic pass, gone pass, there fail, measured fail', 1],
    ['everything where nothing is known', [], 'traffic fail, gone fail, there fail, measured fail', 2],
  ])('makes %s', async (_, decidedBy, verdicts, loads) => {
    const prober = new FakeProber(() => answered(200));
    const context = testContext({ prober });
    const results = await whileTimePasses(context.clock, runDecisive(checks, decidedBy, context));
    expect(prober.loads).toHaveLength(loads);
    expect(kinds(results).join(', ')).toBe(verdicts);
  });
});

describe('runChecks', () => {
  it('answers in the order it was asked, whatever waits for what', async () => {
    const results = await run([absent('late', { within: '3s' }), present('early', { after: ['other'] }), present('other')]);
    expect(kinds(results)).toEqual(['late fail', 'early pass', 'other pass']);
  });

  it('runs what only looks side by side', async () => {
    const context = testContext();
    await run([absent('a', { within: '5s' }), absent('b', { within: '5s' }), absent('c', { within: '5s' })], context);
    expect(context.clock.now() - Date.UTC(2026, 0, 1)).toBeLessThan(8000);
  });

  it('does not try what depends on something that failed, and says why', async () => {
    const [, second] = await run([absent('first'), present('second', { after: ['first'] })]);
    expect(second?.verdict).toMatchObject({ kind: 'fail', reason: 'Not tried, because this does not hold: Check first.' });
  });

  it('holds what depends on something inconclusive for inconclusive', async () => {
    const context = testContext({ prober: broken() });
    const results = await run(
      [checkOf('probe', { kind: 'completion', ask: 'echo', scheme: 'http' }), present('then', { after: ['probe'] })],
      context,
    );
    expect(kinds(results)).toEqual(['probe inconclusive', 'then inconclusive']);
  });

  it('takes an API that fails for inconclusive, never for pass or fail', async () => {
    const objects = new FakeObjects(...healthyObjects());
    objects.broken = true;
    const results = await run(
      [present('there'), absent('gone', { absent: true }), checkOf('w', { kind: 'workload', demand: { of: 'replicas' } })],
      testContext({ objects }),
    );
    expect(kinds(results)).toEqual(['there inconclusive', 'gone inconclusive', 'w inconclusive']);
  });

  it('disturbs the workload only after everything else has been looked at', async () => {
    const context = testContext();
    const removals: number[] = [];
    const remove = context.objects.remove.bind(context.objects);
    context.objects.remove = (ref) => {
      removals.push(context.clock.now());
      return remove(ref);
    };
    const started = context.clock.now();
    await run([checkOf('restart', { kind: 'restart' }), absent('slow', { within: '4s' })], context);
    expect(removals).toHaveLength(1);
    expect(removals[0]! - started).toBeGreaterThanOrEqual(4000);
  });

  it('says of a hidden check that fails only why it matters', async () => {
    const prober = new FakeProber(() => answered(200));
    const hidden = checkOf('h', {
      kind: 'http',
      hidden: true,
      explain: 'Strangers get in.',
      requests: [{ name: 'no key', path: '/v1/models', key: 'none', scheme: 'http', expect: { status: 401 } }],
    });
    const [result] = await run([hidden], testContext({ prober }));
    expect(result?.verdict).toMatchObject({ kind: 'fail', reason: 'Strangers get in.' });
  });

  it('stamps recovery at the first healthy look', async () => {
    const context = testContext();
    const [result] = await run([present('p', { holdFor: '3s' })], context);
    expect(result?.recoveredAt).toBe('2026-01-01T00:00:00.000Z');
    expect(Date.parse(result?.finishedAt ?? '') - Date.parse(result?.startedAt ?? '')).toBeGreaterThanOrEqual(3000);
  });

  it('gives a check up that never comes back', async () => {
    const context = testContext();
    context.prober.probe = () => new Promise(() => undefined);
    const [result] = await run([checkOf('stuck', { kind: 'completion', ask: 'echo', scheme: 'http' })], context);
    expect(result?.verdict.kind).toBe('inconclusive');
  });

  it('lets a defect of ours through instead of calling it a verdict', async () => {
    const context = testContext();
    context.objects.find = () => Promise.reject(new TypeError('bug'));
    await expect(run([present('a')], context)).rejects.toThrow('bug');
  });
});

it('looks once without windows or order for a step', async () => {
  const context = testContext();
  const results = await lookOnce([absent('a', { within: '60s' }), present('b', { holdFor: '60s', after: ['a'] })], context);
  expect(kinds(results)).toEqual(['a fail', 'b pass']);
});

it('looks quietly: what would disturb is not tried, and says so', async () => {
  const context = testContext();
  const pods = context.objects;
  const results = await lookQuietly([checkOf('again', { kind: 'restart' }), present('b')], context);
  expect(kinds(results)).toEqual(['again inconclusive', 'b pass']);
  expect(results.map(({ untried }) => untried)).toEqual([true, undefined]);
  expect(await pods.list('Pod', { namespace: 'atlas' })).toHaveLength(1);
});

function broken(): FakeProber {
  return new FakeProber(() => {
    throw new PlatformError('ProberFailed', 'the prober pod is gone');
  });
}
