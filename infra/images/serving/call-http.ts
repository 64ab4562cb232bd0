import { request as requestPlain, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import { addAbortSignal } from 'node:stream';

export interface HttpCall {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  readonly signal: AbortSignal;
}

/** Redirects are not followed: their status is the answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly ok: boolean;
  /** By names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** To be read to its end or destroyed. */
  readonly body: IncomingMessage;
}

/**
 * One request over HTTP or HTTPS. Rejects with the system's error where nobody answers, and with an AbortError once the signal has fired, as does reading the
 * body. In place of fetch, whose first call takes 70 ms of processor more: programs of a sandbox are started often and asked little.
 */
export async function callHttp(url: string | URL, call: HttpCall): Promise<HttpAnswer> {
  try {
    return await send(url, call);
  } catch (error) {
    if (error instanceof LostConnectionError) return send(url, call, false);
    throw error;
  }
}

/** The server closed a connection that was kept, before it saw the request. */
class LostConnectionError extends Error {}

function send(url: string | URL, { method, headers, body, signal }: HttpCall, agent?: false): Promise<HttpAnswer> {
  const target = new URL(url);
  const open = target.protocol === 'https:' ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const request = open(target, { method, headers, signal, ...(agent === undefined ? {} : { agent }) });
    request.once('response', (answer) => {
      const status = answer.statusCode ?? 0;
      resolve({ status, ok: status >= 200 && status < 300, headers: answer.headers, body: addAbortSignal(signal, answer) });
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      reject(request.reusedSocket && error.code === 'ECONNRESET' ? new LostConnectionError(error.message, { cause: error }) : error);
    });
    request.end(body);
  });
}

/** All of an answer as text. Throws RangeError where it is larger. */
export async function readText({ body }: HttpAnswer, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body as AsyncIterable<Uint8Array>) {
    bytes += part.byteLength;
    if (bytes > maxBytes) throw new RangeError('the answer is too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** All of an answer as JSON. Throws SyntaxError where it is none, and RangeError where it is larger. */
export async function readJson(answer: HttpAnswer, maxBytes: number): Promise<unknown> {
  return JSON.parse(await readText(answer, maxBytes));
}
