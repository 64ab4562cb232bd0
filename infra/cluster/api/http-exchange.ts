import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KubeObject } from '../meta/kube-object.ts';
import { badRequest, requestEntityTooLarge, toStatus } from '../meta/status-error.ts';
import { jsonOf } from '../store/json-text.ts';
import { yamlOf } from '../meta/yaml-output.ts';
import { listText, packedListText } from './list-text.ts';
import { isPretty, textKindOf } from './negotiation.ts';

const MAX_BODY_BYTES = 3 * 1024 * 1024;
const MAX_WARNING_BYTES = 256;

const bodies = new WeakMap<IncomingMessage, Promise<Buffer>>();

/** The whole body. It is read once, so that it can be read before it is the request's turn and taken when it is. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const known = bodies.get(request);
  if (known !== undefined) return known;
  const reading = receiveBody(request);
  bodies.set(request, reading);
  return reading;
}

/** What is past the limit is refused at once and no longer kept; whoever answers closes the connection, see {@link sendError}. */
function receiveBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer): void => {
      bytes += chunk.byteLength;
      if (bytes <= MAX_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      request.off('data', take).resume();
      chunks.length = 0;
      reject(requestEntityTooLarge(`limit is ${MAX_BODY_BYTES}`));
    };
    const leave = (): void => reject(badRequest('the client went away before its request was read'));
    request.on('data', take);
    request.once('end', () => {
      request.off('close', leave);
      resolve(Buffer.concat(chunks));
    });
    request.once('error', reject);
    request.once('close', leave);
  });
}

export function contentTypeOf(request: IncomingMessage): string {
  return request.headers['content-type'] ?? 'application/json';
}

export function sendText(response: ServerResponse, code: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(code, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  // As a text, which Node sends in one piece with the head.
  response.end(text);
}

/** Sends an object in the form that the request asks for: JSON, indented for people, or YAML. */
export function sendObject(response: ServerResponse, code: number, body: object): void {
  const { req: request } = response;
  if (textKindOf(request) === 'yaml') sendText(response, code, yamlOf(body), 'application/yaml');
  else sendText(response, code, isPretty(request) ? indented(body) : jsonOf(body), 'application/json');
}

/** What is a document and no object of the API is always indented, and always JSON. */
export function sendDocument(response: ServerResponse, code: number, body: object): void {
  sendText(response, code, indented(body), 'application/json');
}

function indented(body: object): string {
  return JSON.stringify(body, null, 2);
}

export function sendError(response: ServerResponse, error: unknown): void {
  const status = toStatus(error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { retryAfterSeconds } = status.details ?? {};
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
  // What is left of a body that is too large is not waited for.
  if (status.code === 413) response.setHeader('connection', 'close');
  sendObject(response, status.code ?? 500, status);
}

export interface ListHead {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: object;
}

/** From this size on Kubernetes compresses for clients that take it. */
const COMPRESS_FROM_BYTES = 128 * 1024;

/** Sends a list, where it is plain JSON from texts that are kept with its objects; see list-text. */
export function sendList(request: IncomingMessage, response: ServerResponse, list: ListHead, items: readonly KubeObject[]): void {
  const { kind, apiVersion, metadata } = list;
  if (textKindOf(request) === 'yaml' || isPretty(request)) {
    sendObject(response, 200, { kind, apiVersion, metadata, items });
    return;
  }
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`;
  const { pieces, bytes, isPacked } = takesGzip(request)
    ? packedListText(head, items, COMPRESS_FROM_BYTES)
    : { ...listText(head, items), isPacked: false };
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': bytes,
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
    vary: 'accept-encoding',
  });
  response.cork();
  for (const piece of pieces) response.write(piece);
  response.uncork();
  response.end();
}

export function takesGzip(request: IncomingMessage): boolean {
  const accepted = request.headers['accept-encoding'];
  return typeof accepted === 'string' && accepted.split(',').some((entry) => /^\s*(gzip|\*)\s*(;\s*q=(1|0\.[0-9]*[1-9]).*)?$/.test(entry));
}

/** RFC 7234's Warning header with code 299, as Kubernetes sends deprecations and unknown fields. */
export function addWarning(response: ServerResponse, message: string): void {
  const safe = message
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/["\\]/g, '\\$&')
    .slice(0, MAX_WARNING_BYTES);
  response.appendHeader('warning', `299 - "${safe}"`);
}

export function readInteger(query: URLSearchParams, name: string, pattern = /^\d{1,12}$/): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!pattern.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
