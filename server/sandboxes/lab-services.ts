import type { IncomingMessage } from 'node:http';
import type { KubeConfig } from '@kubernetes/client-node';
import type { LabService } from '../../labs/lab-stage.ts';
import { toInstant, type Clock } from '../clock.ts';
import type { Metrics, ServiceView } from '../contract/attempts.ts';
import { parseMetrics } from './metrics-text.ts';
import { requestService, type ServiceAnswer } from './service-proxy.ts';

const HEALTH_TIMEOUT_MS = 3_000;
const METRICS_TIMEOUT_MS = 5_000;
const MAX_METRICS_BYTES = 2_000_000;
const MAX_SAMPLES = 2_000;

/** One service as it is now. What was seen is said as it was seen; a service that wants a client certificate says so itself. */
export async function lookAtService(kubeConfig: KubeConfig, service: LabService, previewPath: string, clock: Clock): Promise<ServiceView> {
  const startedMs = clock.now();
  const seen = await probe(kubeConfig, service, service.healthPath, HEALTH_TIMEOUT_MS);
  const view = {
    name: service.name,
    title: service.title,
    namespace: service.namespace,
    port: service.port,
    hasMetrics: service.metricsPath !== undefined,
    previewPath,
  };
  if (seen.kind === 'unanswered') return { ...view, health: 'unreachable', seen: seen.reason };
  const status = seen.response.statusCode ?? 0;
  const body = await readText(seen.response, MAX_METRICS_BYTES);
  return { ...view, ...judge(status, body, clock.now() - startedMs) };
}

/** A scrape of now, parsed. */
export async function scrape(kubeConfig: KubeConfig, service: LabService, clock: Clock): Promise<Metrics> {
  const at = toInstant(clock.now());
  const failed = (reason: string): Metrics => ({ at, ok: false, reason, samples: [] });
  if (service.metricsPath === undefined) return failed('This service has no metrics.');
  const answer = await probe(kubeConfig, service, service.metricsPath, METRICS_TIMEOUT_MS);
  if (answer.kind === 'unanswered') return failed(`The service does not answer: ${answer.reason}.`);
  const status = answer.response.statusCode ?? 0;
  const body = await readText(answer.response, MAX_METRICS_BYTES);
  if (status !== 200) return failed(judge(status, body, 0).seen);
  return {
    at,
    ok: true,
    reason: null,
    samples: parseMetrics(body, MAX_SAMPLES).map((sample) => ({ ...sample, labels: { ...sample.labels } })),
  };
}

/** What the API's proxy answers where the service does not speak what it was asked in, or does not answer. */
const NOT_SPOKEN: readonly number[] = [500, 502, 503];

/** `auto` asks over TLS first and then without. */
async function probe(kubeConfig: KubeConfig, service: LabService, path: string, timeoutMs: number): Promise<ServiceAnswer> {
  const { name, namespace, port } = service;
  const ask = (scheme: 'http' | 'https'): Promise<ServiceAnswer> =>
    requestService(kubeConfig, { namespace, service: name, port, scheme, path, method: 'GET', headers: {}, timeoutMs });
  if (service.scheme !== 'auto') return ask(service.scheme);
  const first = await ask('https');
  if (first.kind === 'answered' && !NOT_SPOKEN.includes(first.response.statusCode ?? 0)) return first;
  const second = await ask('http');
  if (first.kind === 'answered') first.response.destroy();
  return second;
}

/** What the service speaks, found out by its health where the lab leaves it open. */
export async function findScheme(kubeConfig: KubeConfig, service: LabService): Promise<'http' | 'https'> {
  if (service.scheme !== 'auto') return service.scheme;
  const overTls = await probe(kubeConfig, { ...service, scheme: 'https' }, service.healthPath, HEALTH_TIMEOUT_MS);
  if (overTls.kind === 'unanswered') return 'http';
  overTls.response.destroy();
  return NOT_SPOKEN.includes(overTls.response.statusCode ?? 0) ? 'http' : 'https';
}

function judge(status: number, body: string, tookMs: number): Pick<ServiceView, 'health' | 'seen'> {
  const message = statusMessage(body);
  if (status === 404 && message !== undefined) return { health: 'absent', seen: 'There is no such Service in the cluster.' };
  if (status >= 500 && message !== undefined) return { health: 'unreachable', seen: message };
  if (status >= 200 && status < 300) return { health: 'healthy', seen: `HTTP ${status} in ${tookMs} ms` };
  return { health: 'unhealthy', seen: `HTTP ${status} in ${tookMs} ms` };
}

/** The message of a Kubernetes Status, which is what the API answers when the service itself did not. */
function statusMessage(body: string): string | undefined {
  try {
    const { kind, message } = JSON.parse(body) as { readonly kind?: unknown; readonly message?: unknown };
    return kind === 'Status' && typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) break;
      chunks.push(chunk);
    }
  } catch {
    // A body that breaks off is shown as far as it came.
  }
  return Buffer.concat(chunks).toString('utf8');
}
