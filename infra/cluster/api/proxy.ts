import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { EndpointSlice, Pod, Service } from '../meta/generated/types.ts';
import type { KubeletEndpoint, PodRef } from '../meta/kubelet-endpoint.ts';
import { badRequest, notFound, serviceUnavailable } from '../meta/status-error.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { refOf } from './pod-streams.ts';
import { parsePort } from './port-forward.ts';
import { forward, forwardUpgrade, unreachable, type ProxyTarget } from './proxy-forward.ts';
import type { HttpCall } from './resource-handler.ts';

/** How long a connection to a pod may take. */
const DIAL_MS = 30_000;

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
    const { request, response } = call;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    await forward(request, response, await this.#reach(call, rawPath, gone.signal));
  }

  /** A request that asks to change the protocol. Refusals are thrown before anything is answered. */
  async upgrade(call: HttpCall, rawPath: string, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    await forwardUpgrade(call.request, socket, head, await this.#reach(call, rawPath, gone.signal));
  }

  async #reach(call: HttpCall, rawPath: string, gone: AbortSignal): Promise<ProxyTarget> {
    const backend = this.#backendOf(call);
    return { connection: await this.#dial(backend, gone), host: backend.host, path: pathAfterProxy(rawPath) };
  }

  #backendOf(call: HttpCall): Backend {
    switch (call.target.resource) {
      case 'services':
        return this.#serviceBackend(call);
      case 'pods':
        return this.#podBackend(call);
      default:
        throw unreachable('the kubelet of a simulated node serves no HTTP');
    }
  }

  async #dial({ pod, port, tls, host }: Backend, gone: AbortSignal): Promise<Duplex> {
    // Only until there is a connection: some runtimes tie it to the signal for good.
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    const limit = setTimeout(abort, DIAL_MS);
    gone.addEventListener('abort', abort);
    try {
      const connection = await this.#kubelet().dial(pod, port, stop.signal);
      // As the API server's proxy, which has no authority to check workloads' certificates against.
      return tls ? connectTls({ socket: connection, rejectUnauthorized: false }) : connection;
    } catch (error) {
      throw unreachable(`dial tcp ${host}: connect: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      clearTimeout(limit);
      gone.removeEventListener('abort', abort);
    }
  }

  #podBackend({ target, info }: HttpCall): Backend {
    const { scheme, name, port } = splitName(target.name ?? '', 'pod');
    const pod = this.#store.get('/pods', `${target.namespace ?? ''}/${name}`) as Pod | undefined;
    if (pod === undefined) throw notFound(info, name);
    const number = port === '' ? (pod.spec?.containers[0]?.ports?.[0]?.containerPort ?? 80) : portOfPod(pod, port);
    if (number === undefined) throw badRequest(`unknown port ${port} of pod ${name}`);
    return { pod: refOf(pod), port: number, tls: scheme === 'https', host: `${pod.status?.podIP ?? ''}:${number}` };
  }

  #serviceBackend({ target, info }: HttpCall): Backend {
    const { scheme, name, port } = splitName(target.name ?? '', 'service');
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

/** `name`, `name:port` or `scheme:name:port`, where the scheme is http, https or empty. */
function splitName(text: string, kind: string): { readonly scheme: string; readonly name: string; readonly port: string } {
  const parts = text.split(':');
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || !['', 'http', 'https'].includes(scheme)) throw badRequest(`invalid ${kind} request ${JSON.stringify(text)}`);
  return { scheme, name, port };
}

function portOfPod(pod: Pod, port: string): number | undefined {
  if (/^\d+$/.test(port)) return parsePort(port);
  return pod.spec?.containers.flatMap((container) => container.ports ?? []).find((entry) => entry.name === port)?.containerPort;
}

/** What stands behind `/proxy` as it was sent, still encoded, with the query. */
function pathAfterProxy(rawPath: string): string {
  const [, rest = ''] = /^\/api\/v1\/namespaces\/[^/]+\/(?:pods|services)\/[^/]+\/proxy(.*)$/s.exec(rawPath) ?? [];
  return rest.startsWith('/') ? rest : `/${rest}`;
}
