import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../cluster/meta/manual-clock.ts';
import { RateLimiter, type Amounts, type LimitsPerMinute, type ReserveOutcome } from './rate-limits.ts';
import { TokenBucket } from './token-bucket.ts';

describe('TokenBucket', () => {
  it('holds one minute’s allowance and refills continuously, never past it', () => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(60, 0);
    expect([bucket.level(0), bucket.level(500), bucket.level(10_000), bucket.level(3_600_000)]).toEqual([0, 0.5, 10, 60]);
  });

  it.each([
    [10, 0],
    [61, undefined],
    [60, 50_000],
    [11, 1_000],
  ])('with 10 of 60 left, makes %d wait %s ms', (amount, waitMs) => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(50, 0);
    expect(bucket.waitMs(amount, 0)).toBe(waitMs);
  });

  it('gives what it announced, at the moment it announced it', () => {
    const bucket = new TokenBucket(7, 0);
    bucket.take(7, 0);
    const waitMs = bucket.waitMs(1, 0) ?? 0;
    expect(bucket.waitMs(1, waitMs - 1)).toBeGreaterThan(0);
    expect(bucket.waitMs(1, waitMs)).toBe(0);
  });

  it('can owe, and pays back before it gives', () => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(90, 0);
    expect(bucket.waitMs(1, 0)).toBe(31_000);
    expect(bucket.fullAfterMs(0)).toBe(90_000);
  });

  it('holds no more when it is cut, and has recovered when the cut is taken back', () => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(30, 0);
    bucket.resize(6, 0);
    expect(bucket.level(0)).toBe(6);
    bucket.take(6, 0);
    bucket.resize(60, 0);
    expect(bucket.level(0)).toBe(54);
  });

  it('is not moved by a clock that goes back', () => {
    const bucket = new TokenBucket(60, 10_000);
    bucket.take(60, 10_000);
    expect(bucket.level(5_000)).toBe(0);
    expect(bucket.level(11_000)).toBe(1);
  });
});

describe('RateLimiter', () => {
  const limits: LimitsPerMinute = { requests: 6, tokens: 600 };

  function limiter(): {
    clock: ManualClock;
    reserve: (wanted: Amounts, factor?: number, owner?: string) => ReserveOutcome;
    remaining: (factor?: number) => readonly number[];
  } {
    const clock = new ManualClock();
    const subject = new RateLimiter(clock);
    return {
      clock,
      reserve: (wanted, factor = 1, owner = 'a') => subject.reserve(owner, limits, factor, wanted),
      remaining: (factor = 1) => subject.states('a', limits, factor).map((state) => state.remaining),
    };
  }

  it('takes from all buckets or from none but the requests', () => {
    const { reserve, remaining } = limiter();
    expect(reserve({ requests: 1, tokens: 500 }).kind).toBe('reserved');
    expect(reserve({ requests: 1, tokens: 200 })).toEqual({
      kind: 'short',
      shortage: { kind: 'tokens', limit: 600, used: 500, requested: 200, waitMs: 10_000 },
    });
    expect(remaining()).toEqual([4, 100]);
  });

  it('names requests first, and leaves the tokens alone', () => {
    const { reserve, remaining } = limiter();
    for (let count = 0; count < 6; count += 1) reserve({ requests: 1, tokens: 1 });
    expect(reserve({ requests: 1, tokens: 1 })).toMatchObject({ shortage: { kind: 'requests', limit: 6, used: 6, waitMs: 10_000 } });
    expect(remaining()).toEqual([0, 594]);
  });

  it('settles once: gives back what was not used, takes what was used beyond', () => {
    const { reserve, remaining } = limiter();
    const outcome = reserve({ requests: 1, tokens: 300 });
    if (outcome.kind !== 'reserved') throw new Error('refused');
    outcome.settle({ requests: 1, tokens: 100 });
    outcome.settle({ requests: 1, tokens: 0 });
    expect(remaining()).toEqual([5, 500]);
    const second = reserve({ requests: 1, tokens: 100 });
    if (second.kind === 'reserved') second.settle({ requests: 1, tokens: 450 });
    expect(remaining()).toEqual([4, 50]);
  });

  it('says when waiting is useless', () => {
    const outcome = limiter().reserve({ requests: 1, tokens: 601 });
    expect(outcome).toEqual({ kind: 'short', shortage: { kind: 'tokens', limit: 600, used: 0, requested: 601 } });
  });

  it('keeps owners apart, and applies a factor for as long as it is given', () => {
    const { reserve, remaining } = limiter();
    expect(reserve({ requests: 1, tokens: 100 }, 0.1).kind).toBe('short');
    expect(reserve({ requests: 1, tokens: 100 }, 1, 'b').kind).toBe('reserved');
    expect(remaining(0.1)).toEqual([0, 60]);
    expect(remaining()).toEqual([5, 600]);
  });

  it('never gives more in any stretch of time than a bucket and its refill', async () => {
    const { clock, reserve } = limiter();
    let given = 0;
    for (let step = 0; step < 300; step += 1) {
      if (reserve({ requests: 0, tokens: 37 }).kind === 'reserved') given += 37;
      await clock.advance(400);
    }
    expect(given).toBeLessThanOrEqual(600 + (300 * 400 * 600) / 60_000);
    expect(given).toBeGreaterThan(1_700);
  });
});
