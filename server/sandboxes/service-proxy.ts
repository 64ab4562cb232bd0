import { Agent as HttpAgent, request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTls, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

/** A request to a Service through the cluster's own proxy subresource, so that no port of a sandbox is open on the host. */
export interface ServiceRequest {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** Begins with a slash; may carry a query. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export type ServiceAnswer =
  { readonly kind: 'answered'; readonly response: IncomingMessage } | { readonly kind: 'unanswered'; readonly reason: string };

/** `send` writes the request's body and ends it. The caller must read the response or destroy it. */
export async function requestService(
  kubeConfig: KubeConfig,
  wanted: ServiceRequest,
  send: (request: NodeJS.WritableStream) => void = (outgoing) => outgoing.end(),
): Promise<ServiceAnswer> {
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) return { kind: 'unanswered', reason: 'the cluster is not known' };
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  // The kubeconfig's own Authorization must stay the cluster's: what a page sends may not replace it.
  const headers = { ...wanted.headers, ...(options.headers as Record<string, string> | undefined) };
  const url = new URL(proxyPath(wanted), cluster.server);
  // A kubeconfig may name `kubectl proxy`, which speaks plain HTTP.
  const request = url.protocol === 'http:' ? requestPlain : requestTls;
  return new Promise((resolve) => {
    const outgoing = request(url, {
      ...options,
      method: wanted.method,
      headers,
      agent: agentOf(options),
      timeout: wanted.timeoutMs,
      signal: wanted.signal,
    });
    outgoing.once('response', (response) => resolve({ kind: 'answered', response }));
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer within ${wanted.timeoutMs} ms`)));
    outgoing.once('error', (error) => resolve({ kind: 'unanswered', reason: error.message }));
    send(outgoing);
  });
}

/** The proxy subresource takes `https:name:port` for services that speak TLS. */
export function proxyPath({
  namespace,
  service,
  port,
  scheme,
  path,
}: Pick<ServiceRequest, 'namespace' | 'service' | 'port' | 'scheme' | 'path'>): string {
  const name = scheme === 'https' ? `https:${service}:${port}` : `${service}:${port}`;
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${name}/proxy${path}`;
}

/** client-node puts its TLS material into the agent. */
function agentOf(options: RequestOptions): HttpAgent | boolean {
  return options.agent instanceof HttpAgent ? options.agent : false;
}
