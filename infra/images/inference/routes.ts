import { chatCompletion, textCompletion } from './completions.ts';
import { embed, toBase64 } from './embedding.ts';
import type { Engine } from './engine.ts';
import { readBody, sendEmpty, sendJson, type Exchange } from './exchange.ts';
import { newId, requireServed } from './generation.ts';
import type { ServerMetrics } from './metrics.ts';
import type { ServerOptions } from './options.ts';
import { embeddingSchema, parseBody, tokenizeSchema } from './requests.ts';
import { tokenId, tokenize } from './tokenizer.ts';

export interface Service {
  readonly options: ServerOptions;
  readonly metrics: ServerMetrics;
  readonly engine: Engine;
  /** False while weights load. */
  ready: boolean;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Guarded routes want the API key where one is set. As in vLLM that is `/v1` and nothing else: `/invocations` stays open. */
  readonly guarded: boolean;
  /** Answers while weights still load. */
  readonly early: boolean;
  handle(exchange: Exchange, service: Service): Promise<void> | void;
}

export const managementRoutes: readonly Route[] = [
  { method: 'GET', path: '/health', guarded: false, early: true, handle: health },
  { method: 'GET', path: '/ping', guarded: false, early: true, handle: health },
  { method: 'GET', path: '/metrics', guarded: false, early: true, handle: showMetrics },
];

export const routes: readonly Route[] = [
  ...managementRoutes,
  {
    method: 'GET',
    path: '/version',
    guarded: false,
    early: true,
    handle: (exchange, { options }) => sendJson(exchange, 200, { version: options.release.version }),
  },
  {
    method: 'GET',
    path: '/load',
    guarded: false,
    early: false,
    handle: (exchange, { engine }) => sendJson(exchange, 200, { server_load: engine.running + engine.waiting }),
  },
  {
    method: 'GET',
    path: '/v1/models',
    guarded: true,
    early: false,
    handle: (exchange, { options }) => sendJson(exchange, 200, listModels(options)),
  },
  {
    method: 'POST',
    path: '/v1/chat/completions',
    guarded: true,
    early: false,
    handle: (exchange, { options, engine }) => chatCompletion(exchange, options, engine),
  },
  {
    method: 'POST',
    path: '/v1/completions',
    guarded: true,
    early: false,
    handle: (exchange, { options, engine }) => textCompletion(exchange, options, engine),
  },
  { method: 'POST', path: '/v1/embeddings', guarded: true, early: false, handle: embeddings },
  { method: 'POST', path: '/tokenize', guarded: false, early: false, handle: tokenization },
  {
    method: 'POST',
    path: '/invocations',
    guarded: false,
    early: false,
    handle: (exchange, { options, engine }) => chatCompletion(exchange, options, engine),
  },
];

function health(exchange: Exchange, service: Service): void {
  sendEmpty(exchange, service.ready ? 200 : 503);
}

async function showMetrics({ response }: Exchange, { metrics }: Service): Promise<void> {
  const text = await metrics.registry.metrics();
  response.writeHead(200, { 'content-type': metrics.registry.contentType });
  response.end(text);
}

function listModels(options: ServerOptions): object {
  const created = Math.floor(Date.now() / 1000);
  const data = options.servedModelNames.map((id) => ({
    id,
    object: 'model',
    created,
    owned_by: 'vllm',
    root: options.model.id,
    parent: null,
    max_model_len: options.maxModelLen,
  }));
  return { object: 'list', data };
}

async function embeddings(exchange: Exchange, { options }: Service): Promise<void> {
  const request = parseBody(embeddingSchema, await readBody(exchange));
  const model = requireServed(request.model, options);
  const inputs = typeof request.input === 'string' ? [request.input] : request.input;
  const data = inputs.map((input, index) => {
    const vector = embed(input, options.model.embeddingDimensions);
    return { index, object: 'embedding', embedding: request.encoding_format === 'base64' ? toBase64(vector) : vector };
  });
  const tokens = inputs.reduce((sum, input) => sum + tokenize(input).length, 0);
  sendJson(exchange, 200, {
    id: newId('embd'),
    object: 'list',
    model,
    data,
    usage: { prompt_tokens: tokens, total_tokens: tokens, completion_tokens: 0 },
  });
}

async function tokenization(exchange: Exchange, { options }: Service): Promise<void> {
  const { prompt } = parseBody(tokenizeSchema, await readBody(exchange));
  const tokens = tokenize(prompt).map(tokenId);
  sendJson(exchange, 200, { count: tokens.length, max_model_len: options.maxModelLen, tokens, token_strs: null });
}
