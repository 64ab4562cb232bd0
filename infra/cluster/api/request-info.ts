/** What a request is for, read from its method and path as Kubernetes' RequestInfo does. */
export type RequestInfo = ResourceRequest | NonResourceRequest;

export interface ResourceRequest {
  readonly isResource: true;
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** What follows the subresource, for proxies: begins with a slash or is empty. */
  readonly rest: string;
  readonly path: string;
}

export interface NonResourceRequest {
  readonly isResource: false;
  readonly verb: string;
  readonly path: string;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

const namedVerbs: Readonly<Record<string, Verb>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** Subresources of namespaces themselves; anything else below a namespace is a resource in it. */
const namespaceSubresources = new Set(['status', 'finalize']);

export function parseRequest(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path.split('/').filter((part) => part !== '');
  const core = parts[0] === 'api' && parts.length >= 3;
  const grouped = parts[0] === 'apis' && parts.length >= 4;
  if (!core && !grouped) return { isResource: false, verb: method.toLowerCase(), path };
  const [group, version] = core ? ['', parts[1] ?? ''] : [parts[1] ?? '', parts[2] ?? ''];
  const target = locate(parts.slice(core ? 2 : 3).map(decodePart));
  const verb = verbOf(method, target.name, query);
  return { isResource: true, verb, group, version, path, ...target };
}

interface Target {
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly rest: string;
}

function locate(parts: readonly string[]): Target {
  const inNamespace = parts[0] === 'namespaces' && parts.length >= 3 && !namespaceSubresources.has(parts[2] ?? '');
  const namespace = inNamespace ? parts[1] : undefined;
  const [resource = '', name, subresource, ...rest] = inNamespace ? parts.slice(2) : parts;
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
    rest: rest.length === 0 ? '' : `/${rest.join('/')}`,
  };
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams): Verb {
  const verb = namedVerbs[method] ?? 'get';
  if (name !== undefined) return verb === 'get' && isTrue(query.get('watch')) ? 'watch' : verb;
  if (verb === 'get') return isTrue(query.get('watch')) ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}

/** As Go's converter reads a flag of the query: there and not said to be off. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
