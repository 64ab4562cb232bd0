import { Agent, type RequestOptions } from 'node:https';
import type { RequestContext } from '@kubernetes/client-node';
import { HttpMethod, ServerConfiguration, createConfiguration, type Configuration, type KubeConfig } from '@kubernetes/client-node';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { apiVersionOf, isKnownKind, pathOf, type KubeObjects, type ListQuery, type ObjectRef, type PatchKind } from './kube-objects.ts';
import { PlatformError, describeError } from './platform-error.ts';

/** No single call to the API server takes longer, or it counts as failed. */
const CALL_TIMEOUT_MS = 10_000;

const MAX_CONNECTIONS = 4;

const patchTypes: Readonly<Record<PatchKind, string>> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};

type Query = Readonly<Record<string, string | undefined>>;

interface Call {
  readonly method: HttpMethod;
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
}

/**
 * {@link KubeObjects} over the HTTP layer of client-node. Its typed clients are passed by on purpose: they turn times into Date and drop
 * fields they do not know, and what is read here is written back later.
 */
export class ApiObjects implements KubeObjects {
  readonly #config: KubeConfig;
  readonly #configuration: Configuration;
  readonly #signal: AbortSignal | undefined;
  #agent: Promise<Agent> | undefined;

  constructor(config: KubeConfig, signal?: AbortSignal) {
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new PlatformError('ApiFailed', 'The kubeconfig names no cluster.');
    this.#config = config;
    this.#configuration = createConfiguration({ baseServer: new ServerConfiguration(cluster.server, {}) });
    this.#signal = signal;
  }

  async find<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    const answer = await this.#send({ method: HttpMethod.GET, path: pathOf(ref.kind, ref.namespace, ref.name) });
    return answer.status === 404 ? undefined : (answer.body as T);
  }

  async list<T extends KubeObject>(kind: string, query: ListQuery = {}): Promise<readonly T[]> {
    const { namespace, ...selectors } = query;
    const answer = await this.#send({ method: HttpMethod.GET, path: pathOf(kind, namespace), query: selectors });
    const items = (answer.body as { readonly items?: readonly T[] }).items ?? [];
    // Items of a list carry neither kind nor apiVersion.
    return items.map((item) => ({ ...item, kind, apiVersion: isKnownKind(kind) ? apiVersionOf(kind) : item.apiVersion }));
  }

  async create<T extends KubeObject>(object: T): Promise<T> {
    const { body } = await this.#send({ method: HttpMethod.POST, path: pathOf(object.kind, object.metadata.namespace), body: object });
    return body as T;
  }

  async replace<T extends KubeObject>(object: T): Promise<T> {
    const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
    const path = pathOf(object.kind, metadata.namespace, metadata.name);
    const { body } = await this.#send({ method: HttpMethod.PUT, path, body: { ...object, metadata } });
    return body as T;
  }

  async patch(ref: ObjectRef, kind: PatchKind, patch: unknown): Promise<KubeObject> {
    const path = `${pathOf(ref.kind, ref.namespace, ref.name)}${ref.subresource === undefined ? '' : `/${ref.subresource}`}`;
    const { body } = await this.#send({ method: HttpMethod.PATCH, path, body: patch, contentType: patchTypes[kind] });
    return body as KubeObject;
  }

  async remove(ref: ObjectRef, options: { readonly graceSeconds?: number } = {}): Promise<boolean> {
    const gracePeriodSeconds = options.graceSeconds === undefined ? {} : { gracePeriodSeconds: String(options.graceSeconds) };
    const query = { propagationPolicy: 'Background', ...gracePeriodSeconds };
    const answer = await this.#send({ method: HttpMethod.DELETE, path: pathOf(ref.kind, ref.namespace, ref.name), query });
    return answer.status !== 404;
  }

  /** A 404 comes back where absence is a possible answer (GET and DELETE of one object); everything else that is not 2xx is thrown. */
  async #send(call: Call): Promise<{ readonly status: number; readonly body: unknown }> {
    const what = `${call.method} ${call.path}`;
    const { status, text } = await this.#exchange(call, what);
    const mayBeAbsent = status === 404 && (call.method === HttpMethod.GET || call.method === HttpMethod.DELETE);
    if (status >= 300 && !mayBeAbsent) throw new PlatformError('ApiFailed', `${what} answered ${status}: ${messageOf(text)}`);
    return { status, body: parseJson(text, what) };
  }

  async #exchange(call: Call, what: string): Promise<{ readonly status: number; readonly text: string }> {
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    try {
      const request = await this.#request(call, timeout);
      const response = await this.#configuration.httpApi.send(request).toPromise();
      return { status: response.httpStatusCode, text: await response.body.text() };
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (timeout.aborted)
        throw new PlatformError('TimedOut', `${what} did not answer within ${CALL_TIMEOUT_MS / 1000} s.`, { cause: error });
      throw new PlatformError('ApiFailed', `${what} failed: ${describeError(error)}`, { cause: error });
    }
  }

  /** client-node makes a new connection, with a handshake, for every request; checks make dozens a second. Idle connections end by themselves. */
  async #openAgent(): Promise<Agent> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const { ca, cert, key, rejectUnauthorized = true } = options;
    return new Agent({
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS,
      maxFreeSockets: MAX_CONNECTIONS,
      timeout: 2 * CALL_TIMEOUT_MS,
      ca,
      cert,
      key,
      rejectUnauthorized,
    });
  }

  async #request(call: Call, timeout: AbortSignal): Promise<RequestContext> {
    const request = this.#configuration.baseServer.makeRequestContext(call.path, call.method);
    for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) request.setQueryParam(name, value);
    request.setHeaderParam('Accept', 'application/json');
    if (call.body !== undefined) {
      request.setHeaderParam('Content-Type', call.contentType ?? 'application/json');
      request.setBody(JSON.stringify(call.body));
    }
    await this.#config.applySecurityAuthentication(request);
    if (request.getUrl().startsWith('https:')) request.setAgent(await (this.#agent ??= this.#openAgent()));
    request.setSignal(this.#signal === undefined ? timeout : AbortSignal.any([timeout, this.#signal]));
    return request;
  }
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { readonly message?: string }).message ?? text.slice(0, 300);
  } catch {
    return text.slice(0, 300);
  }
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PlatformError('ApiFailed', `${what} answered something that is not JSON.`, { cause: error });
  }
}
