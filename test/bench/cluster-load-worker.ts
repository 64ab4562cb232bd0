// A process of its own that loads one cluster as told by its parent: see cluster-load.ts.
import { get } from 'node:https';
import { answerOrders } from './bench-worker.ts';
import { percentile } from './measure.ts';
import { WireClient, type WireTarget } from './wire-client.ts';

export type Operation = 'create' | 'get' | 'patch' | 'list' | 'listPlain' | 'table';

export interface LoadRequest {
  readonly kind: 'load';
  readonly target: WireTarget;
  readonly operation: Operation;
  readonly clients: number;
  readonly forMs: number;
  /** Distinguishes the names that several runs create. */
  readonly run: string;
}

export interface WatchRequest {
  readonly kind: 'watch';
  readonly target: WireTarget;
  readonly writes: number;
  readonly run: string;
}

export interface WorkerReport {
  readonly perSecond: number;
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
  readonly bytesPerAnswer: number;
}

const namespace = '/api/v1/namespaces/bench';
const padding = 'x'.repeat(256);

function configMap(name: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'bench', labels: { app: 'bench', tier: 'load' } },
    data: { config: padding, mode: 'production' },
  });
}

type Step = (client: WireClient, index: number) => Promise<{ readonly status: number; readonly body: Buffer }>;

function stepOf(operation: Operation, run: string): Step {
  let count = 0;
  switch (operation) {
    case 'create':
      return (client) =>
        client.request('POST', `${namespace}/configmaps`, {
          headers: 'Content-Type: application/json\r\n',
          body: configMap(`c-${run}-${(count += 1)}`),
        });
    case 'get':
      return (client, index) => client.request('GET', `${namespace}/configmaps/seed-${index}`);
    case 'patch':
      return (client, index) =>
        client.request('PATCH', `${namespace}/configmaps/seed-${index}`, {
          headers: 'Content-Type: application/merge-patch+json\r\n',
          body: JSON.stringify({ data: { mode: `${run}-${(count += 1)}` } }),
        });
    case 'list':
      return (client) => client.request('GET', `${namespace}/pods`, { headers: 'Accept-Encoding: gzip\r\n' });
    case 'listPlain':
      return (client) => client.request('GET', `${namespace}/pods`);
    case 'table':
      return (client) =>
        client.request('GET', `${namespace}/pods`, { headers: 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n' });
  }
}

async function load({ target, operation, clients, forMs, run }: LoadRequest): Promise<WorkerReport> {
  const step = stepOf(operation, run);
  const connections = await Promise.all(Array.from({ length: clients }, () => WireClient.open(target)));
  const samples: number[] = [];
  let failures = 0;
  let bytes = 0;
  const startedAt = performance.now();
  await Promise.all(
    connections.map(async (client, index) => {
      while (performance.now() - startedAt < forMs) {
        const sentAt = performance.now();
        const { status, body } = await step(client, index);
        samples.push(performance.now() - sentAt);
        bytes += body.byteLength;
        if (status >= 300) failures += 1;
      }
    }),
  );
  const tookMs = performance.now() - startedAt;
  for (const client of connections) client[Symbol.dispose]();
  return {
    perSecond: samples.length / (tookMs / 1000),
    ...summary(samples),
    failures,
    bytesPerAnswer: bytes / Math.max(1, samples.length),
  };
}

/** Writes one object again and again and sees, in the same process and by the same clock, when a watch tells of each write. */
async function watch({ target, writes, run }: WatchRequest): Promise<WorkerReport> {
  const name = `watched-${run}`;
  using client = await WireClient.open(target);
  await client.request('POST', `${namespace}/configmaps`, { headers: 'Content-Type: application/json\r\n', body: configMap(name) });
  const seen = new Map<string, () => void>();
  const close = await follow(target, name, (mode) => seen.get(mode)?.());
  const samples: number[] = [];
  let failures = 0;
  for (let index = 0; index < writes; index += 1) {
    const mode = `${run}-${index}`;
    const sentAt = performance.now();
    const arrival = new Promise<number>((resolve) => seen.set(mode, () => resolve(performance.now())));
    const { status } = await client.request('PATCH', `${namespace}/configmaps/${name}`, {
      headers: 'Content-Type: application/merge-patch+json\r\n',
      body: JSON.stringify({ data: { mode } }),
    });
    if (status >= 300) failures += 1;
    else samples.push((await arrival) - sentAt);
    seen.delete(mode);
  }
  close();
  return { perSecond: 0, ...summary(samples), failures, bytesPerAnswer: 0 };
}

function follow({ port, authority, token }: WireTarget, name: string, onMode: (mode: string) => void): Promise<() => void> {
  const path = `${namespace}/configmaps?watch=1&fieldSelector=metadata.name%3D${name}`;
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, ca: authority, path, headers: { authorization: `Bearer ${token}` }, agent: false },
      (response) => {
        let rest = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          const lines = `${rest}${text}`.split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) onMode((JSON.parse(line) as { object: { data: { mode: string } } }).object.data.mode);
        });
        resolve(() => void request.destroy());
      },
    );
    request.once('error', reject);
  });
}

function summary(samples: readonly number[]): { readonly samples: number; readonly p50Ms: number; readonly p99Ms: number } {
  return { samples: samples.length, p50Ms: percentile(samples, 0.5), p99Ms: percentile(samples, 0.99) };
}

answerOrders((request: LoadRequest | WatchRequest) => (request.kind === 'load' ? load(request) : watch(request)));
