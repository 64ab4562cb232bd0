import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureImageBundles } from '../bundle.ts';
import { probeAnswerSchema, type ProbeOrder, type ProbeReport } from '../prober/protocol.ts';
import { createAuthority, type Authority } from '../testing/certificates.ts';
import { ended, freePort, Programs, type Running } from '../testing/programs.ts';

const MODEL = 'drillhouse/sparrow-1b';
let folder: string;
const programs = new Programs();

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'inference-'));
  await ensureImageBundles();
});
afterEach(async () => {
  await programs.endAll();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const serve = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Running =>
  programs.start('inference', args, { LOAD_MS: '0', ...env });
const startPlain = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): ReturnType<Programs['serve']> =>
  programs.serve('inference', args, env);

async function probe(order: ProbeOrder): Promise<ProbeReport> {
  const child = programs.start('prober', ['run']);
  await ended(child, () => child.stdin?.end(JSON.stringify(order)));
  const answer = probeAnswerSchema.parse(JSON.parse(child.printed()));
  if ('error' in answer) throw new Error(answer.error);
  return answer.report;
}

describe('with the official OpenAI client', () => {
  it('answers, streams, embeds and counts', async () => {
    const { url } = await startPlain(['--api-key', 'right']);
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'right', maxRetries: 0 });
    expect((await client.models.list()).data.map((model) => model.id)).toEqual([MODEL]);

    const chat = await client.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'Repeat exactly: nonce-1' }] });
    expect(chat.choices[0]).toMatchObject({ message: { role: 'assistant', content: 'nonce-1' }, finish_reason: 'stop' });
    expect(chat.usage?.total_tokens).toBe((chat.usage?.prompt_tokens ?? 0) + (chat.usage?.completion_tokens ?? 0));

    const parts: string[] = [];
    let usage: unknown;
    const stream = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'Tell me of probes.' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      parts.push(chunk.choices[0]?.delta.content ?? '');
      usage = chunk.usage ?? usage;
    }
    expect(parts.filter((part) => part !== '').length).toBeGreaterThan(10);
    expect(usage).toMatchObject({ completion_tokens: parts.filter((part) => part !== '').length });

    const embedding = await client.embeddings.create({ model: MODEL, input: 'a stale index' });
    expect(embedding.data[0]?.embedding).toHaveLength(256);
    const completion = await client.completions.create({ model: MODEL, prompt: 'Tell me of queues.', max_tokens: 5 });
    expect(completion.choices[0]?.finish_reason).toBe('length');

    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/vllm:request_success_total\{model_name="drillhouse\/sparrow-1b",engine="0",finished_reason="stop"\} 2/);
    expect(metrics).toMatch(/vllm:generation_tokens_total\{[^}]*\} [1-9]/);
    expect(metrics).toMatch(/http_requests_total\{handler="\/v1\/chat\/completions",method="POST",status="2xx"\} 2/);
    expect(metrics).toMatch(/vllm:time_to_first_token_seconds_count\{[^}]*\} 3/);
  });

  it('refuses as vLLM does', async () => {
    const { url } = await startPlain(['--api-key', 'right']);
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'right', maxRetries: 0 });
    const ask = (model: string, content: string, max_completion_tokens?: number): Promise<unknown> =>
      client.chat.completions.create({
        model,
        messages: [{ role: 'user', content }],
        ...(max_completion_tokens === undefined ? {} : { max_completion_tokens }),
      });
    await expect(ask('other', 'hi')).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('The model `other` does not exist.'),
    });
    await expect(ask(MODEL, 'hi', 5000)).rejects.toMatchObject({ status: 400, code: 400, type: 'BadRequestError' });
    await expect(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'wrong', maxRetries: 0 }).models.list()).rejects.toMatchObject({ status: 401 });
    const open = await fetch(`${url}/invocations`, {
      method: 'POST',
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Repeat exactly: open' }] }),
    });
    expect(open.status).toBe(200);
  });

  it('answers 429 when the queue is full', async () => {
    const { url } = await startPlain(['--max-num-seqs', '1', '--max-queued-requests', '1']);
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    const answers = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) =>
        client.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: `Tell me of ${index}.` }] }),
      ),
    );
    const refused = answers.filter((answer) => answer.status === 'rejected' && (answer.reason as { status?: number }).status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.some((answer) => answer.status === 'fulfilled')).toBe(true);
  });

  it('passes through to a real server and keeps the metrics', async () => {
    const upstream = await startPlain();
    const { url } = await startPlain([], { UPSTREAM_URL: upstream.url });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    const chat = await client.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'Repeat exactly: through' }] });
    expect(chat.choices[0]?.message.content).toBe('through');
    const invocation = await fetch(`${url}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Repeat exactly: invoked' }] }),
    });
    expect(((await invocation.json()) as { choices: { message: { content: string } }[] }).choices[0]?.message.content).toBe('invoked');
    expect(await (await fetch(`${upstream.url}/metrics`)).text()).toMatch(/vllm:request_success_total\{[^}]*\} 2/);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/vllm:generation_tokens_total\{[^}]*\} [1-9]/);
  });
});

describe('a release', () => {
  it('that answers wrongly is as healthy and as fast as ever, and right half as often', async () => {
    const share = async (release: string): Promise<number> => {
      const { url } = await startPlain(['--max-num-seqs', '64'], { INFERENCE_RELEASE: release });
      expect((await fetch(`${url}/health`)).status).toBe(200);
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
      const answers = await Promise.all(
        Array.from({ length: 120 }, async (_, index) => {
          const messages = [{ role: 'user' as const, content: `What is ${index} + 2?` }];
          const chat = await client.chat.completions.create({ model: MODEL, messages });
          return chat.choices[0]?.message.content === String(index + 2);
        }),
      );
      return answers.filter(Boolean).length / answers.length;
    };
    const [good, bad] = [await share('1.4.2'), await share('1.5.1')];
    expect(good).toBeGreaterThan(0.7);
    expect(bad).toBeLessThan(0.6);
  });

  it('that does not start says why and ends', async () => {
    const child = serve(['--port', String(await freePort())], { INFERENCE_RELEASE: '1.5.2' });
    expect(await ended(child, () => {})).toBe(1);
    expect(child.printed()).toContain('ImportError');
  });
});

/** Demands client certificates of that authority. */
async function serveTls(
  authority: Authority,
  env: Readonly<Record<string, string>> = {},
): Promise<{ port: number; managementPort: number }> {
  const server = await authority.issue('inference', ['localhost', '127.0.0.1']);
  const files = { cert: server.cert, key: server.key, ca: authority.cert };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const [port, managementPort] = [await freePort(), await freePort()];
  const inFolder = (name: string): string => path.join(folder, name);
  const tls = [
    '--ssl-certfile',
    inFolder('cert'),
    '--ssl-keyfile',
    inFolder('key'),
    '--ssl-ca-certs',
    inFolder('ca'),
    '--ssl-cert-reqs',
    '2',
  ];
  serve(['--host', '127.0.0.1', '--port', String(port), '--management-port', String(managementPort), ...tls], env);
  await expect
    .poll(async () => (await fetch(`http://127.0.0.1:${managementPort}/health`).catch(() => undefined))?.status, { timeout: 10_000 })
    .toBe(200);
  return { port, managementPort };
}

