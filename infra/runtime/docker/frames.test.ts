import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { demultiplex, FrameDecoder } from './frames.ts';
import { LineAssembler } from './log-reader.ts';

function frame(stream: 1 | 2, payload: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(payload), 4);
  return Buffer.concat([header, Buffer.from(payload)]);
}

describe('the engine’s multiplexed stream', () => {
  test('is put together again wherever it is cut', () => {
    const whole = Buffer.concat([frame(1, 'out'), frame(2, 'err'), frame(1, ''), frame(1, 'ä')]);
    for (let size = 1; size <= whole.length; size += 1) {
      const decoder = new FrameDecoder();
      const frames = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        decoder.feed(whole.subarray(i * size, (i + 1) * size)),
      ).flat();
      expect(frames.map(({ stream, payload }) => `${stream}:${payload.toString()}`)).toEqual([
        'stdout:out',
        'stderr:err',
        'stdout:',
        'stdout:ä',
      ]);
    }
  });

  test('goes to two readers, and waits for the slower one', async () => {
    const source = new PassThrough();
    const { stdout, stderr } = demultiplex(source);
    source.write(frame(1, 'x'.repeat(100_000)));
    source.write(frame(2, 'late'));
    source.end();
    await new Promise((resolve) => stdout.once('readable', resolve));
    expect(source.isPaused()).toBe(true);
    const [out, err] = await Promise.all([text(stdout), text(stderr)]);
    expect([out.length, err]).toEqual([100_000, 'late']);
  });

  test('goes on for one reader when the other has left', async () => {
    const source = new PassThrough();
    const { stdout, stderr } = demultiplex(source);
    stderr.destroy();
    source.write(frame(2, 'y'.repeat(100_000)));
    source.end(frame(1, 'kept'));
    expect(await text(stdout)).toBe('kept');
  });

  test('that breaks ends both readers', async () => {
    const source = new PassThrough();
    const { stdout, stderr } = demultiplex(source);
    source.destroy(new Error('gone'));
    await Promise.all([expect(text(stdout)).rejects.toThrow('gone'), expect(text(stderr)).rejects.toThrow('gone')]);
  });
});

describe('lines of kept output', () => {
  const at = (second: number) => `2026-01-01T00:00:0${second}.000000000Z `;

  function lines(...entries: readonly (readonly ['stdout' | 'stderr', string])[]): readonly string[] {
    const assembler = new LineAssembler();
    const out = entries.flatMap(([stream, payload]) => [...assembler.feed({ stream, payload: Buffer.from(payload) })]);
    return [...out, ...assembler.rest()].map((line) => `${line.at.getUTCSeconds()} ${line.stream} ${line.text.toString()}`);
  }

  test('long ones are put together, also when the other stream speaks in between', () => {
    expect(lines(['stdout', `${at(1)}be`], ['stderr', `${at(2)}other\n`], ['stdout', `${at(3)}gin\n`])).toEqual([
      '2 stderr other',
      '1 stdout begin',
    ]);
  });

  test('the last one needs no newline, and an empty one is one', () => {
    expect(lines(['stdout', `${at(1)}\n`], ['stdout', `${at(2)}a b`])).toEqual(['1 stdout ', '2 stdout a b']);
  });

  test('endless ones are cut', () => {
    const chunk = 'z'.repeat(600_000);
    const cut = lines(['stdout', at(1) + chunk], ['stdout', at(1) + chunk], ['stdout', `${at(1)}end\n`]);
    expect(cut.map((line) => line.length)).toEqual([1_200_009, 12]);
  });
});
