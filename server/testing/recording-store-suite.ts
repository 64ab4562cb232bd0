import { buffer, text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import { Recorder } from '../terminals/recorder.ts';
import { RING_BYTES, type RecordingStore } from '../terminals/recording-store.ts';
import type { Store } from '../store/store.ts';
import { RENUMBERED_BY, StoredRecordings } from '../terminals/stored-recordings.ts';
import type { ReplayRing } from '../terminals/replay-ring.ts';
import { ManualClock } from './manual-clock.ts';

interface OpenedStore extends AsyncDisposable {
  readonly store: RecordingStore;
}

/** What every store of recordings must do, whatever is under it. */
export function describeRecordings(kind: string, open: () => Promise<OpenedStore>): void {
  describe(`recordings ${kind}`, () => {
    let opened: OpenedStore;
    let clock: ManualClock;
    const store = (): RecordingStore => opened.store;
    beforeAll(async () => {
      opened = await open();
      clock = new ManualClock();
    });
    afterAll(() => opened[Symbol.asyncDispose]());

    const record = (terminalId: string): Promise<{ recorder: Recorder; ring: ReplayRing; formerEndSeq: number | undefined }> =>
      Recorder.open({
        store: store(),
        terminalId,
        title: 'Terminal 1',
        startedAtMs: clock.now(),
        size: { columns: 80, rows: 24 },
        clock,
        log: createLogger('silent'),
        onReplaced: () => undefined,
      });
    const read = async (terminalId: string, from?: number, to?: number): Promise<Buffer> =>
      buffer(Readable.from(store().read(terminalId, from, to)));
    const said = async (terminalId: string): Promise<string> =>
      (await read(terminalId))
        .toString()
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => (JSON.parse(line) as [number, string, string])[2])
        .join('');

    it('are asciicast that can be read in parts, also while they are written', async () => {
      const { recorder } = await record('parts');
      for (const word of ['grün ', '\u0000\u001b[1m', '🚒']) {
        recorder.output(Buffer.from(word));
        clock.advance(store().flushMs);
      }
      await recorder[Symbol.asyncDispose]();
      expect(await said('parts')).toBe('grün \u0000\u001b[1m🚒');
      const whole = await read('parts');
      expect(await store().size('parts')).toBe(whole.length);
      for (const [from, to] of [
        [0, 5],
        [3, 90],
        [whole.length - 7, whole.length],
        [whole.length, whole.length + 5],
        [5, 5],
      ] as const)
        expect(await read('parts', from, to)).toEqual(whole.subarray(from, to));
    });

    it('give who takes the terminal up the newest output, under numbers that lead back to those of before', async () => {
      let all = Buffer.alloc(0);
      let endSeq = 0;
      for (let round = 0; round < 3; round += 1) {
        const { recorder, ring, formerEndSeq } = await record('tail');
        expect(ring.read(ring.start, RING_BYTES).equals(all.subarray(-RING_BYTES))).toBe(true);
        expect(formerEndSeq ?? ring.end).toBe(endSeq);
        endSeq = ring.end;
        for (let write = 0; write < 9; write += 1) {
          const bytes = Buffer.alloc(((write * 37 + round) % 11) * 9_001, `${round}${write}`);
          recorder.output(bytes);
          endSeq += bytes.length;
          all = Buffer.concat([all, bytes]);
          if (write % 3 === 0) clock.advance(store().flushMs);
        }
        await recorder[Symbol.asyncDispose]();
      }
      const { ring } = await record('tail');
      expect(ring.end - ring.start).toBe(RING_BYTES);
    });

    it('keep the end of a flood for the next, and begin after a gap', async () => {
      const { recorder } = await record('flood');
      recorder.output(Buffer.from('before'));
      clock.advance(store().flushMs);
      for (let index = 0; index < 10; index += 1) recorder.output(Buffer.alloc(64 * 1024, `${index}`));
      await recorder[Symbol.asyncDispose]();
      const { ring } = await record('flood');
      expect(ring.end - ring.start).toBe(RING_BYTES);
      expect(new Set(ring.read(ring.start, RING_BYTES).toString())).toEqual(new Set(['6', '7', '8', '9']));
    });

    it('are gone for good when removed, and none are no error', async () => {
      const { recorder } = await record('gone');
      recorder.output(Buffer.from('secret'));
      await recorder[Symbol.asyncDispose]();
      await store().remove('gone');
      await store().remove('never');
      expect([await store().size('gone'), await store().size('never')]).toEqual([undefined, undefined]);
      expect((await read('gone')).length).toBe(0);
      const { ring } = await record('gone');
      expect(ring.end).toBe(0);
    });
  });
}

/** What holds besides where servers share the recordings. */
export function describeSharedRecordings(kind: string, open: () => Promise<Store>): void {
  describe(`shared recordings ${kind}`, () => {
    let store: Store;
    let recordings: StoredRecordings;
    beforeEach(async () => {
      store = await open();
      recordings = new StoredRecordings(store.db, store.engine);
    });
    afterEach(() => store[Symbol.asyncDispose]());

    it('take nothing from a server that another one has replaced', async () => {
      const first = await recordings.open('tm_1');
      await first.append('[1]\n', Buffer.from('one'), 3);
      const second = await recordings.open('tm_1');
      await expect(first.append('[2]\n', Buffer.from('two'), 6)).rejects.toThrow('Another server');
      await expect(first.append('[3]\n', Buffer.from('three'), 9)).resolves.toBeUndefined();
      expect(second).toMatchObject({ castBytes: 4, tail: { endSeq: RENUMBERED_BY + 3, formerEndSeq: 3, bytes: Buffer.from('one') } });
      await second.append('[4]\n', Buffer.from('four'), RENUMBERED_BY + 7);
      expect(await text(Readable.from(recordings.read('tm_1')))).toBe('[1]\n[4]\n');
      const { tail } = await recordings.open('tm_1');
      expect(tail.bytes.toString()).toBe('onefour');
    });

    it('lose nothing while the database is away for a moment', async () => {
      const writer = await recordings.open('tm_1');
      await writer.append('[1]\n', Buffer.from('one'), 3);
      await store.db.schema.alterTable('recording_chunks').renameTo('away').execute();
      await expect(writer.append('[2]\n', Buffer.from('two'), 6)).rejects.toThrow();
      await store.db.schema.alterTable('away').renameTo('recording_chunks').execute();
      await writer.append('', Buffer.alloc(0), 6);
      await writer.append('[3]\n', Buffer.from('three'), 11);
      expect(await text(Readable.from(recordings.read('tm_1')))).toBe('[1]\n[2]\n[3]\n');
      expect((await recordings.open('tm_1')).tail.bytes.toString()).toBe('onetwothree');
    });

    it('keep little more of the newest output than is asked for', async () => {
      const writer = await recordings.open('tm_1');
      for (let seq = 64 * 1024; seq <= 64 * 64 * 1024; seq += 64 * 1024) await writer.append('', Buffer.alloc(64 * 1024), seq);
      const rows = await store.db.selectFrom('replay_chunks').select('end_seq').execute();
      expect(rows.length * 64 * 1024).toBeLessThanOrEqual(3 * RING_BYTES);
    });
  });
}
