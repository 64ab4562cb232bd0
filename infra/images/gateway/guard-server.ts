import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ApiError } from '../inference/api-error.ts';
import { readBody, sendEmpty, sendJson, type Exchange } from '../inference/exchange.ts';
import { log } from '../inference/log.ts';
import { chatSchema, parseBody, textOf } from '../inference/requests.ts';
import { newId } from '../inference/generation.ts';
import { tokenize } from '../inference/tokenizer.ts';
import { classify, formatClassification } from './guardrails/classifier.ts';

export const GUARD_MODEL = 'llama-guard-3-8b';

/**
 * The classifier as a service of its own, with the face of a vLLM that serves Llama Guard: so that a gateway can depend on it, and it can be
 * down. It judges the last message of a conversation.
 */
export function createGuardServer(): Server {
  return createServer((request, response) => void answer(request, response));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const exchange: Exchange = { request, response, signal: gone.signal };
  try {
    await dispatch(exchange, `${request.method ?? ''} ${(request.url ?? '/').split('?')[0] ?? '/'}`);
  } catch (error) {
    const told = error instanceof ApiError ? error : new ApiError(500, 'Internal server error');
    if (told !== error) log('error', 'request failed', { error: error instanceof Error ? error.message : String(error) });
    if (!response.headersSent) sendJson(exchange, told.status, told.body());
  }
}

async function dispatch(exchange: Exchange, call: string): Promise<void> {
  if (call === 'GET /health') sendEmpty(exchange, 200);
  else if (call === 'GET /v1/models')
    sendJson(exchange, 200, { object: 'list', data: [{ id: GUARD_MODEL, object: 'model', created: 0, owned_by: 'vllm' }] });
  else if (call === 'POST /v1/chat/completions') await judge(exchange);
  else throw new ApiError(404, 'Not Found');
}

async function judge(exchange: Exchange): Promise<void> {
  const { messages } = parseBody(chatSchema, await readBody(exchange));
  const asked = textOf(messages.at(-1)?.content);
  const verdict = classify(asked);
  const content = formatClassification(verdict);
  const [prompt_tokens, completion_tokens] = [tokenize(asked).length, tokenize(content).length];
  log('info', 'judged', { safe: verdict.safe, categories: verdict.categories });
  sendJson(exchange, 200, {
    id: newId('chatcmpl'),
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: GUARD_MODEL,
    choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  });
}
