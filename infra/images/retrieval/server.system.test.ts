import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureImageBundles } from '../bundle.ts';
import { Programs } from '../testing/programs.ts';

const SMALL = 'drillhouse/sparrow-1b';
const MEDIUM = 'drillhouse/heron-8b';
const programs = new Programs();
let folder: string;

beforeAll(() => ensureImageBundles());
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'retrieval-system-'));
  mkdirSync(path.join(folder, 'docs'));
  writeFileSync(path.join(folder, 'docs/ports.md'), '# Ports\nThe port of the gateway is 4000.\n');
  writeFileSync(path.join(folder, 'docs/other.md'), '# Weather\nIt rained on Tuesday.\n');
});
afterEach(async () => {
  await programs.endAll();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (env: Readonly<Record<string, string>> = {}): Promise<string> => {
  const places = { DOCUMENTS_DIR: path.join(folder, 'docs'), INDEX_PATH: path.join(folder, 'index/index.json') };
  return (await programs.serve('retrieval', [], { ...places, ...env }, '/healthz')).url;
};
const ready = (url: string): Promise<void> =>
  expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 10_000, interval: 20 }).toBe(200);
const metric = async (url: string, name: string): Promise<number> =>
  Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(await (await fetch(`${url}/metrics`)).text())?.[1]);
const answer = (url: string, question: string, key?: string): Promise<Response> =>
  fetch(`${url}/v1/answer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ question }),
  });

describe('with an inference server', () => {
  it('embeds, answers from the documents, and refuses once the embedding model is exchanged', async () => {
    const [small, medium] = await Promise.all([
      programs.serve('inference'),
      programs.serve('inference', ['--model', MEDIUM, '--seed', '2']),
    ]);
    const chat = { CHAT_URL: medium.url, CHAT_MODEL: MEDIUM };
    const url = await start({ EMBEDDING_URL: small.url, EMBEDDING_MODEL: SMALL, ...chat });
    await ready(url);
    expect(await (await fetch(`${url}/index`)).json()).toMatchObject({ state: 'ready', model: SMALL, dimensions: 256, documents: 2 });
    expect(await (await fetch(`${url}/search?q=port%20of%20the%20gateway&k=1`)).json()).toMatchObject({
      results: [{ path: 'ports.md', heading: 'Ports' }],
    });
    const answered = await answer(url, 'What is the port of the gateway?');
    expect(await answered.json()).toMatchObject({ answer: '4000', model: MEDIUM, sources: [{ path: 'ports.md' }, { path: 'other.md' }] });
    expect(await metric(url, 'retrieval_answers_total{outcome="ok"}')).toBe(1);

    const exchanged = await start({ EMBEDDING_URL: medium.url, EMBEDDING_MODEL: MEDIUM, ...chat });
    const refused = await answer(exchanged, 'What is the port of the gateway?');
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'index_mismatch' } }]);
    expect(await metric(exchanged, 'retrieval_index_available')).toBe(0);
    expect((await fetch(`${exchanged}/reindex`, { method: 'POST' })).status).toBe(200);
    expect((await answer(exchanged, 'What is the port of the gateway?')).status).toBe(200);
  });

  it('tells that the model or the embeddings fail', async () => {
    const { url: inference } = await programs.serve('inference', ['--api-key', 'right']);
    const url = await start({ CHAT_URL: inference, CHAT_MODEL: SMALL, CHAT_API_KEY: 'wrong' });
    await ready(url);
    const refused = await answer(url, 'What is the port of the gateway?');
    expect([refused.status, await refused.json()]).toMatchObject([
      502,
      { error: { code: 'model_failed', message: expect.stringContaining('401') } },
    ]);
    const deaf = await start({ EMBEDDING_URL: 'http://127.0.0.1:9', EMBEDDING_MODEL: SMALL, INDEX_PATH: path.join(folder, 'none.json') });
    await expect.poll(() => metric(deaf, 'retrieval_index_builds_total{outcome="failed"}')).toBe(1);
    expect(await (await fetch(`${deaf}/search?q=x`)).json()).toMatchObject({ error: { code: 'index_missing' } });
  });
});

describe('by itself', () => {
  it('keeps serving without documents, says why, and recovers by a reindex', async () => {
    rmSync(path.join(folder, 'docs'), { recursive: true });
    const url = await start();
    await expect.poll(() => metric(url, 'retrieval_index_builds_total{outcome="failed"}')).toBe(1);
    const missing = await fetch(`${url}/search?q=x`);
    expect([missing.status, await missing.json()]).toMatchObject([503, { error: { code: 'index_missing' } }]);
    mkdirSync(path.join(folder, 'docs'));
    writeFileSync(path.join(folder, 'docs/a.md'), 'The port of the gateway is 4000.');
    expect(await (await fetch(`${url}/reindex`, { method: 'POST' })).json()).toMatchObject({ state: 'ready', documents: 1 });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('asks for its key everywhere but at probes and metrics', async () => {
    const url = await start({ API_KEY: 'right' });
    await ready(url);
    for (const [open, path] of [
      [true, '/healthz'],
      [true, '/metrics'],
      [false, '/index'],
      [false, '/search?q=port'],
    ] as const)
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, open ? 200 : 401]);
    expect((await fetch(`${url}/reindex`, { method: 'POST', headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    expect((await fetch(`${url}/search?q=port`, { headers: { authorization: 'Bearer right' } })).status).toBe(200);
    expect((await answer(url, 'What is the port of the gateway?', 'right')).status).toBe(501);
  });

  it('refuses what is no request', async () => {
    const url = await start();
    await ready(url);
    expect((await fetch(`${url}/search`)).status).toBe(400);
    expect((await fetch(`${url}/search?q=x&k=1000`)).status).toBe(400);
    expect((await fetch(`${url}/v1/answer`, { method: 'POST', body: '{' })).status).toBe(400);
    expect((await fetch(`${url}/v1/answer`, { method: 'POST', body: 'x'.repeat(5_000_000) })).status).toBe(413);
    expect((await fetch(`${url}/constructor`)).status).toBe(404);
  });
});
