import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { ApiError } from '../inference/api-error.ts';
import { readBody, sendEmpty, sendJson, type Exchange } from '../inference/exchange.ts';
import { log } from '../inference/log.ts';
import { askModel } from './answerer.ts';
import type { RetrievalMetrics } from './metrics.ts';
import type { RetrievalOptions } from './options.ts';
import { RetrievalError } from './retrieval-error.ts';
import type { Retriever } from './retriever.ts';

export interface Service {
  readonly options: RetrievalOptions;
  readonly retriever: Retriever;
  readonly metrics: RetrievalMetrics;
}

interface Route {
  readonly method: 'GET' | 'POST';
  /** Open routes are for probes and scrapes. */
  readonly open: boolean;
  handle(exchange: Exchange, service: Service, url: URL): Promise<void> | void;
}

const MAX_K = 20;
const kSchema = z.coerce.number().int().min(1).max(MAX_K).default(4);
const searchSchema = z.object({ q: z.string().min(1).max(2_000), k: kSchema });
const questionSchema = z.strictObject({ question: z.string().min(1).max(2_000), k: kSchema });

const routes: Readonly<Record<string, Route>> = {
  '/healthz': { method: 'GET', open: true, handle: (exchange) => sendEmpty(exchange, 200) },
  '/readyz': { method: 'GET', open: true, handle: showReadiness },
  '/metrics': { method: 'GET', open: true, handle: showMetrics },
  '/search': { method: 'GET', open: false, handle: searchFor },
  '/v1/answer': { method: 'POST', open: false, handle: answerQuestion },
  '/index': { method: 'GET', open: false, handle: async (exchange, { retriever }) => sendJson(exchange, 200, await retriever.report()) },
  '/reindex': {
    method: 'POST',
    open: false,
    handle: async (exchange, { retriever }) => sendJson(exchange, 200, await retriever.build(exchange.signal)),
  },
};

/** Nothing listens yet. */
export function createServer(service: Service): Server {
  return createHttpServer((request, response) => void respond(service, request, response));
}

async function respond(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = performance.now();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const exchange: Exchange = { request, response, signal: gone.signal };
  const url = new URL(request.url ?? '/', 'http://retrieval');
  const route = Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined;
  try {
    if (route === undefined || route.method !== request.method)
      throw new RetrievalError(404, 'not_found', `There is no ${request.method ?? ''} ${url.pathname}.`);
    if (!route.open) requireKey(request, service.options.apiKey);
    await route.handle(exchange, service, url);
  } catch (error) {
    refuse(exchange, error);
  }
  const tookMs = performance.now() - startedAt;
  service.metrics.request(route === undefined ? 'none' : url.pathname, tookMs / 1000);
  if (route?.open !== true)
    log('info', 'request', { method: request.method, path: url.pathname, status: response.statusCode, tookMs: Math.round(tookMs) });
}

function requireKey(request: IncomingMessage, apiKey: string | undefined): void {
  if (apiKey === undefined) return;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(`Bearer ${apiKey}`), digest(request.headers.authorization ?? ''))) return;
  throw new RetrievalError(401, 'unauthorized', 'A key is needed: Authorization: Bearer <key>.');
}

async function searchFor(exchange: Exchange, { retriever }: Service, url: URL): Promise<void> {
  const { q, k } = parse(searchSchema, { q: url.searchParams.get('q') ?? undefined, k: url.searchParams.get('k') ?? undefined });
  const { hits, ageSeconds } = await retriever.search(q, k, exchange.signal);
  sendJson(exchange, 200, { query: q, results: hits, index: { ageSeconds } });
}

async function answerQuestion(exchange: Exchange, { retriever, options, metrics }: Service): Promise<void> {
  const { question, k } = parse(questionSchema, parseJson(await readBody(exchange)));
  try {
    const { hits, ageSeconds } = await retriever.search(question, k, exchange.signal);
    const answer = await askModel(options, question, hits, exchange.signal);
    metrics.answered('ok');
    sendJson(exchange, 200, {
      ...answer,
      sources: hits.map(({ path, heading, score }) => ({ path, heading, score })),
      index: { ageSeconds },
    });
  } catch (error) {
    metrics.answered(error instanceof RetrievalError ? error.code : 'internal');
    throw error;
  }
}

async function showReadiness(exchange: Exchange, { retriever }: Service): Promise<void> {
  const { state, reason } = await retriever.report();
  sendJson(exchange, state === 'ready' ? 200 : 503, { state, ...(reason === undefined ? {} : { reason }) });
}

async function showMetrics({ response }: Exchange, { metrics, retriever }: Service): Promise<void> {
  metrics.setIndex(await retriever.facts());
  response.writeHead(200, { 'content-type': metrics.registry.contentType });
  response.end(await metrics.registry.metrics());
}

function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RetrievalError(400, 'bad_request', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new RetrievalError(400, 'bad_request', 'The body is not JSON.');
  }
}

function refuse(exchange: Exchange, error: unknown): void {
  if (exchange.response.headersSent) {
    exchange.response.destroy();
    return;
  }
  // The one that reading a body throws says so in vLLM's form.
  if (error instanceof RetrievalError || error instanceof ApiError) {
    sendJson(exchange, error.status, error.body());
    return;
  }
  log('error', 'request failed', { error: error instanceof Error ? error.message : String(error) });
  sendJson(exchange, 500, new RetrievalError(500, 'internal', 'Internal server error.').body());
}
