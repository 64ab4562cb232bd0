import { describe, expect, test } from 'vitest';
import { formatSubnet, freeSubnets, gatewayOf, nextAddress, overlaps, parseSubnet, type Subnet } from './subnets.ts';

function subnet(cidr: string): Subnet {
  const parsed = parseSubnet(cidr);
  if (parsed === undefined) throw new Error(cidr);
  return parsed;
}

describe('subnets', () => {
  test.each([
    ['10.213.0.77/26', '10.213.0.64/26'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('%s is read as %s', (cidr, normal) => expect(formatSubnet(subnet(cidr))).toBe(normal));

  test.each(['', 'fd00::/64', '10.0.0.0', '10.0.0.256/24', '10.0.0.0/33'])('%j is not IPv4 in CIDR notation', (text) =>
    expect(parseSubnet(text)).toBeUndefined(),
  );

  test.each([
    ['10.0.0.0/24', '10.0.0.128/26', true],
    ['10.0.0.128/26', '10.0.0.0/24', true],
    ['10.0.0.0/26', '10.0.0.64/26', false],
    ['200.0.0.0/8', '200.1.2.0/24', true],
  ])('%s and %s overlap: %s', (a, b, expected) => expect(overlaps(subnet(a), subnet(b))).toBe(expected));

  test('are handed out once each, none of them taken, starting where the seed says', () => {
    const taken = [subnet('10.213.0.0/25'), subnet('172.17.0.0/16')];
    const all = [...freeSubnets(subnet('10.213.0.0/24'), 26, taken, 'seed')].map(formatSubnet);
    expect([...all].sort()).toEqual(['10.213.0.128/26', '10.213.0.192/26']);
    const starts = new Set(['a', 'b', 'c', 'd', 'e', 'f'].map((seed) => [...freeSubnets(subnet('10.213.0.0/16'), 26, [], seed)][0]?.base));
    expect(starts.size).toBeGreaterThan(3);
  });

  test('give out pod addresses in turn, past the bridge and below the broadcast address', () => {
    const small = subnet('10.0.0.0/29');
    expect(gatewayOf(small)).toBe('10.0.0.1');
    const used = new Set<string>();
    const given = Array.from({ length: 5 }, () => {
      const next = nextAddress(small, used, [...used].at(-1)) ?? 'none';
      used.add(next);
      return next;
    });
    expect(given).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']);
    expect(nextAddress(small, used, '10.0.0.6')).toBeUndefined();
    used.delete('10.0.0.3');
    expect(nextAddress(small, used, '10.0.0.6')).toBe('10.0.0.3');
    expect(nextAddress(small, new Set(['10.0.0.2']), '10.0.0.3')).toBe('10.0.0.4');
  });
});
