import { describe, expect, it } from 'vitest';
import { ReplayRing } from './replay-ring.ts';

const text = (ring: ReplayRing, from = ring.start): string => ring.read(from, 1_000).toString();

describe('the replay ring', () => {
  it('numbers bytes from the first and keeps the newest', () => {
    const ring = new ReplayRing(8);
    ring.append(Buffer.from('abcde'));
    expect([ring.start, ring.end, text(ring)]).toEqual([0, 5, 'abcde']);
    ring.append(Buffer.from('fghij'));
    expect([ring.start, ring.end, text(ring)]).toEqual([2, 10, 'cdefghij']);
    expect(text(ring, 7)).toBe('hij');
    expect(ring.read(4, 3).toString()).toBe('efg');
    expect(text(ring, 10)).toBe('');
  });

  it('takes more than it holds at once', () => {
    const ring = new ReplayRing(4);
    ring.append(Buffer.from('xy'));
    ring.append(Buffer.from('0123456789'));
    expect([ring.start, ring.end, text(ring)]).toEqual([8, 12, '6789']);
  });

  it('is the same as keeping everything and cutting, whatever the pieces', () => {
    const ring = new ReplayRing(16);
    let all = '';
    for (let size = 0; size < 40; size += 1) {
      const piece = String.fromCharCode(97 + (size % 26)).repeat((size * 7) % 23);
      ring.append(Buffer.from(piece));
      all += piece;
      expect(text(ring)).toBe(all.slice(-16));
      expect(ring.end).toBe(all.length);
    }
  });

  it('goes on from what was kept on disk', () => {
    const ring = new ReplayRing(8, 100, Buffer.from('tail'));
    ring.append(Buffer.from('!'));
    expect([ring.start, ring.end, text(ring)]).toEqual([96, 101, 'tail!']);
  });
});
