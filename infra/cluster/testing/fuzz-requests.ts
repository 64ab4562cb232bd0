import { apiVersionOf, type ResourceInfo } from '../meta/registry.ts';
import { encode, randomObject, randomResource, strangeValue } from './fuzz-objects.ts';
import { protobufBody } from './fuzz-protobuf.ts';
import type { Random } from './random.ts';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | undefined;
}

const namespaces = ['default', 'default', 'default', 'kube-system', 'nowhere', 'drillhouse-system', '%00', '..', 'a%2Fb', ''];
const names = [
  'a',
  'b',
  'c',
  'web',
  'default',
  'target',
  '%2e%2e',
  '%',
  'A',
  'x'.repeat(300),
  'a:b:c',
  'http:web:80',
  'target:80',
  'https:target:82',
];
const selectors = [
  'a=b',
  'a',
  '!a',
  'a in (b,c)',
  'a notin ()',
  'a==b,c!=d',
  '((',
  'a in (',
  '=',
  ',',
  'a=b=c',
  '"',
  'x/y/z=1',
  'a>1',
  'a>x',
  '日=本',
];
const fields = [
  'metadata.name=a',
  'metadata.namespace!=default',
  'status.phase=Running',
  'spec.x=y',
  '=',
  'metadata.name',
  'a=b,',
  'metadata.name=\\',
];
const versions = ['0', '1', '5', '999999999', '-1', 'x', '1e3', '18446744073709551616', ''];
const tokens = [
  'garbage',
  '',
  'e30',
  Buffer.from('{"revision":"1","after":"/"}').toString('base64url'),
  Buffer.from('{"revision":1}').toString('base64url'),
  Buffer.from('[[[').toString('base64url'),
  Buffer.from('null').toString('base64url'),
];
const numbers = ['0', '1', '2', '-1', '99999999999999', 'x', '1.5', '', 'Infinity'];
const accepts = [
  'application/json',
  '*/*',
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  'application/json;as=Table;v=v9;g=x',
  'application/vnd.kubernetes.protobuf',
  'application/yaml',
  'text/html',
  ';;;',
  'application/json;stream=watch',
];
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/x',
];
const pointers = [
  '/metadata/labels',
  '/metadata/labels/a',
  '/spec',
  '/spec/containers/0',
  '/spec/containers/-',
  '/spec/x~1y',
  '',
  '/',
  'spec',
  '/metadata/name',
  '/__proto__/x',
  '/metadata/finalizers/99',
];

export function randomRequest(random: Random): FuzzRequest {
  const info = randomResource(random);
  const method = random.chance(0.04)
    ? random.pick(['OPTIONS', 'HEAD', 'TRACE', 'PROPFIND', 'LINK'])
    : random.pick(['GET', 'GET', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'DELETE']);
  const path = random.chance(0.04) ? random.pick(oddPaths) : pathOf(random, info, method);
  const { body, headers } = bodyFor(random, info, method);
  return { method, path: `${path}${queryOf(random, method)}`, headers: { ...headers, ...headersOf(random) }, body };
}

const oddPaths = [
  '/',
  '//',
  '/api',
  '/api/v1',
  '/api/v9/pods',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/apis/x/y/z',
  '/openapi/v3',
  '/openapi/v3/apis/apps/v1',
  '/openapi/v2',
  '/version',
  '/healthz',
  '/readyz',
  '/metrics',
  '/livez/ping',
  '/readyz/nothing',
  '/.well-known/openid-configuration',
  '/openid/v1/jwks',
  '/%',
  '/api/v1/%ff',
  '/api/v1/namespaces',
  '/api/v1/namespaces//pods',
  '/api/v1/namespaces/default/pods/a/b/c/d',
  '/apis/metrics.k8s.io/v1beta1/pods',
  '/apis/metrics.k8s.io/v1beta1/nodes',
  '/api/v1/componentstatuses',
];

function pathOf(random: Random, info: ResourceInfo, method: string): string {
  const root = info.group === '' ? `/api/${info.version}` : `/apis/${apiVersionOf(info)}`;
  const inNamespace = info.namespaced === random.chance(0.95) ? `/namespaces/${random.pick(namespaces)}` : '';
  const needsName = method !== 'POST' && !random.chance(method === 'GET' ? 0.5 : 0.1);
  const isSub = random.chance(0.15);
  const name = needsName || isSub ? `/${random.chance(0.8) ? random.pick(names.slice(0, 6)) : random.pick(names)}` : '';
  const subs = info.subresources.map((sub) => sub.name);
  const sub = isSub ? `/${random.pick([...subs, 'status', 'scale', 'nothing'])}` : '';
  return `${root}${inNamespace}/${info.resource}${name}${sub}`;
}

