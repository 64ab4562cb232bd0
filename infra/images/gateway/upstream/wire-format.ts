import type { Deployment, Operation } from '../config/gateway-config.ts';
import { GatewayError } from '../http/gateway-error.ts';
import { fromAnthropicAnswer } from '../translation/anthropic-answer.ts';
import { toAnthropicRequest } from '../translation/anthropic-request.ts';
import { AnthropicStreamReader } from '../translation/anthropic-stream.ts';
import { chatChunkToCompletion, chatToCompletion, completionToChat } from '../translation/completions.ts';
import { asObject, type Json } from '../translation/openai-types.ts';
import { parseJson } from './provider-error.ts';

/** Reads one stream: data of events in, OpenAI's chunks out. */
export interface ChunkReader {
  /** Throws StreamError when the provider reports one inside the stream, and SyntaxError for what is not JSON. */
  read(data: string): readonly Json[];
  /** True once the stream has said that it is whole. */
  readonly complete: boolean;
}

/** A provider's error in the midst of its stream. */
export class StreamError extends Error {}

/** How one request goes over the wire to one deployment, and how its answer is understood. */
export interface WireCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
  readAnswer(body: Json): Json;
  chunkReader(): ChunkReader;
}

const paths: Readonly<Record<Operation, string>> = { chat: 'chat/completions', completion: 'completions', embedding: 'embeddings' };

/** Throws GatewayError 400 when the provider cannot do what is asked. */
export function planWireCall(deployment: Deployment, operation: Operation, request: Json, dropParams: boolean): WireCall {
  const body = { ...deployment.defaults, ...request, model: deployment.model };
  return deployment.provider === 'anthropic'
    ? anthropicCall(deployment, operation, body, dropParams)
    : openAiCall(deployment, operation, body);
}

function openAiCall({ apiBase, apiKey }: Deployment, operation: Operation, body: Json): WireCall {
  // Without the usage at the end of a stream nobody could be charged for it.
  const streaming = body['stream'] === true ? { stream_options: { ...asObject(body['stream_options']), include_usage: true } } : {};
  return {
    url: `${apiBase}/${paths[operation]}`,
    headers: { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) },
    body: { ...body, ...streaming },
    readAnswer: (answer) => answer,
    chunkReader: () => new OpenAiChunkReader(),
  };
}

class OpenAiChunkReader implements ChunkReader {
  #complete = false;

  get complete(): boolean {
    return this.#complete;
  }

  read(data: string): readonly Json[] {
    if (data === '[DONE]') {
      this.#complete = true;
      return [];
    }
    const chunk = requireObject(data);
    if (chunk['error'] !== undefined) throw streamError(chunk);
    return [chunk];
  }
}

function anthropicCall(deployment: Deployment, operation: Operation, body: Json, dropParams: boolean): WireCall {
  if (operation === 'embedding') throw new GatewayError(400, `litellm.BadRequestError: ${deployment.fullModel} makes no embeddings.`);
  const asked = operation === 'completion' ? completionToChat(body) : body;
  const createdSeconds = Math.floor(Date.now() / 1000);
  const shape = operation === 'completion' ? chatToCompletion : (answer: Json): Json => answer;
  return {
    url: `${deployment.apiBase.replace(/\/v1(?:\/messages)?$/, '')}/v1/messages`,
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      ...(deployment.apiKey === undefined ? {} : { 'x-api-key': deployment.apiKey }),
    },
    body: toAnthropicRequest(asked, deployment.model, dropParams),
    readAnswer: (answer) => shape(fromAnthropicAnswer(answer, createdSeconds)),
    chunkReader: () => new AnthropicChunkReader(createdSeconds, operation),
  };
}

class AnthropicChunkReader implements ChunkReader {
  readonly #reader: AnthropicStreamReader;
  readonly #operation: Operation;

  constructor(createdSeconds: number, operation: Operation) {
    this.#reader = new AnthropicStreamReader(createdSeconds);
    this.#operation = operation;
  }

  get complete(): boolean {
    return this.#reader.complete;
  }

  read(data: string): readonly Json[] {
    const event = requireObject(data);
    if (event['type'] === 'error') throw streamError(event);
    const chunks = this.#reader.read(event);
    return this.#operation === 'completion' ? chunks.map(chatChunkToCompletion) : chunks;
  }
}

function requireObject(data: string): Json {
  const object = asObject(parseJson(data));
  if (object === undefined) throw new StreamError('the provider sent what is not JSON');
  return object;
}

function streamError(body: Json): StreamError {
  const message = asObject(body['error'])?.['message'];
  return new StreamError(typeof message === 'string' ? message : 'the provider reported an error within the stream');
}
