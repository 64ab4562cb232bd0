import { describe, expect, it } from 'vitest';
import type { ProbeResult } from '../../infra/images/prober/protocol.ts';
import { FakeProviders } from '../testing/fake-providers.ts';
import { answered, checkOf, FakeProber, testContext, type TestContext } from '../testing/sandbox-fixtures.ts';
import { whileTimePasses } from '../testing/pass-time.ts';
import { PlatformError } from '../platform-error.ts';
import { runFailoverCheck, type FailoverCheck } from './failover-check.ts';

const faults = { outage: { kind: 'connectionRefused' } };
const check = checkOf('f', {
  kind: 'failover',
  provider: 'alpha',
  faults,
  rounds: 2,
  requests: [{ name: 'a question', scheme: 'http', path: '/v1/models', expect: { status: 200 } }],
}) as FailoverCheck;

const run = (context: TestContext): ReturnType<typeof runFailoverCheck> =>
  whileTimePasses(context.clock, runFailoverCheck(check, context), 100);

function context(answer: () => ProbeResult): TestContext {
  return testContext({ prober: new FakeProber(answer) });
}

const trial = [
  { provider: 'alpha', order: { action: 'tryFaults', faults, forMs: 60_000 } },
  { provider: 'alpha', order: { action: 'tryFaults', faults: {}, forMs: 1 } },
];

describe('runFailoverCheck', () => {
  it('asks while the provider fails, as often as it says, and makes it well again', async () => {
    const at = context(() => answered(200));
    expect(await run(at)).toMatchObject({ kind: 'pass' });
    expect(at.prober.asked).toHaveLength(2);
    expect(at.providers.orders).toEqual(trial);
  });

  it('fails when clients feel it, also only once, and makes it well again', async () => {
    let asked = 0;
    const at = context(() => answered((asked += 1) === 2 ? 503 : 200));
    expect(await run(at)).toMatchObject({ kind: 'fail', reason: 'While alpha failed: a question: the answer was 503, wanted 200.' });
    expect(at.providers.orders).toEqual(trial);
  });

  it('makes it well again when it could not ask', async () => {
    const at = context(() => {
      throw new PlatformError('ProberFailed', 'The prober was lost.');
    });
    await expect(run(at)).rejects.toThrow('The prober was lost.');
    expect(at.providers.orders).toEqual(trial);
  });

  it('asks nothing when the provider cannot be made to fail', async () => {
    const providers = new FakeProviders([], () => {
      throw new PlatformError('ApiFailed', 'The sandbox has no provider alpha.');
    });
    const at = testContext({ providers });
    await expect(run(at)).rejects.toThrow('no provider alpha');
    expect(at.prober.asked).toEqual([]);
  });
});
