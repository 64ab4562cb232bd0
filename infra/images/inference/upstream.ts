import { pipeline } from 'node:stream/promises';
import { callHttp, type HttpAnswer } from '../serving/call-http.ts';
import { ApiError } from './api-error.ts';
import { readBody, type Exchange } from './exchange.ts';
import type { EngineObserver } from './engine.ts';

const UPSTREAM_TIMEOUT_MS = 300_000;
/** Answers past this pass through uncounted. */
const MAX_COUNTED_BYTES = 1_048_576;

/** Passes a request on to a real OpenAI-compatible server and keeps the metrics from what comes back. */
export async function passThrough(exchange: Exchange, url: URL, observer: EngineObserver): Promise<void> {
  const { request, response } = exchange;
  const startedAt = performance.now();
  const body = request.method === 'GET' ? undefined : await readBody(exchange);
  const answer = await callUpstream(url, exchange, body);
  response.writeHead(answer.status, { 'content-type': answer.headers['content-type'] ?? 'application/json' });
  let firstByteAt: number | undefined;
  let text = '';
  const counted = async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      firstByteAt ??= performance.now();
      if (text.length < MAX_COUNTED_BYTES) text += Buffer.from(chunk).toString('utf8');
      yield chunk;
    }
  };
  await pipeline(answer.body, counted, response);
  if (answer.ok && request.method === 'POST') observe(observer, text, startedAt, firstByteAt ?? performance.now());
}

async function callUpstream(url: URL, { request, signal }: Exchange, body: Buffer | undefined): Promise<HttpAnswer> {
  const key = process.env['UPSTREAM_API_KEY'];
  try {
    return await callHttp(url, {
      method: request.method ?? 'GET',
      headers: {
        'content-type': request.headers['content-type'] ?? 'application/json',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(UPSTREAM_TIMEOUT_MS)]),
    });
  } catch (error) {
    throw new ApiError(
      503,
      `The upstream server at UPSTREAM_URL did not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function observe(observer: EngineObserver, text: string, startedAt: number, firstByteAt: number): void {
  const now = performance.now();
  const count = (field: string): number => Number([...text.matchAll(new RegExp(`"${field}"\\s*:\\s*(\\d+)`, 'g'))].at(-1)?.[1] ?? 0);
  observer.firstToken((firstByteAt - startedAt) / 1000);
  observer.finished(
    {
      queueSeconds: 0,
      prefillSeconds: (firstByteAt - startedAt) / 1000,
      decodeSeconds: (now - firstByteAt) / 1000,
      totalSeconds: (now - startedAt) / 1000,
      promptTokens: count('prompt_tokens'),
      generatedTokens: count('completion_tokens'),
    },
    'stop',
  );
}