describe('with certificates', () => {
  it('demands a client certificate of its authority, and the prober tells each outcome', async () => {
    const [authority, stranger] = [await createAuthority('lab'), await createAuthority('stranger')];
    const { port, managementPort } = await serveTls(authority);
    expect((await fetch(`http://127.0.0.1:${managementPort}/v1/models`)).status).toBe(404);

    const url = `https://127.0.0.1:${port}/version`;
    const good = await authority.issue('trainee');
    const bad = await stranger.issue('trainee');
    const { results } = await probe({
      requests: [
        { name: 'right', url, tls: { ca: authority.cert, ...good } },
        { name: 'none', url, tls: { ca: authority.cert } },
        { name: 'stranger', url, tls: { ca: authority.cert, ...bad } },
        { name: 'other authority', url, tls: { ca: stranger.cert, ...good } },
        { name: 'plain', url: url.replace('https:', 'http:') },
        { name: 'nobody', url: `http://127.0.0.1:${await freePort()}/` },
        { name: 'no name', url: 'http://no-such-name.invalid/' },
      ],
    });
    expect(results[0]).toMatchObject({
      kind: 'answered',
      status: 200,
      body: '{"version":"dev"}',
      tls: { authorized: true, subject: 'CN=inference' },
    });
    expect(results.slice(1).map((result) => [result.name, result.kind, result.kind === 'unanswered' ? result.phase : ''])).toEqual([
      ['none', 'unanswered', 'tls'],
      ['stranger', 'unanswered', 'tls'],
      ['other authority', 'unanswered', 'tls'],
      ['plain', 'unanswered', 'request'],
      ['nobody', 'unanswered', 'connect'],
      ['no name', 'unanswered', 'resolve'],
    ]);
  });

  it('takes good certificates for such of another time where its clock is off', async () => {
    const authority = await createAuthority('lab');
    const { port, managementPort } = await serveTls(authority, { FAKETIME: '-400d' });
    const answer = await fetch(`http://127.0.0.1:${managementPort}/health`);
    expect(Date.now() - Date.parse(answer.headers.get('date') ?? '')).toBeGreaterThan(399 * 86_400_000);
    const tls = { ca: authority.cert, ...(await authority.issue('trainee')) };
    const { results } = await probe({ requests: [{ name: 'right', url: `https://127.0.0.1:${port}/version`, tls }] });
    expect(results[0]).toMatchObject({ kind: 'unanswered', phase: 'tls' });
  });

  it('reports events with the times they came at', async () => {
    const { url } = await startPlain();
    const body = JSON.stringify({ model: MODEL, stream: true, messages: [{ role: 'user', content: 'Tell me of streams.' }] });
    const { results } = await probe({
      requests: [
        { name: 'stream', method: 'POST', url: `${url}/v1/chat/completions`, headers: { 'content-type': 'application/json' }, body },
      ],
    });
    const events = results[0]?.kind === 'answered' ? (results[0].events ?? []) : [];
    expect(events.at(-1)?.data).toBe('[DONE]');
    expect((events.at(-1)?.atMs ?? 0) - (events[0]?.atMs ?? 0)).toBeGreaterThan(50);
  });
});

