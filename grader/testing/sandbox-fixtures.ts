import type { Container, Deployment, EndpointSlice, Pod, ReplicaSet, Secret, Service } from '../../infra/cluster/meta/generated/types.ts';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import { ManualClock } from '../../infra/cluster/meta/manual-clock.ts';
import type { LoadOrder, LoadReport } from '../../infra/images/prober/load-protocol.ts';
import type { ProbeRequest, ProbeResult } from '../../infra/images/prober/protocol.ts';
import type { CheckContext } from '../check-context.ts';
import { checkSchema, type Check } from '../check-spec.ts';
import { Credentials } from '../credentials.ts';
import { endpointSchema, type Endpoint } from '../endpoint.ts';
import type { Prober } from '../prober.ts';
import { FakeObjects } from './fake-objects.ts';
import { FakeProviders } from './fake-providers.ts';

export const endpoint: Endpoint = endpointSchema.parse({
  namespace: 'atlas',
  deployment: 'inference',
  container: 'server',
  service: 'inference',
  port: 8000,
  model: 'support-assistant',
  root: 'drillhouse/sparrow-1b',
  key: { env: 'VLLM_API_KEY', secret: 'inference-api-key', entry: 'api-key', prefix: 'sk-lab-', minLength: 24 },
  clientSecret: 'inference-client',
});

export const goodKey = 'sk-lab-0123456789abcdef0123456789abcdef';
export const authorityRef = { kind: 'Secret', namespace: 'drillhouse-system', name: 'lab-authority' };

const namespace = endpoint.namespace;

export const goodContainer: Container = {
  name: 'server',
  image: 'registry.lab/inference:1.4.2',
  args: ['--config=/etc/inference/config.yaml', '--ssl-cert-reqs=2'],
  env: [{ name: 'VLLM_API_KEY', valueFrom: { secretKeyRef: { name: 'inference-api-key', key: 'api-key' } } }],
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
  readinessProbe: { httpGet: { path: '/health', port: 9090 }, periodSeconds: 2, failureThreshold: 3 },
  livenessProbe: { httpGet: { path: '/health', port: 9090 }, periodSeconds: 10, failureThreshold: 3 },
};

export function deploymentOf(container: Container = goodContainer, replicas = 1): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'inference', namespace, uid: 'd-1' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'inference' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: { metadata: { labels: { app: 'inference' } }, spec: { containers: [container] } },
    },
    status: { readyReplicas: replicas },
  };
}

export const replicaSet: ReplicaSet = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: 'inference-1',
    namespace,
    uid: 'rs-1',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'inference', uid: 'd-1', controller: true }],
  },
};

export function podOf(
  name: string,
  ip: string,
  more: { readonly container?: Container; readonly ready?: boolean; readonly state?: object; readonly owned?: boolean } = {},
): Pod {
  const { container = goodContainer, ready = true, state = { running: {} }, owned = true } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `pod-${name}`,
      labels: { app: 'inference' },
      ...(owned
        ? { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'inference-1', uid: 'rs-1', controller: true }] }
        : {}),
    },
    spec: { containers: [container] },
    status: {
      phase: 'Running',
      podIP: ip,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'server', ready, state }],
    },
  } as unknown as Pod;
}

export function sliceOf(...addresses: readonly string[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'inference-x',
      namespace,
      labels: { 'kubernetes.io/service-name': 'inference', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
    },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}

export function secretOf(name: string, data: Readonly<Record<string, string>>, at = namespace): Secret {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: at }, type: 'Opaque', data: encoded };
}

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'inference', namespace },
  spec: { selector: { app: 'inference' }, ports: [{ port: 8000 }] },
};

/** A healthy endpoint of one replica. */
export function healthyObjects(): readonly KubeObject[] {
  return [
    deploymentOf(),
    replicaSet,
    podOf('inference-1-a', '10.0.0.1'),
    sliceOf('10.0.0.1'),
    service,
    secretOf('inference-api-key', { 'api-key': goodKey }),
    secretOf('lab-authority', { 'ca.crt': 'CA', 'ca.key': 'CA KEY' }, 'drillhouse-system'),
  ];
}

const noLatency = { count: 0, meanMs: 0, p50Ms: 0, p90Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 };

/** Of a run in which nothing happened. */
export const emptyReport: LoadReport = {
  startedAt: '2026-01-01T00:00:00.000Z',
  tookMs: 0,
  cancelled: false,
  planned: 0,
  sent: 0,
  shed: 0,
  answered: 0,
  failures: {},
  endToEnd: noLatency,
  firstToken: noLatency,
  interToken: noLatency,
  sendLag: noLatency,
  tokens: { prompt: 0, cachedPrompt: 0, completion: 0 },
  cost: { usd: 0, usdUncached: 0, usdPerThousandRequests: 0, unpricedTokens: 0 },
  cacheHits: 0,
  quality: null,
  classes: {},
  keys: {},
  models: {},
};

/** Answers as `answer` says; what it was asked is kept. Throwing is the prober's own failure. */
export class FakeProber implements Prober {
  readonly asked: ProbeRequest[] = [];
  answer: (request: ProbeRequest) => ProbeResult;

  constructor(answer: (request: ProbeRequest) => ProbeResult) {
    this.answer = answer;
  }

  readonly loads: LoadOrder[] = [];
  report: LoadReport = emptyReport;

  async load(order: LoadOrder): Promise<LoadReport> {
    this.loads.push(order);
    return this.report;
  }

  async probe(requests: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> {
    this.asked.push(...requests);
    return requests.map((request) => this.answer(request));
  }
}

export function answered(status: number, body: unknown = {}, more: object = {}): ProbeResult {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    kind: 'answered',
    name: 'a',
    status,
    headers: {},
    body: text,
    bodyBytes: text.length,
    connectMs: 1,
    firstByteMs: 2,
    totalMs: 3,
    ...more,
  };
}

export function unanswered(phase: Extract<ProbeResult, { kind: 'unanswered' }>['phase'], code = 'ECONNREFUSED'): ProbeResult {
  return { kind: 'unanswered', name: 'a', phase, code, message: code, totalMs: 1 };
}

export interface TestContext extends CheckContext {
  readonly objects: FakeObjects;
  readonly prober: FakeProber;
  readonly providers: FakeProviders;
  readonly clock: ManualClock;
}

export function testContext(more: Partial<TestContext> = {}): TestContext {
  const objects = more.objects ?? new FakeObjects(...healthyObjects());
  return {
    endpoint,
    objects,
    prober: new FakeProber(() => answered(200)),
    providers: new FakeProviders(),
    credentials: new Credentials(objects, endpoint, authorityRef),
    baseline: undefined,
    readFile: () => Promise.resolve(undefined),
    clock: new ManualClock(),
    signal: new AbortController().signal,
    ...more,
  };
}

/** A check as a lab would write it, with what a test does not care for filled in. */
export function checkOf(id: string, spec: object): Check {
  return { ...checkSchema.parse({ title: `Check ${id}`, explain: 'Because.', dimension: 'cloud-kubernetes', ...spec }), id };
}
