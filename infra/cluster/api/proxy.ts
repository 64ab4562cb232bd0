import http from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { EndpointSlice, Pod, Service } from '../meta/generated/types.ts';
import type { KubeletEndpoint, PodRef } from '../meta/kubelet-endpoint.ts';
import { badRequest, notFound, serviceUnavailable } from '../meta/status-error.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { HttpCall } from './resource-handler.ts';
import { refOf } from './pod-streams.ts';

const TIMEOUT_MS = 60_000;
const hopHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'authorization',
  'cookie',
  'host',
]);

interface Backend {
  readonly pod: PodRef;
  readonly port: number;
  readonly tls: boolean;
  readonly host: string;
}

/** pods/proxy and services/proxy: an HTTP request passed on to a pod's port, without the caller's credentials. */
export class ProxyHandler {
  readonly #store: ObjectStore;
  readonly #kubelet: () => KubeletEndpoint;

  constructor(parts: { readonly store: ObjectStore; readonly kubelet: () => KubeletEndpoint }) {
    this.#store = parts.store;
    this.#kubelet = parts.kubelet;
  }

  async handle(call: HttpCall, rawPath: string): Promise<void> {
    const { target } = call;
    const backend = target.resource === 'services' ? this.#serviceBackend(call) : this.#podBackend(call);
    const stop = AbortSignal.timeout(TIMEOUT_MS);
    const connection = await this.#dial(backend, stop);
    await forward(call, connection, { host: backend.host, path: pathAfterProxy(rawPath) });
  }

  async #dial({ pod, port, tls, host }: Backend, signal: AbortSignal): Promise<Duplex> {
    let connection: Duplex;
    try {
      connection = await this.#kubelet().dial(pod, port, signal);
    } catch (error) {
      throw serviceUnavailable(
        `error trying to reach service: dial tcp ${host}: connect: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    // As the API server's proxy, which has no authority to check workloads' certificates against.
    return tls ? connectTls({ socket: connection, rejectUnauthorized: false }) : connection;
  }

  #podBackend({ target, info }: HttpCall): Backend {
    const { scheme, name, port } = splitName(target.name ?? '');
    const pod = this.#store.get('/pods', `${target.namespace ?? ''}/${name}`) as Pod | undefined;
    if (pod === undefined) throw notFound(info, name);
    const number = port === '' ? (pod.spec?.containers[0]?.ports?.[0]?.containerPort ?? 80) : portOfPod(pod, port);
    if (number === undefined) throw badRequest(`unknown port ${port} of pod ${name}`);
    return { pod: refOf(pod), port: number, tls: scheme === 'https', host: `${pod.status?.podIP ?? ''}:${number}` };
  }

  #serviceBackend({ target, info }: HttpCall): Backend {
    const { scheme, name, port } = splitName(target.name ?? '');
    const namespace = target.namespace ?? '';
    const service = this.#store.get('/services', `${namespace}/${name}`) as Service | undefined;
    if (service === undefined) throw notFound(info, name);
    const ports = service.spec?.ports ?? [];
    const wanted = port === '' ? ports[0] : ports.find((entry) => entry.name === port || String(entry.port) === port);
    if (wanted === undefined) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(target.name)}`);
    const slices = (this.#store.list('discovery.k8s.io/endpointslices', namespace) as readonly EndpointSlice[]).filter(
      (slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name,
    );
    const candidates = slices.flatMap((slice) => {
      const number = slice.ports?.find((entry) => (entry.name ?? '') === (wanted.name ?? ''))?.port;
      return number === undefined
        ? []
        : (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false).map((endpoint) => ({ endpoint, number }));
    });
    const chosen = candidates[Math.floor(Math.random() * candidates.length)];
    const podName = chosen?.endpoint.targetRef?.name;
    const pod = podName === undefined ? undefined : (this.#store.get('/pods', `${namespace}/${podName}`) as Pod | undefined);
    if (chosen === undefined || pod === undefined) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
    return { pod: refOf(pod), port: chosen.number, tls: scheme === 'https', host: `${name}.${namespace}.svc:${wanted.port}` };
  }
}

/** `name`, `name:port` or `scheme:name:port`. */
function splitName(text: string): { readonly scheme: string; readonly name: string; readonly port: string } {
  const parts = text.split(':');
  if (parts.length === 3) return { scheme: parts[0] ?? '', name: parts[1] ?? '', port: parts[2] ?? '' };
  return { scheme: 'http', name: parts[0] ?? '', port: parts[1] ?? '' };
}

function portOfPod(pod: Pod, port: string): number | undefined {
  if (/^\d+$/.test(port)) return Number(port);
  return pod.spec?.containers.flatMap((container) => container.ports ?? []).find((entry) => entry.name === port)?.containerPort;
}

/** What stands behind `/proxy` as it was sent, still encoded, with the query. */
function pathAfterProxy(rawPath: string): string {
  const [, rest = ''] = /^\/api\/v1\/namespaces\/[^/]+\/(?:pods|services)\/[^/]+\/proxy(.*)$/s.exec(rawPath) ?? [];
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function forward(
  { request, response }: HttpCall,
  connection: Duplex,
  { host, path }: { readonly host: string; readonly path: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !hopHeaders.has(name) && !name.startsWith('impersonate-')),
    );
    const upstream = http.request({
      method: request.method,
      path,
      headers: { ...headers, host, connection: 'close' },
      createConnection: () => connection,
      timeout: TIMEOUT_MS,
    });
    const fail = (error: Error): void => {
      connection.destroy();
      reject(serviceUnavailable(`error trying to reach service: ${error.message}`));
    };
    upstream.once('timeout', () => upstream.destroy(new Error('the service did not answer in time')));
    upstream.once('error', fail);
    upstream.once('response', (answer) => {
      response.writeHead(
        answer.statusCode ?? 502,
        Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !hopHeaders.has(name) || name === 'set-cookie')),
      );
      answer.pipe(response);
      answer.once('error', fail);
      response.once('finish', () => resolve());
      response.once('close', () => {
        upstream.destroy();
        resolve();
      });
    });
    request.pipe(upstream);
  });
}
