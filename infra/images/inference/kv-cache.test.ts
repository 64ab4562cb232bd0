import { describe, expect, it } from 'vitest';
import { BLOCK_TOKENS, KvCache } from './kv-cache.ts';

const prompt = (blocks: number, name = 'p'): string[] => Array.from({ length: blocks * BLOCK_TOKENS }, (_, index) => `${name}${index}`);

describe('KvCache', () => {
  it('finds a prompt again after its sequence ended', () => {
    const cache = new KvCache(10);
    const first = cache.lease(prompt(2));
    expect(first?.cachedTokens).toBe(0);
    cache.release(first!);
    expect(cache.usage).toBe(0);
    expect(cache.lease(prompt(2))?.cachedTokens).toBe(2 * BLOCK_TOKENS - 1);
    expect(cache.hitTokens).toBe(2 * BLOCK_TOKENS - 1);
    expect(cache.queriedTokens).toBe(4 * BLOCK_TOKENS);
  });

  it('shares blocks of a common prefix between running sequences', () => {
    const cache = new KvCache(10);
    cache.lease(prompt(3));
    cache.lease([...prompt(3), 'more']);
    // Three shared blocks and one of its own for each.
    expect(cache.usage).toBeCloseTo(0.5);
  });

  it('refuses what does not fit, and takes nothing then', () => {
    const cache = new KvCache(4);
    cache.lease(prompt(2));
    const before = cache.usage;
    expect(cache.lease(prompt(2, 'q'))).toBeUndefined();
    expect(cache.usage).toBe(before);
  });

  it('evicts the oldest idle prefix to make room', () => {
    const cache = new KvCache(4);
    cache.release(cache.lease(prompt(1, 'old'))!);
    cache.release(cache.lease(prompt(1, 'new'))!);
    cache.release(cache.lease(prompt(2, 'big'))!);
    expect(cache.lease(prompt(1, 'old'))?.cachedTokens).toBe(0);
  });

  it('grows until it is full and shrinks back to nothing', () => {
    const cache = new KvCache(3);
    const lease = cache.lease(['a'])!;
    expect([cache.grow(lease), cache.grow(lease), cache.grow(lease)]).toEqual([true, true, false]);
    expect(cache.usage).toBe(1);
    cache.release(lease);
    expect(cache.usage).toBe(0);
  });
});
