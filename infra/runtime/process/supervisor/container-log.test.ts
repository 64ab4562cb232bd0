import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CriDecoder, CriEncoder, parseCriPart } from '../cri-log.ts';
import type { WireLogRequest } from '../wire.ts';
import { ContainerLog, selectStart } from './container-log.ts';

const at = Date.UTC(2026, 10, 21, 3, 0, 5, 123);

describe('stored lines', () => {
  it('are in the format of the container runtime interface', () => {
    expect(new CriEncoder('stdout').encode(Buffer.from('hello\n\n'), at).toString()).toBe(
      '2026-11-21T03:00:05.123000000Z stdout F hello\n2026-11-21T03:00:05.123000000Z stdout F \n',
    );
  });

  it('come back whole however they were cut', () => {
    const text = `short\n${'x'.repeat(40_000)}\nend`;
    for (const size of [1, 7, 16_384, 100_000]) {
      const encoder = new CriEncoder('stderr');
      const stored: Buffer[] = [];
      for (let from = 0; from < text.length; from += size) stored.push(encoder.encode(Buffer.from(text.slice(from, from + size)), at));
      stored.push(encoder.flush(at));
      const decoder = new CriDecoder();
      const lines = [...decoder.push(Buffer.concat(stored).subarray(0, 30_000)), ...decoder.push(Buffer.concat(stored).subarray(30_000))];
      expect(lines.map(({ text: line }) => line.toString())).toEqual(['short', 'x'.repeat(40_000), 'end']);
      expect(lines[0]).toMatchObject({ stream: 'stderr', at: new Date(at) });
    }
  });

  it('that a full disk cut are passed over', () => expect(parseCriPart(Buffer.from('2026-11-21T03:0'))).toBeUndefined());
});

describe('which stored lines a request wants', () => {
  const line = (seconds: number, tag: string, text: string): string => `2026-11-21T03:00:0${seconds}.000000000Z stdout ${tag} ${text}\n`;
  const stored = Buffer.from([line(1, 'F', 'a'), line(2, 'P', 'b1'), line(2, 'F', 'b2'), line(3, 'F', 'c')].join(''));

  it.each([
    [{}, 4],
    [{ tailLines: 1 }, 1],
    [{ tailLines: 2 }, 3],
    [{ tailLines: 0 }, 0],
    [{ tailLines: 99 }, 4],
    [{ sinceMs: Date.UTC(2026, 10, 21, 3, 0, 2) }, 3],
    [{ sinceMs: Date.UTC(2026, 10, 21, 3, 0, 2), tailLines: 1 }, 1],
  ])('%j', (request, lines) => expect(selectStart(stored, request).toString().split('\n').length - 1).toBe(lines));
});

describe('a container’s log', () => {
  let folder: string;
  let log: ContainerLog;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'drillhouse-log-'));
    log = new ContainerLog(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function read(request: Partial<WireLogRequest> = {}, signal = new AbortController().signal): Promise<string[]> {
    const decoder = new CriDecoder();
    const lines: string[] = [];
    for await (const chunk of log.read({ follow: false, ...request }, signal))
      for (const { text } of decoder.push(chunk)) lines.push(text.toString());
    return lines;
  }

  const write = (from: number, count: number, width = 1000): void => {
    for (let number = from; number < from + count; number++) log.append('stdout', Buffer.from(`${String(number).padEnd(width)}\n`));
  };

  it('loses nothing to a follower over rotations', async () => {
    const following = read({ follow: true });
    for (let from = 0; from < 12_000; from += 500) {
      write(from, 500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    log.end();
    const lines = await following;
    expect(lines.map(Number)).toEqual(Array.from({ length: 12_000 }, (_, number) => number));
  });

  it('keeps the newest ten MiB', async () => {
    write(0, 30_000);
    const lines = await read();
    expect(Number(lines.at(-1))).toBe(29_999);
    expect(lines.length * 1040).toBeGreaterThan(5 << 20);
    expect(lines.length * 1040).toBeLessThan(10.5 * (1 << 20));
    expect(lines.map(Number)).toEqual(Array.from({ length: lines.length }, (_, at) => 30_000 - lines.length + at));
  });

  it('ends a follow that is aborted', async () => {
    const abort = new AbortController();
    const following = read({ follow: true }, abort.signal);
    abort.abort();
    expect(await following).toEqual([]);
  });
});
