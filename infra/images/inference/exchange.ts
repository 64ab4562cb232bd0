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

export async function readBody({ request, response }: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      // The rest stays unread: another request on this connection would wait behind it for ever.
      response.setHeader('connection', 'close');
      throw new ApiError(413, `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    }
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

/** Server-sent events. */
export class EventStream {
  readonly #response: ServerResponse;

  constructor({ response }: Exchange) {
    this.#response = response;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  }

  send(data: unknown): void {
    this.sendText(JSON.stringify(data));
  }

  /** One line of text as it is; `event` is the name that Anthropic's clients go by. */
  sendText(text: string, event?: string): void {
    this.#response.write(`${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`);
  }

  /** Ends as OpenAI's clients expect it. */
  end(): void {
    this.sendText('[DONE]');
    this.close();
  }

  close(): void {
    this.#response.end();
  }
}
