import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClusterLog } from '../cluster-options.ts';
import type { Clock } from '../meta/clock.ts';
import type { Pod } from '../meta/generated/types.ts';
import type { ResourceInfo, ResourceRegistry } from '../meta/registry.ts';
import {
  accessDenied,
  badRequest,
  KubeletRefusal,
  methodNotAllowed,
  noSuchPath,
  notFound,
  StatusError,
  toStatus,
} from '../meta/status-error.ts';
import { createdBy } from './audit-event.ts';
import type { AuditLog } from './audit-log.ts';
import type { Authenticator } from './authenticator.ts';
import type { RequestQueue } from './fair-queue.ts';
import { readBody, sendError } from './http-exchange.ts';
import type { NonResourceHandler } from './non-resource-handler.ts';
import { OpenRequests } from './open-requests.ts';
import { isStreamKind, type PodStreams } from './pod-streams.ts';
import type { ProxyHandler } from './proxy.ts';
import type { Rbac } from './rbac.ts';
import { parseRequest, type RequestInfo, type ResourceRequest } from './request-info.ts';
import type { RequestMetrics } from './request-metrics.ts';
import type { HttpCall, ResourceHandler } from './resource-handler.ts';
import type { ResourceApi } from './resource-api.ts';
import type { User } from './user.ts';
import type { Visibility } from './visibility.ts';
import { storageOf } from './call.ts';
import { jsonOf } from '../store/json-text.ts';
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
  /** Shared by all clusters of a process, whose one thread it apportions. */
  readonly queue: RequestQueue;
  /** The cluster's own name in the queue. */
  readonly name: string;
  readonly metrics: RequestMetrics;
  /** Absent where no audit trail is kept. */
  readonly audit?: AuditLog;
  readonly clock: Clock;
  readonly log: ClusterLog;
}

export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/** The command of an exec travels in the URL, and people paste long ones. Kubernetes takes a mebibyte. */
const MAX_HEADER_BYTES = 64 * 1_024;
const LINGER_MS = 1_000;
/** Of one listener. Pods, terminals and browsers of one sandbox together keep far fewer. */
const MAX_CONNECTIONS = 2_000;

