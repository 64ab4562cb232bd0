import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { FileRecordings } from './file-recordings.ts';
import { Recorder } from './recorder.ts';
import { RING_BYTES } from './recording-store.ts';

let folder: string;
let clock: ManualClock;
let store: FileRecordings;
let files: ReturnType<FileRecordings['filesOf']>;
const startedAtMs = new ManualClock().now();

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-recorder-'));
  clock = new ManualClock();
  store = new FileRecordings(folder);
  files = store.filesOf('tm_1');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (): ReturnType<typeof Recorder.open> =>
  Recorder.open({
    store,
    terminalId: 'tm_1',
    title: 'Terminal 1',
    startedAtMs,
    size: { columns: 80, rows: 24 },
    clock,
    log: createLogger('silent'),
    onReplaced: () => undefined,
  });

async function events(): Promise<[number, string, string][]> {
  const [, ...lines] = (await readFile(files.cast, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as [number, string, string]);
}

describe('a recording', () => {
  it('is asciicast version 2, with characters whole though their bytes were split', async () => {
    const { recorder } = await open();
    const bytes = Buffer.from('grün');
    clock.advance(1_500);
    recorder.output(bytes.subarray(0, 3));
    await recorder[Symbol.asyncDispose]();
    const next = await open();
    expect(JSON.parse((await readFile(files.cast, 'utf8')).split('\n')[0]!)).toMatchObject({
      version: 2,
      width: 80,
      height: 24,
      title: 'Terminal 1',
    });
    expect(await events()).toEqual([[1.5, 'o', 'gr']]);
    next.recorder.resized({ columns: 100, rows: 30 });
    clock.advance(500);
    next.recorder.output(Buffer.from('ok'));
    await next.recorder[Symbol.asyncDispose]();
    expect(await events()).toEqual([
      [1.5, 'o', 'gr'],
      [1.5, 'r', '100x30'],
      [2, 'o', 'ok'],
    ]);
  });

  it('goes on after a crash that cut a line in two', async () => {
    const first = await open();
    first.recorder.output(Buffer.from('whole'));
    await first.recorder[Symbol.asyncDispose]();
    await appendFile(files.cast, '[3.25,"o","cu');
    const second = await open();
    second.recorder.output(Buffer.from('next'));
    await second.recorder[Symbol.asyncDispose]();
    expect((await events()).map(([, , text]) => text)).toEqual(['whole', 'next']);
  });

  it('keeps the end of a flood and says how much it left out', async () => {
    const { recorder } = await open();
    for (let index = 0; index < 40; index += 1) recorder.output(Buffer.alloc(64 * 1024, 'y'));
    recorder.output(Buffer.from('$ '));
    await recorder[Symbol.asyncDispose]();
    const [[, , text]] = (await events()) as [[number, string, string]];
    expect(text.length).toBeLessThan(40_000);
    expect(text).toContain(`[${40 * 64 * 1024 + 2 - 32 * 1024} bytes of output are not in this recording]`);
    expect(text.endsWith('$ ')).toBe(true);
  });

  it('that cannot be written does not stop the terminal', async () => {
    const { recorder } = await open();
    await rm(folder, { recursive: true });
    recorder.output(Buffer.from('x'));
    await expect(recorder[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });
});

describe('the tail', () => {
  it('gives a restarted server the same bytes under the same numbers, after small writes and floods', async () => {
    let all = Buffer.alloc(0);
    for (let run = 0; run < 4; run += 1) {
      const { recorder, ring } = await open();
      expect(ring.end).toBe(all.length);
      expect(ring.read(ring.start, RING_BYTES).equals(all.subarray(-RING_BYTES))).toBe(true);
      for (let write = 0; write < 12; write += 1) {
        const bytes = Buffer.alloc(((write * 37 + run) % 11) * 9_001, `${run}${write}`);
        recorder.output(bytes);
        all = Buffer.concat([all, bytes]);
        if (write % 3 === 0) clock.advance(50);
      }
      await recorder[Symbol.asyncDispose]();
    }
    expect((await stat(files.tail)).size).toBeLessThan(6 * RING_BYTES);
  });

  it('that makes no sense counts as none', async () => {
    const { recorder } = await open();
    await recorder[Symbol.asyncDispose]();
    await writeFile(files.tail, 'nonsense');
    expect((await open()).ring.end).toBe(0);
  });
});
