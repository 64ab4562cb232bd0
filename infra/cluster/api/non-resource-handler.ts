import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { apiGroup, apiGroupList, apiResourceList, discoveryV2 } from '../meta/discovery.ts';
import { openApiV2Document, openApiV2MediaType } from '../meta/openapi-v2.ts';
import { openApiDocument, openApiIndex, type OpenApiDocument } from '../meta/openapi.ts';
import type { ResourceRegistry } from '../meta/registry.ts';
import { methodNotSupported } from '../meta/status-error.ts';
import { sendJson, sendText } from './http-exchange.ts';
import { wantsAggregatedDiscovery } from './negotiation.ts';

const versionInfo = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-06-10T00:00:00Z',
  goVersion: '',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const YEAR_MS = 365 * 86_400_000;

/** Discovery, OpenAPI, version and health. Documents are made once a registry generation. */
export class NonResourceHandler {
  readonly #registry: ResourceRegistry;
  readonly #isReady: () => boolean;
  #aggregated:
    { readonly generation: number; readonly documents: ReadonlyMap<string, { readonly text: string; readonly etag: string }> } | undefined;

  constructor(parts: { readonly registry: ResourceRegistry; readonly isReady: () => boolean }) {
    this.#registry = parts.registry;
    this.#isReady = parts.isReady;
  }

  async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotSupported({ group: '', resource: '' }, request.method ?? '');
    const parts = path.split('/').filter((part) => part !== '');
    switch (parts[0]) {
      case undefined:
        sendJson(response, 200, { paths: this.#paths() });
        return;
      case 'version':
        sendJson(response, 200, versionInfo);
        return;
      case 'healthz':
      case 'livez':
      case 'readyz':
        sendText(response, this.#isReady() ? 200 : 503, this.#isReady() ? 'ok' : 'starting');
        return;
      case 'api':
      case 'apis':
        this.#discover(request, response, parts);
        return;
      case 'openapi':
        this.#openApi(request, response, parts);
        return;
      default:
        sendText(response, 404, '404 page not found\n');
    }
  }

  #discover(request: IncomingMessage, response: ServerResponse, parts: readonly string[]): void {
    if (parts.length === 1 && wantsAggregatedDiscovery(request)) {
      this.#sendAggregated(request, response, parts[0] ?? '');
      return;
    }
    const document = this.#plainDiscovery(parts);
    if (document === undefined) sendText(response, 404, '404 page not found\n');
    else sendJson(response, 200, document);
  }

  #plainDiscovery(parts: readonly string[]): object | undefined {
    const [root, group = '', version] = parts;
    if (root === 'api')
      return parts.length === 1
        ? { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }
        : parts.length === 2
          ? apiResourceList(this.#registry, '', group)
          : undefined;
    if (parts.length === 1) return apiGroupList(this.#registry);
    if (parts.length === 2) return apiGroup(this.#registry, group);
    return parts.length === 3 ? apiResourceList(this.#registry, group, version ?? '') : undefined;
  }

  #sendAggregated(request: IncomingMessage, response: ServerResponse, root: string): void {
    if (this.#aggregated?.generation !== this.#registry.generation) {
      const { api, apis } = discoveryV2(this.#registry);
      const documents = new Map(Object.entries({ api, apis }).map(([name, document]) => [name, withEtag(JSON.stringify(document))]));
      this.#aggregated = { generation: this.#registry.generation, documents };
    }
    const document = this.#aggregated.documents.get(root);
    if (document === undefined) return;
    response.setHeader('etag', document.etag);
    response.setHeader('cache-control', 'public');
    response.setHeader('vary', 'Accept');
    if (request.headers['if-none-match'] === document.etag) {
      response.writeHead(304).end();
      return;
    }
    sendText(response, 200, document.text, aggregatedType);
  }

  #openApi(request: IncomingMessage, response: ServerResponse, parts: readonly string[]): void {
    if (parts[1] === 'v2') {
      const body = openApiV2Document();
      response.writeHead(200, { 'content-type': openApiV2MediaType, 'content-length': body.byteLength });
      response.end(body);
      return;
    }
    if (parts[1] !== 'v3') {
      sendText(response, 404, '404 page not found\n');
      return;
    }
    const groupVersion = parts.slice(2).join('/');
    if (groupVersion === '') {
      sendJson(response, 200, openApiIndex(this.#registry));
      return;
    }
    const document = openApiDocument(groupVersion, this.#registry);
    if (document === undefined) {
      sendText(response, 404, '404 page not found\n');
      return;
    }
    this.#sendOpenApi(request, response, document);
  }

  /** A document that is asked for by its hash never changes: without these headers every apply fetches megabytes again. */
  #sendOpenApi(request: IncomingMessage, response: ServerResponse, { body, gzip, etag }: OpenApiDocument): void {
    const isPinned = (request.url ?? '').includes('hash=');
    response.setHeader('etag', `"${etag}"`);
    response.setHeader('vary', 'Accept');
    response.setHeader('cache-control', isPinned ? 'public, immutable' : 'no-cache, private');
    if (isPinned) response.setHeader('expires', new Date(Date.now() + YEAR_MS).toUTCString());
    if (request.headers['if-none-match'] === `"${etag}"`) {
      response.writeHead(304).end();
      return;
    }
    const isZipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    const bytes = isZipped ? gzip : body;
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': bytes.byteLength,
      ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(bytes);
  }

  #paths(): string[] {
    const groups = [
      ...new Set(this.#registry.all().map((info) => (info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`))),
    ];
    return ['/api', '/apis', ...groups, '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'].sort();
  }
}

function withEtag(text: string): { readonly text: string; readonly etag: string } {
  return { text, etag: `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"` };
}