/** Kubernetes over HTTPS, for one cluster. It may listen on several addresses. */
export class ApiServer {
  readonly #parts: ApiServerParts;
  readonly #certificate: ServerCertificate;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #open = new OpenRequests();

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
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    server.keepAliveTimeout = 90_000;
    server.requestTimeout = 60_000;
    server.maxConnections = MAX_CONNECTIONS;
    server.on('request', (request, response) => void this.#serve(request, response));
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head));
    server.on('connection', (socket: Socket) => this.#keep(socket));
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('clientError', (error, socket) => {
      // Each further piece of what cannot be read is an error of its own.
      if (socket.writableEnded) return;
      refuseUpgrade(socket, badRequest(`malformed HTTP request: ${error.message}`));
      // A reset at once could overtake the answer; who goes on sending is not listened to for long.
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    });
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
      // A client that went while it was still sending has nobody to be told.
      if (request.destroyed && !request.complete) return;
      if (!(error instanceof StatusError))
        this.#parts.log.error({ path: request.url, reason: error instanceof Error ? error.stack : String(error) }, 'the API server failed');
      sendError(response, error);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const rawPath = request.url ?? '/';
    const { path, query } = splitUrl(rawPath);
    const info = parseRequest(request.method ?? 'GET', path, query);
    const audit = this.#beginAudit(request, info);
    // Until it is known who asks, nobody does.
    const identified: { user?: User } = {};
    response.once('close', () => audit(identified.user, response.statusCode));
    const user = await this.#parts.authenticator.authenticate(request);
    identified.user = user;
    response.once('finish', () => this.#parts.metrics.count(user, info, response.statusCode));
    const flow = { group: this.#parts.name, user: user.username };
    if (!info.isResource) {
      this.#authorize(user, info);
      await this.#parts.queue.run(flow, () => this.#parts.nonResources.handle({ request, response, user }, path, query));
      return;
    }
    const http = this.#resourceCall(request, response, info, query, user);
    if (isLongRunning(info)) {
      using _place = this.#open.enter(user.username);
      await this.#dispatch(http, rawPath);
      return;
    }
    // Read before its turn, so that what runs in a turn is work and not waiting for a client.
    if (info.verb !== 'get' && info.verb !== 'list') await readBody(request);
    await this.#parts.queue.run(flow, () => this.#dispatch(http, rawPath));
  }

  /** Notes what a request was when it came, for the audit trail; what is answered is called when it is known how it ended. */
  #beginAudit(request: IncomingMessage, info: RequestInfo): (user: User | undefined, code: number) => void {
    const { audit, clock } = this.#parts;
    if (audit === undefined) return () => {};
    const receivedAtMs = clock.now();
    // Once the connection is closed nobody can tell whose it was.
    const sourceIp = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const { url: uri = '/', headers } = request;
    return (user, code) =>
      audit.record({
        ...{ id: randomUUID(), user, info, uri, sourceIp, code, receivedAtMs },
        userAgent: headers['user-agent'] ?? '',
        created: createdBy(request),
        answeredAtMs: clock.now(),
      });
  }

  #resourceCall(request: IncomingMessage, response: ServerResponse, target: ResourceRequest, query: URLSearchParams, user: User): HttpCall {
    const { registry } = this.#parts;
    const info = registry.find(target.group, target.version, target.resource);
    const isKnown =
      info !== undefined && (target.subresource === undefined || info.subresources.some((sub) => sub.name === target.subresource));
    // Before anybody's rights are asked for: a group that is hidden is answered like one that is not there.
    if (!isKnown || !isRouted(target, info) || this.#parts.visibility.isHiddenGroup(user, target.group)) throw noSuchPath();
    this.#authorize(user, target);
    if (!isMethodRouted(request.method, target, info)) throw methodNotAllowed();
    this.#hide(user, target);
    return { request, response, target, query, user, info };
  }

  async #dispatch(http: HttpCall, rawPath: string): Promise<void> {
    const { target } = http;
    if (target.subresource === 'log') return this.#parts.streams.log(http, this.#pod(http));
    if (target.subresource === 'proxy') return this.#parts.proxy.handle(http, rawPath);
    if (isStreamKind(target.subresource)) {
      this.#pod(http);
      throw badRequest('Upgrade request required');
    }
    return this.#parts.resources.handle(http);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const { path, query } = splitUrl(request.url ?? '/');
    const target = parseRequest(request.method ?? 'GET', path, query);
    const audit = this.#beginAudit(request, target);
    let user: User | undefined;
    try {
      user = await this.#parts.authenticator.authenticate(request);
      const { subresource } = target.isResource ? target : {};
      if (!target.isResource || (!isStreamKind(subresource) && subresource !== 'proxy')) throw noSuchPath();
      const http = this.#resourceCall(request, undefined as never, target, query, user);
      const place = this.#open.enter(user.username);
      audit(user, 101);
      socket.once('close', () => place[Symbol.dispose]());
      if (subresource === 'proxy') await this.#parts.proxy.upgrade(http, request.url ?? '/', socket, head);
      else if (isStreamKind(subresource)) await this.#parts.streams.connect({ request, socket, head }, subresource, query, this.#pod(http));
    } catch (error) {
      audit(user, toStatus(error).code ?? 500);
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
    // Whoever opens a stream creates one, whichever method opens it.
    const verb = isStreamKind(subresource) ? 'create' : info.verb;
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

  /** What is Drillhouse's own is not there for anybody else: a request is answered as in a namespace that does not exist. */
  #hide(user: User, { resource, namespace, name, group, verb }: ResourceRequest): void {
    const isHiddenDefinition = resource === 'customresourcedefinitions' && this.#parts.visibility.isHiddenDefinition(user, name);
    if (isHiddenDefinition) throw notFound({ group, resource }, name ?? '');
    const isNamespaceItself = group === '' && resource === 'namespaces' && namespace === undefined;
    const asked = isNamespaceItself ? name : namespace;
    if (!this.#parts.visibility.isHiddenNamespace(user, asked)) return;
    if (isNamespaceItself) throw notFound({ group: '', resource: 'namespaces' }, asked ?? '');
    // Lists and watches leave out what is hidden by themselves, and reviews are answered for any namespace.
    if (name !== undefined) throw notFound({ group, resource }, name);
    if (verb === 'create' && group !== 'authorization.k8s.io') throw notFound({ group: '', resource: 'namespaces' }, asked ?? '');
  }
}

/** Objects in namespaces are addressed in them, others are not. Lists go over all namespaces as well. */
function isRouted(target: ResourceRequest, info: ResourceInfo): boolean {
  return info.namespaced ? target.namespace !== undefined || target.name === undefined : target.namespace === undefined;
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Collections are created in, single objects replaced, and over all namespaces there is only looking. */
function isMethodRouted(method: string | undefined, { namespace, name, verb, subresource }: ResourceRequest, info: ResourceInfo): boolean {
  if (!methods.has(method ?? '')) return false;
  if (name === undefined && (verb === 'update' || verb === 'patch')) return false;
  if (name !== undefined && verb === 'create' && subresource === undefined) return false;
  return !info.namespaced || namespace !== undefined || name !== undefined || verb === 'list' || verb === 'watch';
}

/** What stays open as long as its client likes takes no turns: it is bounded by number. */
function isLongRunning({ verb, subresource }: ResourceRequest): boolean {
  return verb === 'watch' || subresource === 'log' || subresource === 'proxy' || isStreamKind(subresource);
}

function splitUrl(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const at = url.indexOf('?');
  return at < 0 ? { path: url, query: new URLSearchParams() } : { path: url.slice(0, at), query: new URLSearchParams(url.slice(at + 1)) };
}

function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status = toStatus(error);
  const [type, body] =
    error instanceof KubeletRefusal ? ['text/plain; charset=utf-8', `${error.message}\n`] : ['application/json', jsonOf(status)];
  socket.end(
    `HTTP/1.1 ${status.code ?? 500} ${status.reason ?? 'Error'}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
