import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../cluster/meta/manual-clock.ts';
import { createEmbedder, type Embedder } from './embedder.ts';
import { RetrievalMetrics } from './metrics.ts';
import { readOptions, UsageError } from './options.ts';
import { RetrievalError } from './retrieval-error.ts';
import { Retriever } from './retriever.ts';

const signal = new AbortController().signal;
const ports = '# Ports\nThe port of the gateway is 4000.\n\n# Regions\nThe region of tenant 7 is zone-1.\n';
const builtAtMs = Date.UTC(2026, 5, 1);
let folder: string;
let clock: ManualClock;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'retrieval-'));
  clock = new ManualClock(builtAtMs);
  mkdirSync(path.join(folder, 'docs/sub'), { recursive: true });
  put('ports.md', ports);
  put('sub/people.md', '# On call\nThe telephone of the night shift is 555-0100.\n');
  put('notes.txt', 'The port of the gateway is 9999.');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Documents are a day older than the index unless it is said otherwise. */
function put(name: string, text: string, modifiedAtMs = builtAtMs - 86_400_000): void {
  const file = path.join(folder, 'docs', name);
  writeFileSync(file, text);
  utimesSync(file, modifiedAtMs / 1000, modifiedAtMs / 1000);
}

const indexFile = (): string => path.join(folder, 'index/index.json');
const words = (model: string): Embedder => createEmbedder(readOptions([], { EMBEDDING_MODEL: model }));

function retriever(embedder = words('words-256')): Retriever {
  return new Retriever({ documents: path.join(folder, 'docs'), indexFile: indexFile(), embedder, metrics: new RetrievalMetrics(), clock });
}

const refusal = (run: Promise<unknown>): Promise<{ status: number; code: string; message: string }> =>
  run.then(
    () => expect.fail('was not refused'),
    (error: unknown) => {
      if (!(error instanceof RetrievalError)) throw error;
      return { status: error.status, code: error.code, message: error.message };
    },
  );

describe('a built index', () => {
  it('finds the chunk that speaks of what is asked', async () => {
    const service = retriever();
    expect(await service.build(signal)).toMatchObject({
      state: 'ready',
      model: 'words-256',
      dimensions: 256,
      documents: 2,
      chunks: 3,
      staleDocuments: [],
    });
    const { hits, ageSeconds } = await service.search('What is the telephone of the night shift?', 2, signal);
    expect(hits[0]).toMatchObject({ path: 'sub/people.md', heading: 'On call', text: 'The telephone of the night shift is 555-0100.' });
    expect(hits).toHaveLength(2);
    expect(ageSeconds).toBe(0);
  });

  it('is found by a process that starts later, and has the same checksum for the same content', async () => {
    const first = await retriever().build(signal);
    expect(await retriever().report()).toEqual(first);
    await clock.advance(60_000);
    expect((await retriever().report()).ageSeconds).toBe(60);
    expect((await retriever().build(signal)).checksum).not.toBe(first.checksum);
  });

  it('is not built twice at once', async () => {
    const service = retriever();
    const running = service.build(signal);
    expect(await refusal(service.build(signal))).toMatchObject({ status: 409, code: 'build_running' });
    await running;
    await service.build(signal);
  });

  it('reads documents through the links of a ConfigMap, once', async () => {
    mkdirSync(path.join(folder, 'docs/..2026'));
    writeFileSync(path.join(folder, 'docs/..2026/map.md'), 'The owner of the index is nobody.');
    symlinkSync('..2026', path.join(folder, 'docs/..data'));
    symlinkSync('..data/map.md', path.join(folder, 'docs/map.md'));
    expect(await retriever().build(signal)).toMatchObject({ documents: 3 });
  });
});

