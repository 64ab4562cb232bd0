import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './api-error.ts';

const MAX_BODY_BYTES = 4 * 1_048_576;

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client goes before the answer is complete. */
  readonly signal: AbortSignal;
}

export async function readBody({ request }: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new ApiError(413, `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function sendJson({ response }: Exchange, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

export function sendEmpty({ response }: Exchange, status: number): void {
  response.writeHead(status, { 'content-length': '0' });
  response.end();
}

/** Server-sent events as OpenAI's clients read them. */
export class EventStream {
  readonly #response: ServerResponse;

  constructor({ response }: Exchange) {
    this.#response = response;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  }

  send(data: unknown): void {
    this.#response.write(`data: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    this.#response.end('data: [DONE]\n\n');
  }
}
