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

/** Chooses by the Accept header, in its own order; JSON is the one form that all clients take, protobuf is never sent. */
export function negotiate(request: IncomingMessage, query: URLSearchParams): AnswerForm {
  for (const { type, parameters } of acceptedTypes(request)) {
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const as = parameters.get('as');
    if (as === undefined) return { kind: 'object' };
    if (as === 'Table' && parameters.get('g') === 'meta.k8s.io' && parameters.get('v') === 'v1') {
      return { kind: 'table', includeObject: includeOf(query.get('includeObject')) };
    }
    if ((as === 'PartialObjectMetadataList' || as === 'PartialObjectMetadata') && parameters.get('g') === 'meta.k8s.io')
      return { kind: 'metadata', list: as.endsWith('List') };
  }
  throw notAcceptable(producible);
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

function acceptedTypes(request: IncomingMessage): readonly MediaRange[] {
  const accept = request.headers.accept ?? '*/*';
  return accept.split(',').map((entry) => {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim());
    return {
      type: type.toLowerCase(),
      parameters: new Map(parameters.map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? ''])),
    };
  });
}
