import { z } from 'zod';
import { EventStream, sendJson, type Exchange } from '../../inference/exchange.ts';
import { parseBody } from '../../inference/requests.ts';
import { cacheControlSchema, type CacheControl } from '../cache/cache-control.ts';
import type { Operation } from '../config/gateway-config.ts';
import { toAnthropicAnswer } from '../translation/anthropic-answer.ts';
import { anthropicRequestSchema, fromAnthropicRequest } from '../translation/anthropic-request.ts';
import { AnthropicStreamWriter, type NamedEvent } from '../translation/anthropic-stream.ts';
import type { CallRouting } from '../routing/router.ts';
import type { Json } from '../translation/openai-types.ts';
import { anthropicErrorBody, GatewayError, openAiErrorBody, openAiStatus } from './gateway-error.ts';

/** A client's request, whichever face it came to. */
export interface ParsedCall {
  readonly model: string;
  /** In OpenAI's terms, without what is meant for the gateway. */
  readonly body: Json;
  readonly stream: boolean;
  /** Whether the client wants the chunk with the usage. */
  readonly includeUsage: boolean;
  readonly guardrails: readonly string[];
  readonly cache: CacheControl;
  /** What the client wants of the router, in place of what the configuration says. */
  readonly routing: CallRouting;
  readonly endUser: string;
}

/** Writes one answer as a stream of events. */
export interface StreamSink {
  write(chunk: Json): void;
  end(): void;
  /** Tells the client of an error after the headers have gone. */
  fail(error: GatewayError): void;
}

/** How clients of one API speak: what they send and what they understand. */
export interface Face {
  readonly operation: Operation;
  /** LiteLLM's name of the kind of call. */
  readonly callType: string;
  parse(body: Buffer, dropParams: boolean): ParsedCall;
  sendAnswer(exchange: Exchange, answer: Json): void;
  openStream(exchange: Exchange, requestId: string): StreamSink;
  refuse(exchange: Exchange, error: GatewayError, requestId: string): void;
}

const gatewayFields = {
  model: z.string().min(1).max(200),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  user: z.string().max(500).nullish(),
  guardrails: z.array(z.string().max(200)).max(20).nullish(),
  cache: cacheControlSchema,
  disable_fallbacks: z.boolean().nullish(),
  num_retries: z.int().min(0).max(10).nullish(),
};
const chatSchema = z.looseObject({ ...gatewayFields, messages: z.array(z.looseObject({ role: z.string() })).min(1) });
const completionSchema = z.looseObject({ ...gatewayFields, prompt: z.union([z.string(), z.array(z.string()).min(1)]) });
const embeddingSchema = z.looseObject({ ...gatewayFields, input: z.union([z.string(), z.array(z.unknown()).min(1).max(2_048)]) });

/** Fields that are the gateway's to read and no provider's business. */
const ownFields = ['guardrails', 'cache', 'metadata', 'litellm_metadata', 'tags', 'disable_fallbacks', 'num_retries'];
/** What LiteLLM lets clients say and this gateway does not do: passed over, it would surprise. */
const refusedFields = ['fallbacks', 'context_window_fallbacks', 'mock_response', 'mock_testing_fallbacks', 'api_base', 'api_key'];

function openAiFace(
  operation: Operation,
  callType: string,
  schema: typeof chatSchema | typeof completionSchema | typeof embeddingSchema,
): Face {
  return {
    operation,
    callType,
    parse: (body) => toCall(parseBody(schema, body)),
    sendAnswer: (exchange, answer) => sendJson(exchange, 200, answer),
    openStream: (exchange) => new OpenAiSink(exchange),
    refuse: (exchange, error) => {
      setHeaders(exchange, error.headers);
      sendJson(exchange, openAiStatus(error), openAiErrorBody(error));
    },
  };
}

function toCall(body: z.infer<typeof chatSchema> | z.infer<typeof completionSchema> | z.infer<typeof embeddingSchema>): ParsedCall {
  const refused = refusedFields.find((field) => body[field] !== undefined && body[field] !== null);
  if (refused !== undefined)
    throw new GatewayError(400, `\`${refused}\` is for the configuration to say, not for requests.`, {
      type: 'invalid_request_error',
      param: refused,
    });
  return {
    model: body.model,
    body: Object.fromEntries(Object.entries(body).filter(([field, value]) => !ownFields.includes(field) && value !== null)),
    stream: body.stream === true,
    includeUsage: body.stream_options?.include_usage === true,
    guardrails: body.guardrails ?? [],
    cache: body.cache,
    routing: { useFallbacks: body.disable_fallbacks !== true, numRetries: body.num_retries ?? undefined },
    endUser: body.user ?? '',
  };
}

class OpenAiSink implements StreamSink {
  readonly #events: EventStream;

  constructor(exchange: Exchange) {
    this.#events = new EventStream(exchange);
  }

  write(chunk: Json): void {
    this.#events.send(chunk);
  }

  end(): void {
    this.#events.end();
  }

  /** Without `[DONE]`: the answer is not whole. */
  fail(error: GatewayError): void {
    this.#events.send(openAiErrorBody(error));
    this.#events.close();
  }
}

const anthropicFace: Face = {
  operation: 'chat',
  callType: 'anthropic_messages',
  parse: (body, dropParams) =>
    toCall(parseBody(chatSchema, Buffer.from(JSON.stringify(fromAnthropicRequest(parseBody(anthropicRequestSchema, body), dropParams))))),
  sendAnswer: (exchange, answer) => sendJson(exchange, 200, toAnthropicAnswer(answer)),
  openStream: (exchange, requestId) => new AnthropicSink(exchange, requestId),
  refuse: (exchange, error, requestId) => {
    setHeaders(exchange, error.headers);
    sendJson(exchange, error.status, anthropicErrorBody(error, requestId));
  },
};

class AnthropicSink implements StreamSink {
  readonly #events: EventStream;
  readonly #requestId: string;
  readonly #writer = new AnthropicStreamWriter();

  constructor(exchange: Exchange, requestId: string) {
    this.#requestId = requestId;
    this.#events = new EventStream(exchange);
  }

  write(chunk: Json): void {
    this.#send(this.#writer.write(chunk));
  }

  end(): void {
    this.#send(this.#writer.end());
    this.#events.close();
  }

  fail(error: GatewayError): void {
    this.#send([{ event: 'error', data: anthropicErrorBody(error, this.#requestId) }]);
    this.#events.close();
  }

  #send(events: readonly NamedEvent[]): void {
    for (const { event, data } of events) this.#events.sendText(JSON.stringify(data), event);
  }
}

export function setHeaders({ response }: Exchange, headers: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
}

export const faces = {
  chat: openAiFace('chat', 'acompletion', chatSchema),
  completions: openAiFace('completion', 'atext_completion', completionSchema),
  embeddings: openAiFace('embedding', 'aembedding', embeddingSchema),
  messages: anthropicFace,
} as const;
