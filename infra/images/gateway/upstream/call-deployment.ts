import { callHttp, readText, type HttpAnswer } from '../../serving/call-http.ts';
import type { Deployment, Operation } from '../config/gateway-config.ts';
import { asObject, type Json } from '../translation/openai-types.ts';
import { readEvents } from './event-lines.ts';
import { parseJson, ProviderError, readRefusal, tellingHeaders } from './provider-error.ts';
import { planWireCall, type ChunkReader, type WireCall } from './wire-format.ts';

export interface UpstreamRequest {
  readonly operation: Operation;
  readonly body: Json;
  readonly stream: boolean;
  readonly dropParams: boolean;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

export type UpstreamAnswer =
  | { readonly kind: 'whole'; readonly body: Json; readonly headers: Readonly<Record<string, string>> }
  /** The first chunk has come already: errors before it are thrown by the call, those after it by the iteration. */
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Json>; readonly headers: Readonly<Record<string, string>> };

const MAX_ANSWER_BYTES = 16 * 1_048_576;
/** No stream lives longer, however slowly it drips. */
const MAX_STREAM_MS = 900_000;

/** Asks one deployment once. Throws ProviderError; GatewayError when it cannot be asked such a thing; the signal's reason when it aborts. */
export async function callDeployment(deployment: Deployment, request: UpstreamRequest): Promise<UpstreamAnswer> {
  const call = planWireCall(deployment, request.operation, request.body, request.dropParams);
  const patience = new Patience(deployment, request);
  try {
    const response = await send(call, patience);
    const headers = tellingHeaders(response.headers);
    if (!response.ok)
      throw readRefusal(deployment, response.status, response.headers, (await readText(response, MAX_ANSWER_BYTES)).slice(0, 20_000));
    if (!request.stream) return { kind: 'whole', body: call.readAnswer(await readAnswer(deployment, response)), headers };
    const chunks = readChunks(response, call.chunkReader(), patience);
    const first = await chunks.next();
    if (first.done === true)
      throw new ProviderError(deployment, { kind: 'server', status: 500, message: 'the stream ended before it began' });
    return { kind: 'stream', chunks: resume(first.value, chunks, patience), headers };
  } catch (error) {
    patience[Symbol.dispose]();
    throw patience.explain(error);
  } finally {
    // A stream that has begun goes on under the same patience.
    if (!request.stream) patience[Symbol.dispose]();
  }
}

async function send(call: WireCall, { signal }: Patience): Promise<HttpAnswer> {
  return callHttp(call.url, { method: 'POST', headers: call.headers, body: JSON.stringify(call.body), signal });
}

async function readAnswer(deployment: Deployment, response: HttpAnswer): Promise<Json> {
  const body = asObject(parseJson(await readText(response, MAX_ANSWER_BYTES)));
  if (body === undefined)
    throw new ProviderError(deployment, { kind: 'server', status: 500, message: 'the provider answered what is not JSON' });
  return body;
}

async function* readChunks({ body }: HttpAnswer, reader: ChunkReader, patience: Patience): AsyncGenerator<Json> {
  for await (const data of readEvents(body)) {
    patience.renew();
    yield* reader.read(data);
    if (reader.complete) return;
  }
  throw new Error('the stream broke off before its end');
}

async function* resume(first: Json, rest: AsyncGenerator<Json>, patience: Patience): AsyncGenerator<Json> {
  try {
    yield first;
    yield* rest;
  } catch (error) {
    throw patience.explain(error);
  } finally {
    patience[Symbol.dispose]();
    await rest.return(undefined);
  }
}

/** How long a call may take: all of it for a whole answer, for a stream the time to its first chunk and then between two. */
class Patience implements Disposable {
  readonly signal: AbortSignal;
  readonly #deployment: Deployment;
  readonly #clientSignal: AbortSignal;
  readonly #spent = new AbortController();
  readonly #streamEnds: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout;

  constructor(deployment: Deployment, { stream, signal }: UpstreamRequest) {
    this.#deployment = deployment;
    this.#clientSignal = signal;
    this.signal = AbortSignal.any([signal, this.#spent.signal]);
    this.#timer = this.#expireAfter(stream ? deployment.streamTimeoutMs : deployment.timeoutMs);
    this.#streamEnds = stream ? this.#expireAfter(MAX_STREAM_MS) : undefined;
  }

  renew(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#expireAfter(this.#deployment.timeoutMs);
  }

  /** What went wrong, as a ProviderError unless it is the client that went. The system's errors have a code. */
  explain(error: unknown): unknown {
    if (error instanceof ProviderError || this.#clientSignal.aborted || isOurs(error)) return error;
    if (this.#spent.signal.aborted)
      return new ProviderError(this.#deployment, { kind: 'timeout', status: 408, message: 'Request timed out', cause: error });
    const reason = error instanceof Error ? error.message : String(error);
    const isBroken = error instanceof Error && !('code' in error);
    return new ProviderError(this.#deployment, {
      kind: isBroken ? 'server' : 'connection',
      status: 500,
      message: isBroken ? reason : `Connection error: ${reason}`,
      cause: error,
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#streamEnds);
  }

  #expireAfter(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#spent.abort(), ms).unref();
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && error.name === 'GatewayError';
}
