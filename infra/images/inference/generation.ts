import { randomBytes } from 'node:crypto';
import { answer } from './answer.ts';
import { ApiError } from './api-error.ts';
import { QueueFullError, type Engine, type FinishReason } from './engine.ts';
import type { ServerOptions } from './options.ts';
import { textOf, type ChatRequest, type CompletionRequest } from './requests.ts';
import { tokenize } from './tokenizer.ts';

/** What a request asks to be generated, whichever endpoint it came through. */
export interface Generation {
  readonly model: string;
  readonly promptTokens: readonly string[];
  readonly outputTokens: readonly string[];
  readonly finishReason: 'stop' | 'length';
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** What the chat template puts around every message. */
const TEMPLATE_TOKENS_PER_MESSAGE = 4;
const DEFAULT_COMPLETION_TOKENS = 16;

export function planChat(request: ChatRequest, options: ServerOptions): Generation {
  const texts = request.messages.map((message) => textOf(message.content));
  const lastUser = request.messages.findLastIndex((message) => message.role === 'user');
  const prompt = texts[lastUser < 0 ? texts.length - 1 : lastUser] ?? '';
  const promptTokens = request.messages.flatMap((message, index) => [
    ...Array.from({ length: TEMPLATE_TOKENS_PER_MESSAGE }, () => `<|${message.role}|>`),
    ...tokenize(texts[index] ?? ''),
  ]);
  const context = texts.filter((_, index) => index !== lastUser).join('\n');
  return plan(request, options, { prompt, context, promptTokens, limit: request.max_completion_tokens ?? request.max_tokens ?? undefined });
}

export function planCompletion(request: CompletionRequest, options: ServerOptions): Generation {
  const prompt = typeof request.prompt === 'string' ? request.prompt : request.prompt.join('\n');
  return plan(request, options, {
    prompt,
    context: '',
    promptTokens: tokenize(prompt),
    limit: request.max_tokens ?? DEFAULT_COMPLETION_TOKENS,
  });
}

function plan(
  request: ChatRequest | CompletionRequest,
  options: ServerOptions,
  { prompt, context, promptTokens, limit }: { prompt: string; context: string; promptTokens: readonly string[]; limit: number | undefined },
): Generation {
  const model = requireServed(request.model, options);
  const room = options.maxModelLen - promptTokens.length;
  if (room < (limit ?? 1)) {
    const asked = `${promptTokens.length + (limit ?? 0)} tokens (${promptTokens.length} in the messages, ${limit ?? 0} in the completion)`;
    throw new ApiError(
      400,
      `This model's maximum context length is ${options.maxModelLen} tokens. However, you requested ${asked}. Please reduce the length of the messages or completion.`,
    );
  }
  const quality = options.model.quality * options.release.qualityFactor;
  const text = answer({ model: options.model.id, prompt, context, seed: request.seed ?? options.seed, quality });
  const tokens = tokenize(cutAtStop(text, request.stop));
  const most = Math.min(limit ?? room, room);
  return { model, promptTokens, outputTokens: tokens.slice(0, most), finishReason: tokens.length > most ? 'length' : 'stop' };
}

function cutAtStop(text: string, stop: string | readonly string[] | null | undefined): string {
  const stops = stop === null || stop === undefined ? [] : typeof stop === 'string' ? [stop] : stop;
  const ends = stops
    .filter((word) => word !== '')
    .map((word) => text.indexOf(word))
    .filter((index) => index >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}

export function requireServed(model: string | undefined, options: ServerOptions): string {
  const name = model ?? options.servedModelNames[0] ?? options.model.id;
  if (options.servedModelNames.includes(name)) return name;
  throw new ApiError(404, `The model \`${name}\` does not exist.`, 'model');
}

/** Runs a generation on the engine, calling back for every token. A full queue is refused with 429. */
export async function generate(
  engine: Engine,
  generation: Generation,
  signal: AbortSignal,
  onToken: (token: string) => void,
): Promise<FinishReason> {
  try {
    return await engine.submit({ ...generation, signal, onToken });
  } catch (error) {
    if (error instanceof QueueFullError) throw new ApiError(429, 'The waiting queue is full. Please retry later.');
    throw error;
  }
}

export function usageOf(generation: Generation): Usage {
  const prompt = generation.promptTokens.length;
  const completion = generation.outputTokens.length;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

export function newId(prefix: string): string {
  return `${prefix}-${randomBytes(16).toString('hex')}`;
}
