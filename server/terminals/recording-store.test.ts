import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestStore } from '../testing/test-store.ts';
import { describeRecordings, describeSharedRecordings } from '../testing/recording-store-suite.ts';
import type { Store } from '../store/store.ts';
import { FileRecordings } from './file-recordings.ts';
import { moveRecording, MovedRecordings, type RecordingStore } from './recording-store.ts';
import { StoredRecordings } from './stored-recordings.ts';

describeRecordings('in files', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-recordings-'));
  return { store: new FileRecordings(folder), [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
});

describeRecordings('in the database', async () => {
  const store = await openTestStore();
  return { store: new StoredRecordings(store.db), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
});

describeSharedRecordings('in the database', () => openTestStore());

let store: Store & { readonly dataDir: string };
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store[Symbol.asyncDispose]());

describe('recordings of the time before another mode', () => {
  const content = (from: RecordingStore): Promise<string> => text(Readable.from(from.read('tm_1')));

  it('are read, taken along by who goes on with them, and removed', async () => {
    const [files, stored] = [new FileRecordings(store.dataDir), new StoredRecordings(store.db)];
    await (await files.open('tm_1')).append('[1]\n', Buffer.from('one'), 3);
    const moved = new MovedRecordings(stored, files);
    expect([await moved.size('tm_1'), await content(moved), await stored.size('tm_1')]).toEqual([4, '[1]\n', undefined]);
    const writer = await moved.open('tm_1');
    await writer.append('[2]\n', Buffer.from('two'), writer.tail.endSeq + 3);
    expect(await content(moved)).toBe('[1]\n[2]\n');
    expect((await stored.open('tm_1')).tail.bytes.toString()).toBe('onetwo');
    expect(await files.size('tm_1')).toBeUndefined();
    await moved.remove('tm_1');
    expect(await moved.size('tm_1')).toBeUndefined();
  });

  it('are taken anew where that was broken off, and never in place of another recording', async () => {
    const [files, stored] = [new FileRecordings(store.dataDir), new StoredRecordings(store.db)];
    await (await files.open('tm_1')).append('[1]\n[2]\n', Buffer.from('both'), 4);
    await (await stored.open('tm_1')).append('[1]', Buffer.alloc(0), 0);
    await moveRecording(files, stored, 'tm_1');
    expect([await content(stored), await files.size('tm_1')]).toEqual(['[1]\n[2]\n', undefined]);
    expect((await stored.open('tm_1')).tail.bytes.toString()).toBe('both');
    await (await files.open('tm_1')).append('[another]\n', Buffer.alloc(0), 0);
    await moveRecording(files, stored, 'tm_1');
    expect([await content(stored), await content(files)]).toEqual(['[1]\n[2]\n', '[another]\n']);
  });
});
