import type { IncomingMessage } from 'node:http';
import { notAcceptable } from '../meta/status-error.ts';
import type { IncludeObject } from '../meta/table.ts';

/** What form an answer takes. */
export type AnswerForm =
  | { readonly kind: 'object' }
  | { readonly kind: 'table'; readonly includeObject: IncludeObject }
  | { readonly kind: 'metadata'; readonly list: boolean };

const producible = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Chooses by the Accept header, in its own order; protobuf is never sent. A watch is a stream of JSON and nothing else. */
export function negotiate(request: IncomingMessage, query: URLSearchParams, { isWatch = false } = {}): AnswerForm {
  for (const { type, parameters } of acceptedTypes(request)) {
    const text = textOf(type);
    if (text === undefined || (isWatch && text !== 'json')) continue;
    const as = parameters.get('as');
    if (as === undefined) return { kind: 'object' };
    if (as === 'Table' && parameters.get('g') === 'meta.k8s.io' && parameters.get('v') === 'v1') {
      return { kind: 'table', includeObject: includeOf(query.get('includeObject')) };
    }
    if ((as === 'PartialObjectMetadataList' || as === 'PartialObjectMetadata') && parameters.get('g') === 'meta.k8s.io')
      return { kind: 'metadata', list: as.endsWith('List') };
  }
  throw notAcceptable(isWatch ? ['application/json'] : producible);
}

export type TextKind = 'json' | 'yaml';

function textOf(type: string): TextKind | undefined {
  if (type === 'application/yaml') return 'yaml';
  return type === 'application/json' || type === '*/*' || type === 'application/*' ? 'json' : undefined;
}

/** How an object is written down. Whoever takes neither gets JSON, in which it can at least be told so. */
export function textKindOf(request: IncomingMessage): TextKind {
  for (const { type } of acceptedTypes(request)) {
    const text = textOf(type);
    if (text !== undefined) return text;
  }
  return 'json';
}

/** Whether JSON is indented: as asked for, and by itself for people at a browser, curl or Wget. */
export function isPretty(request: IncomingMessage): boolean {
  const url = request.url ?? '';
  const at = url.indexOf('?');
  const asked = at < 0 || !url.includes('pretty', at) ? null : new URLSearchParams(url.slice(at + 1)).get('pretty');
  if (asked !== null && asked !== '') return /^(?:1|t|T|TRUE|true|True)$/.test(asked);
  return /^(?:curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '');
}

/** Whether a client takes documents of that type, named outright or by a range. */
export function accepts(request: IncomingMessage, wanted: string): boolean {
  return acceptedTypes(request).some(({ type }) => type === wanted || type === '*/*' || type === `${wanted.split('/')[0] ?? ''}/*`);
}

/** Whether a client names that type itself. */
export function asksFor(request: IncomingMessage, wanted: string): boolean {
  return acceptedTypes(request).some(({ type }) => type === wanted);
}

function includeOf(text: string | null): IncludeObject {
  return text === 'None' || text === 'Object' ? text : 'Metadata';
}

/** Whether the client asks for aggregated discovery, and in which version. */
export function wantsAggregatedDiscovery(request: IncomingMessage): boolean {
  return acceptedTypes(request).some(
    ({ type, parameters }) =>
      type === 'application/json' &&
      parameters.get('g') === 'apidiscovery.k8s.io' &&
      parameters.get('v') === 'v2' &&
      parameters.get('as') === 'APIGroupDiscoveryList',
  );
}

/** Read Accept headers by their text: clients send the same few again and again. */
const readHeaders = new Map<string, readonly MediaRange[]>();
const MAX_READ_HEADERS = 200;

function acceptedTypes(request: IncomingMessage): readonly MediaRange[] {
  const accept = request.headers.accept ?? '*/*';
  const known = readHeaders.get(accept);
  if (known !== undefined) return known;
  const ranges = accept.split(',').map(mediaRange);
  if (readHeaders.size >= MAX_READ_HEADERS) readHeaders.clear();
  readHeaders.set(accept, ranges);
  return ranges;
}

function mediaRange(entry: string): MediaRange {
  const [type = '', ...parameters] = entry.split(';').map((part) => part.trim());
  return {
    type: type.toLowerCase(),
    parameters: new Map(parameters.map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? ''])),
  };
}
