import { describe, expect, it } from 'vitest';
import { claimAddress, loopbackOf, planBlock, planPodIp, podCidr, rangesFrom, serviceCidr, type AddressBlock } from './address-blocks.ts';

describe('address blocks', () => {
  it('cuts a /22 into pods, Services and loopbacks that never meet', () => {
    const block = { range: 9, index: 3 };
    expect([podCidr(block), serviceCidr(block), loopbackOf('127.9.12.7')]).toEqual(['127.9.12.0/24', '127.9.13.0/24', '127.9.14.7']);
  });

  it('never uses the ranges of localhost and broadcast, nor the block of the claim', () => {
    const ranges = rangesFrom('anything');
    expect(new Set(ranges).size).toBe(254);
    expect(ranges).not.toContain(0);
    expect(ranges).not.toContain(255);
    expect(planBlock([7], [])).toEqual({ range: 7, index: 1 });
    expect(claimAddress(7)).toBe('127.7.0.1');
  });

  it('gives the lowest free block and asks for a further range when all are taken', () => {
    const taken: AddressBlock[] = Array.from({ length: 63 }, (_, at) => ({ range: 7, index: at + 1 }));
    expect(planBlock([7], taken)).toBeUndefined();
    expect(planBlock([7, 8], taken)).toEqual({ range: 8, index: 1 });
    expect(
      planBlock(
        [7],
        taken.filter(({ index }) => index !== 5),
      ),
    ).toEqual({ range: 7, index: 5 });
  });
});

describe('pod addresses', () => {
  const block = { range: 9, index: 1 };

  it('start at .2 and go round before one is given again', () => {
    expect(planPodIp(block, new Set(), undefined)).toBe('127.9.4.2');
    expect(planPodIp(block, new Set(), '127.9.4.2')).toBe('127.9.4.3');
    expect(planPodIp(block, new Set(['127.9.4.2']), '127.9.4.254')).toBe('127.9.4.3');
  });

  it('run out', () => {
    const all = new Set<string>();
    for (let ip = planPodIp(block, all, undefined); ip !== undefined; ip = planPodIp(block, all, ip)) all.add(ip);
    expect(all.size).toBe(253);
  });
});
