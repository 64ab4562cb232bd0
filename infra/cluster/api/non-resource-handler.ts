import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { apiGroup, apiGroupList, apiResourceList, discoveryV2 } from '../meta/discovery.ts';
import { openApiV2Document, openApiV2MediaType } from '../meta/openapi-v2.ts';
import { openApiDocument, openApiIndex, type OpenApiDocument } from '../meta/openapi.ts';
import type { ResourceRegistry } from '../meta/registry.ts';
import { methodNotAllowed, noSuchPath, notAcceptable } from '../meta/status-error.ts';
import { answerHealth, type HealthChecks } from './health.ts';
import { sendDocument, sendObject, sendText, takesGzip } from './http-exchange.ts';
import { accepts, asksFor, wantsAggregatedDiscovery } from './negotiation.ts';
import { tokenIssuer } from './service-account-tokens.ts';

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
/** As clients write it. */
const swaggerRequestType = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

interface PackedDocument {
  readonly etag: string;
  readonly gzip: Buffer;
  readonly body: () => Buffer;
  readonly contentType: string;
}

export interface NonResourceParts {
  readonly registry: ResourceRegistry;
  readonly isReady: () => boolean;
  /** Requests by kind and outcome, in Prometheus' text format. */
  readonly metricsText: () => string;
  /** The public key under which service account tokens are issued, as a JSON Web Key Set. */
  readonly tokenKeys: () => object;
}

const issuerPath = '/.well-known/openid-configuration';
const keysPath = '/openid/v1/jwks';

/** Discovery, OpenAPI, version, health and metrics. Documents are made once a registry generation. */
export class NonResourceHandler {
  readonly #registry: ResourceRegistry;
  readonly #parts: NonResourceParts;
  readonly #live: HealthChecks;
  readonly #ready: HealthChecks;
  #aggregated:
    { readonly generation: number; readonly documents: ReadonlyMap<string, { readonly text: string; readonly etag: string }> } | undefined;

  constructor(parts: NonResourceParts) {
    this.#registry = parts.registry;
    this.#parts = parts;
    this.#live = { ping: () => true, 'poststarthook/rbac/bootstrap-roles': parts.isReady };
    this.#ready = { ...this.#live, 'informer-sync': parts.isReady };
  }

  async handle(request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
    const parts = path.split('/').filter((part) => part !== '');
    switch (parts[0]) {
      case undefined:
        sendDocument(response, 200, { paths: this.#paths() });
        return;
      case 'version':
        if (parts.length > 1) throw noSuchPath();
        sendDocument(response, 200, versionInfo);
        return;
      case 'healthz':
      case 'livez':
      case 'readyz':
        this.#health(response, parts, query);
        return;
      case 'api':
      case 'apis':
        this.#discover(request, response, parts);
        return;
      case 'openapi':
        this.#openApi(request, response, parts);
        return;
      case 'metrics':
        if (parts.length > 1) throw noSuchPath();
        sendText(response, 200, this.#parts.metricsText(), 'text/plain; version=0.0.4; charset=utf-8');
        return;
      default:
        this.#issuer(response, path);
    }
  }

  #health(response: ServerResponse, [endpoint = '', ...rest]: readonly string[], query: URLSearchParams): void {
    const checks = endpoint === 'livez' ? this.#live : this.#ready;
    const answer = answerHealth(endpoint, checks, rest.length === 0 ? undefined : rest.join('/'), query);
    if (answer.code === 404) throw noSuchPath();
    sendText(response, answer.code, answer.text);
  }

  /** By what others check tokens of service accounts, after OpenID Connect Discovery. */
  #issuer(response: ServerResponse, path: string): void {
    const documents: Readonly<Record<string, () => object>> = {
      [issuerPath]: () => ({
        issuer: tokenIssuer,
        jwks_uri: `${tokenIssuer}${keysPath}`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      }),
      [keysPath]: this.#parts.tokenKeys,
    };
    const document = Object.hasOwn(documents, path) ? documents[path] : undefined;
    if (document === undefined) throw noSuchPath();
    response.setHeader('cache-control', 'public, max-age=3600');
    const type = path === keysPath ? 'application/jwk-set+json' : 'application/json';
    sendText(response, 200, JSON.stringify(document()), type);
  }

  #discover(request: IncomingMessage, response: ServerResponse, parts: readonly string[]): void {
    if (parts.length === 1 && wantsAggregatedDiscovery(request)) {
      this.#sendAggregated(request, response, parts[0] ?? '');
      return;
    }
    const document = this.#plainDiscovery(parts);
    if (document === undefined) throw noSuchPath();
    sendObject(response, 200, document);
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
    if (parts[1] === 'v2' && parts.length === 2) {
      this.#sendSwagger(request, response);
      return;
    }
    if (parts[1] !== 'v3') throw noSuchPath();
    const groupVersion = parts.slice(2).join('/');
    if (groupVersion === '') {
      sendObject(response, 200, openApiIndex(this.#registry));
      return;
    }
    const document = openApiDocument(groupVersion, this.#registry);
    if (document === undefined) throw noSuchPath();
    this.#sendOpenApi(request, response, document);
  }

  #sendSwagger(request: IncomingMessage, response: ServerResponse): void {
    const isBinary = asksFor(request, swaggerRequestType);
    if (!isBinary && !accepts(request, 'application/json')) throw notAcceptable(['application/json', swaggerRequestType]);
    const document = openApiV2Document(isBinary ? 'protobuf' : 'json', this.#registry);
    this.#sendPacked(request, response, {
      etag: document.etag,
      gzip: document.gzip,
      body: () => document.body(),
      contentType: isBinary ? openApiV2MediaType : 'application/json',
    });
  }

  /** A document that is asked for by its hash never changes: without these headers every apply fetches megabytes again. */
  #sendOpenApi(request: IncomingMessage, response: ServerResponse, { body, gzip, etag }: OpenApiDocument): void {
    const isPinned = (request.url ?? '').includes('hash=');
    response.setHeader('cache-control', isPinned ? 'public, immutable' : 'no-cache, private');
    if (isPinned) response.setHeader('expires', new Date(Date.now() + YEAR_MS).toUTCString());
    this.#sendPacked(request, response, { etag, gzip, body: () => body, contentType: 'application/json' });
  }

  #sendPacked(request: IncomingMessage, response: ServerResponse, { etag, gzip, body, contentType }: PackedDocument): void {
    response.setHeader('etag', `"${etag}"`);
    response.setHeader('vary', 'Accept, Accept-Encoding');
    if (request.headers['if-none-match'] === `"${etag}"`) {
      response.writeHead(304).end();
      return;
    }
    const isZipped = takesGzip(request);
    const bytes = isZipped ? gzip : body();
    response.writeHead(200, {
      'content-type': contentType,
      'content-length': bytes.byteLength,
      ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(bytes);
  }

  #paths(): string[] {
    const groups = [
      ...new Set(this.#registry.all().map((info) => (info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`))),
    ];
    const named = [...new Set(groups.map((path) => path.slice(0, path.lastIndexOf('/'))))];
    const others = ['/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/readyz', '/version', issuerPath, keysPath];
    return [...new Set(['/api', '/apis', ...named, ...groups, ...others])].sort();
  }
}

function withEtag(text: string): { readonly text: string; readonly etag: string } {
  return { text, etag: `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"` };
}
