import { randomUUID } from 'node:crypto';
import { crc32, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../meta/kube-object.ts';
import { deepFreeze } from '../store/freeze.ts';
import { combineCrc, crcShift } from './crc32-combine.ts';
import { listText, packedListText, type ListText } from './list-text.ts';

const HEAD = '{"kind":"List","metadata":{},"items":[';
const object = (name: string, pad = 500): KubeObject =>
  deepFreeze({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, uid: randomUUID() }, data: { pad: 'ä'.repeat(pad) } } as KubeObject);
const plain = ({ pieces, bytes }: ListText): string => {
  const whole = Buffer.concat(pieces);
  expect(whole.byteLength).toBe(bytes);
  return whole.toString('utf8');
};
const unpacked = ({ pieces, bytes }: ListText): string => {
  const whole = Buffer.concat(pieces);
  expect(whole.byteLength).toBe(bytes);
  return gunzipSync(whole).toString('utf8');
};
const expected = (items: readonly KubeObject[]): string => `${HEAD}${items.map((item) => JSON.stringify(item)).join(',')}]}`;

describe('the text of a list', () => {
  it.each([0, 1, 2, 700])('of %d objects is their JSON, plain and packed, however often it is asked for', (count) => {
    const items = Array.from({ length: count }, (_value, index) => object(`o${index}`));
    for (let time = 0; time < 4; time += 1) {
      expect(plain(listText(HEAD, items))).toBe(expected(items));
      expect(unpacked(packedListText(HEAD, items, 0))).toBe(expected(items));
    }
  });

  it('follows what is replaced, put in front, taken out and filtered', () => {
    const items = Array.from({ length: 300 }, (_value, index) => object(`o${index}`));
    for (let time = 0; time < 4; time += 1) packedListText(HEAD, items, 0);
    const variants = [
      items.map((item, index) => (index === 150 ? object('other') : item)),
      [object('first'), ...items],
      items.slice(1),
      items.filter((_item, index) => index % 3 === 0),
      [...items].reverse(),
    ];
    for (const variant of variants) {
      expect(plain(listText(HEAD, variant))).toBe(expected(variant));
      expect(unpacked(packedListText(HEAD, variant, 0))).toBe(expected(variant));
    }
  });

  it('is packed once it is seen to stay', () => {
    const items = Array.from({ length: 300 }, (_value, index) => object(`o${index}`, 2_000));
    const sizes = [1, 2, 3].map(() => packedListText(HEAD, items, 0).bytes);
    expect(sizes[0]).toBeGreaterThan(expected(items).length);
    expect(sizes[2]).toBeLessThan((sizes[0] ?? 0) / 5);
  });

  it('is not packed where it is small', () => {
    const items = [object('a'), object('b')];
    expect(packedListText(HEAD, items, 100_000).isPacked).toBe(false);
    expect(plain(packedListText(HEAD, items, 100_000))).toBe(expected(items));
  });

  it('takes objects larger than one stored block', () => {
    const items = [object('large', 200_000), object('small')];
    expect(unpacked(packedListText(HEAD, items, 0))).toBe(expected(items));
  });

  it('does not take a changed object for the one it knows', () => {
    const changing = { ...object('a') } as KubeObject & { data: Record<string, string> };
    listText(HEAD, [changing]);
    changing.data = { pad: 'other' };
    expect(plain(listText(HEAD, [changing]))).toBe(expected([changing]));
  });
});

describe('checksums', () => {
  it.each([0, 1, 7, 255, 65_536, 1_000_003])('of two texts combine to that of both, the second of %d bytes', (bytes) => {
    const first = Buffer.from('the first text');
    const second = Buffer.alloc(bytes, 'other');
    const whole = Buffer.concat([first, second]);
    expect(combineCrc(crc32(first), crc32(second), crcShift(bytes))).toBe(crc32(whole));
  });
});
