import { describe, expect, it } from 'vitest';
import { ACK_EVERY_BYTES, planAck, planArrival } from './stream-position.ts';

describe('planArrival', () => {
  it.each([
    ['the expected bytes', 100, 100, 50, { kind: 'write', skip: 0, next: 150 }],
    ['the first byte of all', 0, 0, 1, { kind: 'write', skip: 0, next: 1 }],
    ['a replay that overlaps', 120, 100, 50, { kind: 'write', skip: 20, next: 150 }],
    ['a replay that ends where we are', 150, 100, 50, { kind: 'duplicate' }],
    ['a replay from long ago', 500, 100, 50, { kind: 'duplicate' }],
    ['an empty message', 100, 100, 0, { kind: 'duplicate' }],
    ['bytes after a gap', 100, 101, 50, { kind: 'gap', from: 100 }],
  ] as const)('%s', (_name, next, seq, length, expected) => {
    expect(planArrival(next, seq, length)).toEqual(expected);
  });

  it('shows every byte once and in order, however the replay overlaps', () => {
    const source = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);
    const shown: number[] = [];
    let next = 0;
    for (const [seq, length] of [
      [0, 300],
      [100, 300],
      [390, 10],
      [400, 1],
      [0, 401],
      [350, 650],
    ] as const) {
      const plan = planArrival(next, seq, length);
      if (plan.kind !== 'write') continue;
      shown.push(...source.subarray(seq + plan.skip, seq + length));
      next = plan.next;
    }
    expect(shown).toEqual([...source]);
  });
});

describe('planAck', () => {
  it('waits until a message is worth it', () => {
    expect(planAck(0, ACK_EVERY_BYTES - 1)).toBeNull();
    expect(planAck(0, ACK_EVERY_BYTES)).toBe(ACK_EVERY_BYTES);
    expect(planAck(ACK_EVERY_BYTES, 3 * ACK_EVERY_BYTES + 7)).toBe(3 * ACK_EVERY_BYTES + 7);
  });
});
