import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClusterLog } from '../cluster-options.ts';
import type { Pod } from '../meta/generated/types.ts';
import type { ResourceRegistry } from '../meta/registry.ts';
import { accessDenied, internalError, notFound, StatusError, toStatus } from '../meta/status-error.ts';
import type { Authenticator } from './authenticator.ts';
import { jsonOf, sendError, sendText } from './http-exchange.ts';
import type { NonResourceHandler } from './non-resource-handler.ts';
import type { PodStreams } from './pod-streams.ts';
import type { ProxyHandler } from './proxy.ts';
import type { Rbac } from './rbac.ts';
import { parseRequest, type RequestInfo, type ResourceRequest } from './request-info.ts';
import type { HttpCall, ResourceHandler } from './resource-handler.ts';
import type { ResourceApi } from './resource-api.ts';
import type { User } from './user.ts';
import type { Visibility } from './visibility.ts';
import { storageOf } from './call.ts';
import type { ObjectStore } from '../store/object-store.ts';

export interface ApiServerParts {
  readonly registry: ResourceRegistry;
  readonly store: ObjectStore;
  readonly api: ResourceApi;
  readonly authenticator: Authenticator;
  readonly rbac: Rbac;
  readonly visibility: Visibility;
  readonly resources: ResourceHandler;
  readonly nonResources: NonResourceHandler;
  readonly streams: PodStreams;
  readonly proxy: ProxyHandler;
  readonly log: ClusterLog;
}

export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/** Verbs that the connecting subresources ask for, whichever method opens them. */
const connectSubresources = new Set(['exec', 'attach', 'portforward']);

/** Kubernetes over HTTPS, for one cluster. It may listen on several addresses. */
export class ApiServer {
  readonly #parts: ApiServerParts;
  readonly #certificate: ServerCertificate;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(parts: ApiServerParts, certificate: ServerCertificate) {
    this.#parts = parts;
    this.#certificate = certificate;
  }

  /** Answers the port. A port that is taken rejects with EADDRINUSE. */
  async listen(host: string, port: number): Promise<number> {
    const { certificate, key, authority } = this.#certificate;
    const server = createServer({
      cert: certificate,
      key,
      ca: authority,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
    });
    server.keepAliveTimeout = 90_000;
    server.requestTimeout = 60_000;
    server.on('request', (request, response) => void this.#serve(request, response));
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head));
    server.on('connection', (socket: Socket) => this.#keep(socket));
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve());
    });
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#parts.streams.close();
    const closing = this.#servers.splice(0).map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closing);
  }

  #keep(socket: Socket): void {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      if (!(error instanceof StatusError))
        this.#parts.log.error({ path: request.url, reason: error instanceof Error ? error.stack : String(error) }, 'the API server failed');
      sendError(response, error);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const rawPath = request.url ?? '/';
    const { path, query } = splitUrl(rawPath);
    const info = parseRequest(request.method ?? 'GET', path, query);
    const user = await this.#parts.authenticator.authenticate(request);
    if (!info.isResource) {
      this.#authorize(user, info);
      await this.#parts.nonResources.handle(request, response, path);
      return;
    }
    const http = this.#resourceCall(request, response, info, query, user);
    if (http === undefined) {
      sendText(response, 404, '404 page not found\n');
      return;
    }
    await this.#dispatch(http, rawPath);
  }

  #resourceCall(
    request: IncomingMessage,
    response: ServerResponse,
    target: ResourceRequest,
    query: URLSearchParams,
    user: User,
  ): HttpCall | undefined {
    const info = this.#parts.registry.find(target.group, target.version, target.resource);
    const isKnown =
      info !== undefined && (target.subresource === undefined || info.subresources.some((sub) => sub.name === target.subresource));
    if (!isKnown || (target.namespace !== undefined && !info.namespaced)) return undefined;
    this.#authorize(user, target);
    this.#hide(user, target);
    return { request, response, target, query, user, info };
  }

  async #dispatch(http: HttpCall, rawPath: string): Promise<void> {
    const { target } = http;
    if (target.subresource === 'log') return this.#parts.streams.log(http, this.#pod(http));
    if (target.subresource === 'proxy') return this.#parts.proxy.handle(http, rawPath);
    if (connectSubresources.has(target.subresource ?? '')) {
      throw internalError(new Error('unable to upgrade: this server speaks WebSocket (v4.channel.k8s.io, v5.channel.k8s.io), not SPDY'));
    }
    return this.#parts.resources.handle(http);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const { path, query } = splitUrl(request.url ?? '/');
      const target = parseRequest(request.method ?? 'GET', path, query);
      const user = await this.#parts.authenticator.authenticate(request);
      if (!target.isResource || (target.subresource !== 'exec' && target.subresource !== 'attach'))
        throw notFound({ group: '', resource: '' }, path);
      const http = this.#resourceCall(request, undefined as never, target, query, user);
      if (http === undefined) throw notFound({ group: '', resource: '' }, path);
      const session = await this.#parts.streams.open(target.subresource, query, this.#pod(http));
      this.#parts.streams.upgrade(request, socket, head, session, query);
    } catch (error) {
      refuseUpgrade(socket, error);
    }
  }

  #pod({ target, info }: HttpCall): Pod {
    const pod = this.#parts.store.get(storageOf(info), `${target.namespace ?? ''}/${target.name ?? ''}`);
    if (pod === undefined) throw notFound(info, target.name ?? '');
    return pod;
  }

  #authorize(user: User, info: RequestInfo): void {
    if (!info.isResource) {
      if (!this.#parts.rbac.allows(user, { verb: info.verb, path: info.path }))
        throw accessDenied({ user: user.username, verb: info.verb, path: info.path });
      return;
    }
    const { group, resource, subresource, name, namespace } = info;
    const verb = connectSubresources.has(subresource ?? '') ? 'create' : info.verb;
    const attributes = {
      verb,
      group,
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(name === undefined
        ? {}
        : { name: subresource === 'proxy' ? (name.split(':').at(name.split(':').length === 3 ? 1 : 0) ?? name) : name }),
      ...(namespace === undefined ? {} : { namespace }),
    };
    if (!this.#parts.rbac.allows(user, attributes)) throw accessDenied({ user: user.username, ...attributes });
  }

  /** What is Drillhouse's own is not there for anybody else. */
  #hide(user: User, { resource, namespace, name, group }: ResourceRequest): void {
    const isNamespaceItself = group === '' && resource === 'namespaces' && namespace === undefined;
    const asked = isNamespaceItself ? name : namespace;
    if (this.#parts.visibility.isHiddenNamespace(user, asked)) throw notFound({ group: '', resource: 'namespaces' }, asked ?? '');
  }
}

function splitUrl(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const at = url.indexOf('?');
  return at < 0 ? { path: url, query: new URLSearchParams() } : { path: url.slice(0, at), query: new URLSearchParams(url.slice(at + 1)) };
}

function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status = toStatus(error);
  const body = jsonOf(status);
  socket.end(
    `HTTP/1.1 ${status.code ?? 500} ${status.reason ?? 'Error'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