describe('an index that is not as it should be', () => {
  it('stale: answers with the old facts and says which documents are newer', async () => {
    const service = retriever();
    await service.build(signal);
    await clock.advance(3_600_000);
    put('ports.md', 'The port of the gateway is 5000.', builtAtMs + 60_000);
    put('new.md', 'New.');
    rmSync(path.join(folder, 'docs/sub/people.md'));
    const { hits, ageSeconds } = await service.search('What is the port of the gateway?', 1, signal);
    expect([hits[0]?.text, ageSeconds]).toEqual(['The port of the gateway is 4000.', 3600]);
    expect((await service.report()).staleDocuments?.toSorted()).toEqual(['new.md', 'ports.md', 'sub/people.md']);
    expect(await service.facts()).toMatchObject({ available: true, ageSeconds: 3600, stale: 3 });
    await service.build(signal);
    expect((await service.search('What is the port of the gateway?', 1, signal)).hits[0]?.text).toBe('The port of the gateway is 5000.');
    expect(await service.facts()).toMatchObject({ ageSeconds: 0, stale: 0 });
  });

  it('touched or put back as they were: documents are not newer than the index', async () => {
    const service = retriever();
    await service.build(signal);
    put('ports.md', 'The port of the gateway is 5000.', builtAtMs + 60_000);
    expect((await service.facts()).stale).toBe(1);
    put('ports.md', ports, builtAtMs + 120_000);
    expect((await service.facts()).stale).toBe(0);
  });

  it('missing: refuses, also when it goes while the service runs', async () => {
    const service = retriever();
    expect(await refusal(service.search('x', 1, signal))).toMatchObject({ status: 503, code: 'index_missing' });
    await service.build(signal);
    rmSync(indexFile());
    expect(await refusal(service.search('x', 1, signal))).toMatchObject({
      code: 'index_missing',
      message: `There is no index at ${indexFile()}.`,
    });
    expect(await service.facts()).toMatchObject({ available: false, documents: 0 });
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['with a changed fact', (text: string) => text.replace('4000', '4001')],
    ['of another kind', () => '{"hello":1}'],
  ])('damaged, %s: refuses until it is built again', async (_, damage) => {
    const service = retriever();
    await service.build(signal);
    writeFileSync(indexFile(), damage(readFileSync(indexFile(), 'utf8')));
    expect(await refusal(service.search('x', 1, signal))).toMatchObject({ status: 503, code: 'index_corrupt' });
    expect(await service.report()).toMatchObject({ state: 'corrupt' });
    await service.build(signal);
    expect((await service.search('port', 1, signal)).hits).toHaveLength(1);
  });

  it('made with another embedding model: refuses and names both', async () => {
    await retriever().build(signal);
    const exchanged = retriever(words('words-384'));
    const { status, code, message } = await refusal(exchanged.search('x', 1, signal));
    expect([status, code]).toEqual([503, 'index_mismatch']);
    expect(message).toContain('"words-256" and has 256 dimensions');
    expect(message).toContain('"words-384" with 384');
    expect(await exchanged.facts()).toMatchObject({ available: false, dimensions: 256 });
    await exchanged.build(signal);
    expect((await exchanged.search('x', 1, signal)).hits).toHaveLength(1);
  });

  it('a build that fails leaves the old index in place', async () => {
    const service = retriever();
    const before = await service.build(signal);
    rmSync(path.join(folder, 'docs'), { recursive: true });
    expect(await refusal(service.build(signal))).toMatchObject({ status: 503, code: 'build_failed' });
    expect((await service.report()).checksum).toBe(before.checksum);
    expect((await service.search('port', 1, signal)).hits).toHaveLength(1);
    expect((await service.facts()).stale).toBe(2);
  });
});

describe('options', () => {
  it('come from the command line before the environment', () => {
    expect(readOptions(['--port', '9000'], { PORT: '8000', DOCUMENTS_DIR: '/d', BUILD_INDEX: '' })).toMatchObject({
      port: 9000,
      documents: '/d',
      build: 'missing',
    });
  });

  it('are all named when they are wrong', () => {
    expect(() => readOptions(['--port', 'x', '--build', 'sometimes'], {})).toThrow(/port: [\s\S]*build: /);
    expect(() => readOptions(['--prot', '1'], {})).toThrow(UsageError);
  });
});
