import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../cluster/meta/manual-clock.ts';
import { RateLimiter, type Lease, type LimitedParty } from './rate-limiter.ts';

const party = (value: string, limits: Partial<LimitedParty>): LimitedParty => ({
  key: 'api_key',
  value,
  requests: undefined,
  tokens: undefined,
  parallel: undefined,
  ...limits,
});
let clock: ManualClock;
let limiter: RateLimiter;
beforeEach(() => {
  clock = new ManualClock();
  limiter = new RateLimiter(clock);
});

function admit(...parties: readonly LimitedParty[]): Lease {
  const admission = limiter.admit(parties);
  if (admission.kind === 'refused') throw new Error(`refused: ${admission.excess.type}`);
  return admission.lease;
}

it('counts requests by a minute that begins with the first one', async () => {
  const key = party('a', { requests: 2 });
  await clock.advance(59_000);
  expect(admit(key).remaining(key).requests).toBe(1);
  expect(admit(key).remaining(key).requests).toBe(0);
  await clock.advance(20_000);
  expect(limiter.admit([key])).toMatchObject({ kind: 'refused', excess: { type: 'requests', limit: 2, retryAfterMs: 40_000 } });
  await clock.advance(40_000);
  admit(key);
});

it('counts tokens once they are known, and admits while fewer than the limit are used', () => {
  const key = party('a', { tokens: 100 });
  admit(key).end(99);
  const last = admit(key);
  last.end(50);
  last.end(50);
  expect(last.remaining(key).tokens).toBe(0);
  expect(limiter.admit([key])).toMatchObject({ excess: { type: 'tokens', limit: 100 } });
});

it('counts those under way, over the minute too', async () => {
  const key = party('a', { parallel: 1 });
  const lease = admit(key);
  await clock.advance(120_000);
  expect(limiter.admit([key])).toMatchObject({ excess: { type: 'max_parallel_requests', retryAfterMs: 1_000 } });
  lease.end(0);
  admit(key);
});

it('charges nobody for what one party refuses', () => {
  const [key, team] = [party('a', { requests: 5 }), { ...party('t', { requests: 1 }), key: 'team' as const }];
  admit(key, team).end(0);
  expect(limiter.admit([key, team])).toMatchObject({ excess: { party: { key: 'team' } } });
  expect(admit(key).remaining(key).requests).toBe(3);
});

it('leaves alone who has no limits', () => {
  const free = party('a', {});
  for (let index = 0; index < 1_000; index += 1) expect(admit(free).remaining(free)).toEqual({ requests: undefined, tokens: undefined });
});
