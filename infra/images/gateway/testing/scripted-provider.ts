import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listen, portOf } from '../../serving/lifecycle.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
  /** Settles when the answer is through or the client has hung up. */
  readonly over: Promise<void>;
}

type Answer = (response: ServerResponse, received: Received) => void;

/** A provider with OpenAI's face that does what a test tells it, and otherwise says what it was told last. */
export class ScriptedProvider {
  readonly received: Received[] = [];
  readonly #script: Answer[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<ScriptedProvider> {
    const server = createServer();
    const provider = new ScriptedProvider(await listen(server, 0, '127.0.0.1'));
    server.on('request', (request, response) => void provider.#answer(request, response));
    return provider;
  }

  get apiBase(): string {
    return `http://127.0.0.1:${portOf(this.#server)}/v1`;
  }

  /** What the next requests get, in turn. */
  script(...answers: readonly Answer[]): void {
    this.#script.push(...answers);
  }

  reset(): void {
    this.received.length = 0;
    this.#script.length = 0;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = JSON.parse(Buffer.concat(parts).toString()) as Received['body'];
    const over = new Promise<void>((resolve) => response.once('close', resolve));
    const received = { path: request.url ?? '', headers: request.headers, body, over };
    this.received.push(received);
    (this.#script.shift() ?? echo)(response, received);
  }
}

export const refuse =
  (status: number, error: object = {}, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ error: { message: 'no', ...error } }));

export const say =
  (content: string): Answer =>
  (response, { body }) =>
    body['stream'] === true ? stream(response, content, 'whole') : response.end(JSON.stringify(completion(content)));

/** A stream that calls a tool. */
export const callTool: Answer = (response) => {
  const delta = { content: null, tool_calls: [{ index: 0, id: 'call-1', type: 'function', function: { name: 'f', arguments: '{}' } }] };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const fields of [{ choices: [{ index: 0, delta, finish_reason: 'tool_calls' }] }, { choices: [], usage }])
    response.write(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', ...fields })}\n\n`);
  response.end('data: [DONE]\n\n');
};

/** Streams and ends in good order, but for the word that it is the end. */
export const stopShort =
  (content: string): Answer =>
  (response) =>
    stream(response, content, 'short');

/** Streams so many words and resets the connection. */
export const breakOff =
  (content: string): Answer =>
  (response) =>
    stream(response, content, 'broken');

export const hang: Answer = () => undefined;

const echo: Answer = (response, received) => {
  const messages = received.body['messages'] as readonly { readonly content: string }[];
  say(messages.at(-1)?.content ?? '')(response, received);
};

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const base = { id: 'chatcmpl-scripted', created: 1, model: 'alpha-4-nano-2026-04-14' };

function completion(content: string): object {
  const choices = [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }];
  return { ...base, object: 'chat.completion', choices, usage };
}

function stream(response: ServerResponse, content: string, end: 'whole' | 'short' | 'broken'): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (fields: object): void =>
    void response.write(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', ...fields })}\n\n`);
  for (const word of content.match(/\s*\S+/g) ?? []) send({ choices: [{ index: 0, delta: { content: word }, finish_reason: null }] });
  if (end === 'broken') {
    setImmediate(() => response.destroy());
    return;
  }
  if (end === 'short') {
    response.end();
    return;
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  send({ choices: [], usage });
  response.end('data: [DONE]\n\n');
}
