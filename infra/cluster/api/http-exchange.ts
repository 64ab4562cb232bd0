import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KubeObject } from '../meta/kube-object.ts';
import { badRequest, requestEntityTooLarge, toStatus } from '../meta/status-error.ts';

const MAX_BODY_BYTES = 3 * 1024 * 1024;
const MAX_WARNING_BYTES = 256;

/** Serialised objects, kept as long as the objects themselves: a list of thousands is their texts joined. */
const texts = new WeakMap<object, string>();

export function jsonOf(object: object): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  // Only what is frozen can be kept: the rest may change.
  if (Object.isFrozen(object)) texts.set(object, text);
  return text;
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw requestEntityTooLarge(`limit is ${MAX_BODY_BYTES}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function contentTypeOf(request: IncomingMessage): string {
  return request.headers['content-type'] ?? 'application/json';
}

export function sendText(response: ServerResponse, code: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  const body = Buffer.from(text);
  response.writeHead(code, { 'content-type': contentType, 'content-length': body.byteLength });
  response.end(body);
}

export function sendJson(response: ServerResponse, code: number, body: object): void {
  sendText(response, code, jsonOf(body), 'application/json');
}

export function sendError(response: ServerResponse, error: unknown): void {
  const status = toStatus(error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { retryAfterSeconds } = status.details ?? {};
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
  sendJson(response, status.code ?? 500, status);
}

/** A list's JSON from its objects' cached texts. */
export function listText(kind: string, apiVersion: string, metadata: object, items: readonly KubeObject[]): string {
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[${items.map(jsonOf).join(',')}]}`;
}

/** RFC 7234's Warning header with code 299, as Kubernetes sends deprecations and unknown fields. */
export function addWarning(response: ServerResponse, message: string): void {
  const safe = message
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/["\\]/g, '\\$&')
    .slice(0, MAX_WARNING_BYTES);
  response.appendHeader('warning', `299 - "${safe}"`);
}

export function readInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,12}$/.test(text))
    throw badRequest(`invalid value for ${name}: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