function bodyFor(
  random: Random,
  info: ResourceInfo,
  method: string,
): { readonly body: Buffer | undefined; readonly headers: Record<string, string> } {
  if (method === 'PATCH') {
    const contentType = random.pick(patchTypes);
    const { bytes } = encode(random, contentType.includes('json-patch') ? jsonPatch(random, info) : randomObject(random, info));
    return { body: bytes, headers: { 'content-type': contentType } };
  }
  if (method === 'DELETE') {
    if (random.chance(0.7)) return { body: undefined, headers: {} };
    const options = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      gracePeriodSeconds: random.pick<unknown>([0, -1, 5, 'x']),
      propagationPolicy: random.pick<unknown>(['Foreground', 'Orphan', 'x', 1]),
      preconditions: strangeValue(random),
    };
    const { bytes, contentType } = encode(random, options);
    // Node's client leaves the length of a DELETE's body out.
    return { body: bytes, headers: { 'content-type': contentType, 'content-length': String(bytes.length) } };
  }
  if (method !== 'POST' && method !== 'PUT') return { body: undefined, headers: {} };
  const object = randomObject(random, info);
  if (random.chance(0.2))
    return { body: protobufBody(random, info, object), headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } };
  const { bytes, contentType } = encode(random, object);
  return { body: bytes, headers: { 'content-type': contentType } };
}

function jsonPatch(random: Random, info: ResourceInfo): unknown {
  const operation = (): unknown => ({
    op: random.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x', '']),
    path: random.pick(pointers),
    ...(random.chance(0.3) ? { from: random.pick(pointers) } : {}),
    ...(random.chance(0.7) ? { value: random.chance(0.5) ? strangeValue(random) : randomObject(random, info) } : {}),
  });
  return random.chance(0.9) ? Array.from({ length: 1 + random.below(4) }, operation) : strangeValue(random);
}

function queryOf(random: Random, method: string): string {
  const query: [string, string][] = [];
  const maybe = (probability: number, name: string, values: readonly string[]): void => {
    if (random.chance(probability)) query.push([name, random.pick(values)]);
  };
  if (method === 'GET') {
    maybe(0.2, 'labelSelector', selectors);
    maybe(0.2, 'fieldSelector', fields);
    maybe(0.15, 'limit', numbers);
    maybe(0.1, 'continue', tokens);
    maybe(0.15, 'resourceVersion', versions);
    maybe(0.1, 'resourceVersionMatch', ['Exact', 'NotOlderThan', 'x']);
    if (random.chance(0.15)) {
      query.push(['watch', random.pick(['true', '1', 'yes', 'false'])], ['timeoutSeconds', '0']);
      maybe(0.5, 'allowWatchBookmarks', ['true', 'x']);
      maybe(0.3, 'sendInitialEvents', ['true', 'x']);
    }
    maybe(0.05, 'tailLines', numbers);
    maybe(0.05, 'pretty', ['true', '1', 'x', '']);
    maybe(0.02, 'verbose', ['', '1']);
    maybe(0.02, 'exclude', ['ping', 'x', '']);
  } else {
    maybe(0.15, 'dryRun', ['All', 'x', '']);
    maybe(0.2, 'fieldManager', ['fuzz', 'x'.repeat(200), '\u0000', '']);
    maybe(0.2, 'fieldValidation', ['Strict', 'Warn', 'Ignore', 'x']);
    maybe(0.2, 'force', ['true', 'x']);
    maybe(0.1, 'gracePeriodSeconds', numbers);
    maybe(0.1, 'propagationPolicy', ['Foreground', 'x']);
  }
  const text = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return text === '' ? (random.chance(0.02) ? '?%&&=%zz' : '') : `?${text}`;
}

function headersOf(random: Random): Record<string, string | readonly string[]> {
  return {
    ...(random.chance(0.3) ? { accept: random.pick(accepts) } : {}),
    ...(random.chance(0.03)
      ? { 'impersonate-user': random.pick(['jane', 'system:serviceaccount:default:x', 'system:anonymous', '%']) }
      : {}),
    ...(random.chance(0.02) ? { 'impersonate-group': ['drillhouse:operators', 'system:masters'] } : {}),
    ...(random.chance(0.02) ? { 'impersonate-extra-%zz': 'x' } : {}),
    ...(random.chance(0.02) ? { authorization: random.pick(['Bearer x', 'Bearer a.b.c', 'Basic eDp5', 'Bearer']) } : {}),
    ...(random.chance(0.05)
      ? { 'user-agent': random.pick(['', '/', 'x'.repeat(500), 'kubectl/v1.36', 'curl/8.0', 'Mozilla/5.0 (X11)']) }
      : {}),
  };
}
