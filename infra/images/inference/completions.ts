import type { Engine } from './engine.ts';
import { EventStream, readBody, sendJson, type Exchange } from './exchange.ts';
import { generate, newId, planChat, planCompletion, usageOf, type Generation } from './generation.ts';
import type { ServerOptions } from './options.ts';
import { wallTimeMs } from './wall-clock.ts';
import { chatSchema, completionSchema, parseBody } from './requests.ts';

/** How chat and plain completions differ in what they send. */
interface Shape {
  readonly id: string;
  readonly object: string;
  readonly chunkObject: string;
  readonly opening: object | undefined;
  choice(text: string, finishReason: string | null): object;
  chunkChoice(text: string, finishReason: string | null): object;
}

export async function chatCompletion(exchange: Exchange, options: ServerOptions, engine: Engine): Promise<void> {
  const request = parseBody(chatSchema, await readBody(exchange));
  const shape: Shape = {
    id: newId('chatcmpl'),
    object: 'chat.completion',
    chunkObject: 'chat.completion.chunk',
    opening: { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
    choice: (content, finish_reason) => ({
      index: 0,
      message: { role: 'assistant', content, tool_calls: [] },
      logprobs: null,
      finish_reason,
      stop_reason: null,
    }),
    chunkChoice: (content, finish_reason) => ({ index: 0, delta: { content }, logprobs: null, finish_reason }),
  };
  await respond(exchange, engine, planChat(request, options), shape, streamingOf(request));
}

export async function textCompletion(exchange: Exchange, options: ServerOptions, engine: Engine): Promise<void> {
  const request = parseBody(completionSchema, await readBody(exchange));
  const choice = (text: string, finish_reason: string | null): object => ({
    index: 0,
    text,
    logprobs: null,
    finish_reason,
    stop_reason: null,
  });
  const shape: Shape = {
    id: newId('cmpl'),
    object: 'text_completion',
    chunkObject: 'text_completion',
    opening: undefined,
    choice,
    chunkChoice: choice,
  };
  await respond(exchange, engine, planCompletion(request, options), shape, streamingOf(request));
}

type Streaming = { readonly kind: 'whole' } | { readonly kind: 'stream'; readonly includeUsage: boolean };

function streamingOf(request: {
  stream?: boolean | null | undefined;
  stream_options?: { include_usage?: boolean | null | undefined } | null | undefined;
}): Streaming {
  return request.stream === true ? { kind: 'stream', includeUsage: request.stream_options?.include_usage === true } : { kind: 'whole' };
}

async function respond(exchange: Exchange, engine: Engine, generation: Generation, shape: Shape, streaming: Streaming): Promise<void> {
  if (streaming.kind === 'stream') {
    await stream(exchange, engine, generation, shape, streaming.includeUsage);
    return;
  }
  const created = Math.floor(wallTimeMs() / 1000);
  const parts: string[] = [];
  const reason = await generate(engine, generation, exchange.signal, (token) => parts.push(token));
  if (reason === 'abort') return;
  sendJson(exchange, 200, {
    id: shape.id,
    object: shape.object,
    created,
    model: generation.model,
    choices: [shape.choice(parts.join(''), reason)],
    usage: usageOf(generation),
  });
}

async function stream(exchange: Exchange, engine: Engine, generation: Generation, shape: Shape, includeUsage: boolean): Promise<void> {
  const base = { id: shape.id, object: shape.chunkObject, created: Math.floor(wallTimeMs() / 1000), model: generation.model };
  let events: EventStream | undefined;
  // Headers go out with the first token, so that a full queue can still answer 429.
  const opened = (): EventStream => {
    if (events !== undefined) return events;
    events = new EventStream(exchange);
    if (shape.opening !== undefined) events.send({ ...base, choices: [shape.opening] });
    return events;
  };
  const reason = await generate(engine, generation, exchange.signal, (token) =>
    opened().send({ ...base, choices: [shape.chunkChoice(token, null)] }),
  );
  if (reason === 'abort') return;
  opened().send({ ...base, choices: [shape.chunkChoice('', reason)] });
  if (includeUsage) opened().send({ ...base, choices: [], usage: usageOf(generation) });
  opened().end();
}
