import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { apiGroup, apiGroupList, apiResourceList, discoveryV2 } from '../meta/discovery.ts';
import { openApiV2Document, openApiV2MediaType } from '../meta/openapi-v2.ts';
import { openApiDocument, openApiIndex, type OpenApiDocument } from '../meta/openapi.ts';
import { ResourceRegistry } from '../meta/registry.ts';
import { methodNotAllowed, noSuchPath, notAcceptable } from '../meta/status-error.ts';
import { auditPath } from './audit-event.ts';
import { answerHealth, type HealthChecks } from './health.ts';
import { sendDocument, sendObject, sendText, takesGzip } from './http-exchange.ts';
import { accepts, asksFor, wantsAggregatedDiscovery } from './negotiation.ts';
import { tokenIssuer } from './service-account-tokens.ts';
import type { User } from './user.ts';
import type { Visibility } from './visibility.ts';

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
  readonly visibility: Visibility;
  readonly isReady: () => boolean;
  /** Requests by kind and outcome, in Prometheus' text format. */
  readonly metricsText: () => string;
  /** The public key under which service account tokens are issued, as a JSON Web Key Set. */
  readonly tokenKeys: () => object;
  /** The audit trail as lines of JSON; absent where none is kept. */
  readonly auditText?: () => string;
}

interface NonResourceCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly user: User;
}

interface AggregatedTexts {
  readonly generation: number;
  readonly documents: ReadonlyMap<string, { readonly text: string; readonly etag: string }>;
}

const issuerPath = '/.well-known/openid-configuration';
const keysPath = '/openid/v1/jwks';

/** Discovery, OpenAPI, version, health and metrics. Documents are made once a registry generation. */
export class NonResourceHandler {
  readonly #parts: NonResourceParts;
  readonly #live: HealthChecks;
  readonly #ready: HealthChecks;
  /** What is served, less what others than operators are not to know of. */
  #open: { readonly generation: number; readonly registry: ResourceRegistry } | undefined;
  readonly #aggregated = new WeakMap<ResourceRegistry, AggregatedTexts>();

  constructor(parts: NonResourceParts) {
    this.#parts = parts;
    this.#live = { ping: () => true, 'poststarthook/rbac/bootstrap-roles': parts.isReady };
    this.#ready = { ...this.#live, 'informer-sync': parts.isReady };
  }

  async handle({ request, response, user }: NonResourceCall, path: string, query: URLSearchParams): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
    const parts = path.split('/').filter((part) => part !== '');
    switch (parts[0]) {
      case undefined:
        sendDocument(response, 200, { paths: pathsOf(this.#registryFor(user)) });
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
        this.#discover(request, response, parts, this.#registryFor(user));
        return;
      case 'openapi':
        this.#openApi(request, response, parts, this.#registryFor(user));
        return;
      case 'metrics':
        if (parts.length > 1) throw noSuchPath();
        sendText(response, 200, this.#parts.metricsText(), 'text/plain; version=0.0.4; charset=utf-8');
        return;
      case 'logs':
        this.#logs(response, path);
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

  /** Kubernetes serves its machine's /var/log here; of that there is the audit trail. */
  #logs(response: ServerResponse, path: string): void {
    const { auditText } = this.#parts;
    if (path !== auditPath || auditText === undefined) throw noSuchPath();
    sendText(response, 200, auditText());
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

  #registryFor(user: User): ResourceRegistry {
    const { registry, visibility } = this.#parts;
    const isHidden = ({ group }: { readonly group: string }): boolean => visibility.isHiddenGroup(user, group);
    const all = registry.all();
    if (!all.some(isHidden)) return registry;
    const { generation } = registry;
    if (this.#open?.generation !== generation)
      this.#open = { generation, registry: new ResourceRegistry(all.filter((info) => !isHidden(info))) };
    return this.#open.registry;
  }

  #discover(request: IncomingMessage, response: ServerResponse, parts: readonly string[], registry: ResourceRegistry): void {
    if (parts.length === 1 && wantsAggregatedDiscovery(request)) {
      this.#sendAggregated(request, response, parts[0] ?? '', registry);
      return;
    }
    const document = plainDiscovery(registry, parts);
    if (document === undefined) throw noSuchPath();
    sendObject(response, 200, document);
  }

  #sendAggregated(request: IncomingMessage, response: ServerResponse, root: string, registry: ResourceRegistry): void {
    let texts = this.#aggregated.get(registry);
    if (texts?.generation !== registry.generation) {
      const { api, apis } = discoveryV2(registry);
      const documents = new Map(Object.entries({ api, apis }).map(([name, document]) => [name, withEtag(JSON.stringify(document))]));
      texts = { generation: registry.generation, documents };
      this.#aggregated.set(registry, texts);
    }
    const document = texts.documents.get(root);
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

  #openApi(request: IncomingMessage, response: ServerResponse, parts: readonly string[], registry: ResourceRegistry): void {
    if (parts[1] === 'v2' && parts.length === 2) {
      this.#sendSwagger(request, response, registry);
      return;
    }
    if (parts[1] !== 'v3') throw noSuchPath();
    const groupVersion = parts.slice(2).join('/');
    if (groupVersion === '') {
      sendObject(response, 200, openApiIndex(registry));
      return;
    }
    const document = openApiDocument(groupVersion, registry);
    if (document === undefined) throw noSuchPath();
    this.#sendOpenApi(request, response, document);
  }

  #sendSwagger(request: IncomingMessage, response: ServerResponse, registry: ResourceRegistry): void {
    const isBinary = asksFor(request, swaggerRequestType);
    if (!isBinary && !accepts(request, 'application/json')) throw notAcceptable(['application/json', swaggerRequestType]);
    const document = openApiV2Document(isBinary ? 'protobuf' : 'json', registry);
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
}

function pathsOf(registry: ResourceRegistry): string[] {
  const groups = registry.all().map((info) => (info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`));
  const named = groups.map((path) => path.slice(0, path.lastIndexOf('/')));
  const others = ['/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/readyz', '/version', issuerPath, keysPath];
  return [...new Set(['/api', '/apis', ...named, ...groups, ...others])].sort();
}

function withEtag(text: string): { readonly text: string; readonly etag: string } {
  return { text, etag: `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"` };
}

function plainDiscovery(registry: ResourceRegistry, parts: readonly string[]): object | undefined {
  const [root, group = '', version] = parts;
  if (root === 'api')
    return parts.length === 1
      ? { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }
      : parts.length === 2
        ? apiResourceList(registry, '', group)
        : undefined;
  if (parts.length === 1) return apiGroupList(registry);
  if (parts.length === 2) return apiGroup(registry, group);
  return parts.length === 3 ? apiResourceList(registry, group, version ?? '') : undefined;
}