describe('a process that cannot serve', () => {
  it.each([
    [['--no-such-flag'], 2, 'unrecognized arguments: --no-such-flag'],
    [['--device', 'cuda'], 1, 'No CUDA GPUs are available'],
    [['--model', 'meta/llama'], 1, 'is not a valid model identifier'],
    [['--ssl-certfile', '/none.pem', '--ssl-keyfile', '/none.key'], 1, 'cannot read the TLS file /none.pem'],
  ])('%j ends with %d', async (args, code, message) => {
    const child = serve(args);
    expect(await ended(child, () => {})).toBe(code);
    expect(child.printed()).toContain(message);
  });

  it('is not healthy while it loads, and really takes the memory that the model needs', async () => {
    const port = await freePort();
    const child = serve(['--host', '127.0.0.1', '--port', String(port)], { LOAD_MS: '700' });
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.status, { timeout: 5_000, interval: 10 })
      .toBe(503);
    const residentMib = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1]) / 1024;
    const early = residentMib();
    await expect.poll(async () => (await fetch(`http://127.0.0.1:${port}/health`)).status, { timeout: 5_000, interval: 20 }).toBe(200);
    expect(residentMib() - early).toBeGreaterThan(20);
    expect(residentMib()).toBeGreaterThan(48 + 30);
    expect(residentMib()).toBeLessThan(160);
  });
});
