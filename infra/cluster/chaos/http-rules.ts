import type { HTTPChaosSpec } from '../../chaos/chaos-types.ts';
import { applyMergePatch } from '../meta/patch/merge-patch.ts';
import { ChaosRefusal } from './chaos-context.ts';
import { durationMs } from './units.ts';

export type Headers = Readonly<Record<string, string | readonly string[]>>;

export interface RequestHead {
  readonly method: string;
  /** Path and query, as in the request's first line. */
  readonly target: string;
  readonly headers: Headers;
}

export interface ResponseHead {
  readonly code: number;
  readonly headers: Headers;
}

/** One experiment's rule about the traffic of a port. */
export type HttpRule = Pick<
  HTTPChaosSpec,
  'target' | 'path' | 'method' | 'code' | 'request_headers' | 'response_headers' | 'abort' | 'delay' | 'replace' | 'patch'
>;

/** Throws what cannot be served. */
export function checkRule(spec: HTTPChaosSpec): void {
  const { port, tls, abort, delay, replace, patch, target } = spec;
  if (port === undefined) throw new ChaosRefusal('spec.port is required');
  if (tls !== undefined) throw new ChaosRefusal('tls is not served');
  if (abort !== true && delay === undefined && replace === undefined && patch === undefined)
    throw new ChaosRefusal('no action: one of abort, delay, replace and patch');
  if (delay !== undefined) durationMs(delay, 'delay');
  if (patch?.body !== undefined) patchOf(patch.body.value);
  const isOfRequest = replace?.path ?? replace?.method ?? replace?.queries ?? patch?.queries;
  if (target === 'Response' && isOfRequest !== undefined) throw new ChaosRefusal('paths, methods and queries are of requests');
  if (target === 'Request' && replace?.code !== undefined) throw new ChaosRefusal('codes are of responses');
  for (const pair of [...(patch?.queries ?? []), ...(patch?.headers ?? [])])
    if (pair.length !== 2) throw new ChaosRefusal('patch.queries and patch.headers are lists of pairs');
}

/** Whether the rule is of that request and, where it is given, of its response. */
export function ruleMatches(rule: HttpRule, request: RequestHead, response?: ResponseHead): boolean {
  const [path = ''] = request.target.split('?');
  return (
    (rule.path === undefined || wildcard(rule.path).test(path)) &&
    (rule.method === undefined || rule.method.toUpperCase() === request.method.toUpperCase()) &&
    hasHeaders(request.headers, rule.request_headers) &&
    (response === undefined || rule.code === undefined || rule.code === response.code) &&
    (response === undefined || hasHeaders(response.headers, rule.response_headers))
  );
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}

function hasHeaders(present: Headers, wanted: Readonly<Record<string, string>> | undefined): boolean {
  return Object.entries(wanted ?? {}).every(([name, value]) => [present[name.toLowerCase()]].flat().includes(value));
}

export function delayOf(rules: readonly HttpRule[]): number {
  return rules.reduce((sum, { delay }) => sum + (delay === undefined ? 0 : durationMs(delay, 'delay')), 0);
}

export function changesBody({ replace, patch }: HttpRule): boolean {
  return replace?.body !== undefined || patch?.body !== undefined;
}

export function changeRequest(head: RequestHead, { replace, patch }: HttpRule): RequestHead {
  const url = new URL(replace?.path ?? head.target, 'http://pod');
  if (replace?.path !== undefined && !replace.path.includes('?')) url.search = new URL(head.target, 'http://pod').search;
  for (const [name, value] of Object.entries(replace?.queries ?? {})) url.searchParams.set(name, value);
  for (const [name = '', value = ''] of patch?.queries ?? []) url.searchParams.append(name, value);
  const isTouched = replace?.path !== undefined || replace?.queries !== undefined || patch?.queries !== undefined;
  return {
    method: replace?.method ?? head.method,
    target: isTouched ? `${url.pathname}${url.search}` : head.target,
    headers: changeHeaders(head.headers, replace, patch),
  };
}

export function changeResponse(head: ResponseHead, { replace, patch }: HttpRule): ResponseHead {
  return { code: replace?.code ?? head.code, headers: changeHeaders(head.headers, replace, patch) };
}

function changeHeaders(headers: Headers, replace: HttpRule['replace'], patch: HttpRule['patch']): Headers {
  const next: Record<string, string | readonly string[]> = { ...headers };
  for (const [name, value] of Object.entries(replace?.headers ?? {})) next[name.toLowerCase()] = value;
  for (const [name = '', value = ''] of patch?.headers ?? []) {
    const key = name.toLowerCase();
    next[key] = next[key] === undefined ? value : [next[key], value].flat();
  }
  return next;
}

/** A body that is to be patched and is no JSON stays as it is. */
export function changeBody(body: Buffer, { replace, patch }: HttpRule): Buffer {
  const replaced = replace?.body === undefined ? body : Buffer.from(replace.body, 'base64');
  if (patch?.body === undefined) return replaced;
  const value = parseJson(replaced.toString('utf8'));
  return value === undefined ? replaced : Buffer.from(JSON.stringify(applyMergePatch(value, patchOf(patch.body.value))));
}

function patchOf(text: string): unknown {
  const value = parseJson(text);
  if (value === undefined) throw new ChaosRefusal('patch.body.value is no JSON');
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
