import { describe, expect, it } from 'vitest';
import { encodeFrame, encodeJsonFrame, FrameDecoder, frameKind } from './frames.ts';
import { LineReader } from './lines.ts';

describe('frames', () => {
  const stream = Buffer.concat([
    encodeFrame(frameKind.stdout, Buffer.from('hello')),
    encodeFrame(frameKind.stdinEnd),
    encodeFrame(frameKind.stderr, Buffer.alloc(7_000, 7)),
    encodeJsonFrame(frameKind.exit, { exitCode: 3 }),
  ]);

  it.each([1, 3, 5, 4096, stream.length])('come back whole from pieces of %i bytes', (size) => {
    const seen: [number, number][] = [];
    const decoder = new FrameDecoder((kind, payload) => void seen.push([kind, payload.length]));
    for (let at = 0; at < stream.length; at += size) decoder.push(stream.subarray(at, at + size));
    expect(seen).toEqual([
      [frameKind.stdout, 5],
      [frameKind.stdinEnd, 0],
      [frameKind.stderr, 7_000],
      [frameKind.exit, 14],
    ]);
  });

  it('of no known kind, or of an impossible size, are refused', () => {
    const decoder = (): FrameDecoder => new FrameDecoder(() => undefined);
    expect(() => decoder().push(Buffer.from([99, 0, 0, 0, 0]))).toThrow(/none of ours/);
    expect(() => decoder().push(Buffer.from([1, 255, 255, 255, 255]))).toThrow(/none of ours/);
  });
});

describe('lines', () => {
  it('come whole from pieces, and stop where the reader says', () => {
    const seen: string[] = [];
    const reader = new LineReader((line) => seen.push(line) < 2);
    expect(reader.push(Buffer.from('fir'))).toBeUndefined();
    expect(reader.push(Buffer.from('st\nsecond\nrest'))?.toString()).toBe('rest');
    expect(seen).toEqual(['first', 'second']);
  });

  it('without end are refused', () => {
    const reader = new LineReader(() => true);
    expect(() => {
      for (let at = 0; at < 20; at++) reader.push(Buffer.alloc(1 << 20, 97));
    }).toThrow(/longer than/);
  });
});
