import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import { createAbsent } from '../../labs/sandbox-setup.ts';
import { componentFaultIds, findFault, inferenceFaultIds } from '../../scenarios/faults/fault-catalogue.ts';
import type { Proof } from '../../scenarios/faults/fault.ts';
import { reindex, searchFor } from '../../scenarios/faults/retrieval-calls.ts';
import { EndpointWorld, RECOVERED_WITHIN_MS } from './endpoint-world.ts';
import { until } from './gateway-world.ts';

/** What a lab would set; the others are tried with what they do where a lab says nothing. */
const parameters: Readonly<Record<string, object>> = {
  'index-stale': { document: 'ports.md', from: 'gateway is 4000', to: 'gateway is 5000' },
  'alert-silent': { metric: 'vllm:num_requests_waiting', stale: 'vllm:num_requests_queued' },
};
const LIVE_WITHIN_MS = 60_000;
const TIMEOUT_MS = LIVE_WITHIN_MS + 2 * RECOVERED_WITHIN_MS;

let world: EndpointWorld;
beforeAll(async () => {
  world = await EndpointWorld.open();
  await createAbsent(world.target.objects, components(world.target.endpoint.namespace));
}, 120_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

const fault = (id: string) => findFault(id)!;
const prove = (id: string, data: unknown): Promise<Proof> => fault(id).prove(world.target, data);

async function injectUntilLive(id: string): Promise<unknown> {
  const given = parameters[id] ?? {};
  const data = JSON.parse(JSON.stringify(await fault(id).inject(world.target, given))) as unknown;
  // A server that was killed in the middle injects once more.
  await fault(id).inject(world.target, given);
  let proof: Proof | undefined;
  await until(`${id} is live`, async () => (proof = await prove(id, data)).live).catch((error: unknown) => {
    throw new Error(`${String(error)} ${JSON.stringify(proof)}`);
  });
  return data;
}

describe('on a healthy endpoint', () => {
  it.each(inferenceFaultIds)(
    '%s is injected, shown to be live, and taken back',
    async (id) => {
      await world.awaitHealthy();
      expect(await prove(id, null)).toMatchObject({ live: false });
      const data = await injectUntilLive(id);
      await fault(id).recover(world.target, data);
      await world.awaitHealthy();
    },
    TIMEOUT_MS,
  );
});

const retrieval = () => ({
  ...world.target,
  endpoint: { ...world.target.endpoint, service: 'retrieval', port: 8080, scheme: 'http' as const },
});

async function awaitComponents(): Promise<void> {
  await until('retrieval finds the old fact', async () => {
    const found = await searchFor(retrieval(), 'What is the port of the gateway?');
    return found.kind === 'found' && found.results.some(({ text }) => text.includes('gateway is 4000'));
  });
  const given = parameters['alert-silent'];
  await until('Prometheus has the alert and the metric', async () => {
    const proof = await prove('alert-silent', given);
    return !proof.live && proof.reason === 'Prometheus has no alert that asks for the stale name.';
  });
}

describe('on healthy retrieval and monitoring', () => {
  it.each(componentFaultIds)(
    '%s is injected, shown to be live, and taken back',
    async (id) => {
      await awaitComponents();
      expect(await prove(id, parameters[id] ?? {})).toMatchObject({ live: false });
      const data = await injectUntilLive(id);
      await fault(id).recover(world.target, data);
      await awaitComponents();
      await until(`${id} is not live`, async () => !(await prove(id, data)).live);
    },
    TIMEOUT_MS,
  );

  it.each(['index-stale', 'embedding-mismatch'])(
    '%s is also taken back after the trainee has built the index anew',
    async (id) => {
      await awaitComponents();
      const data = await injectUntilLive(id);
      await reindex(retrieval());
      expect(await prove(id, data)).toMatchObject({ live: false });
      await fault(id).recover(world.target, data);
      await awaitComponents();
    },
    TIMEOUT_MS,
  );
});

function components(namespace: string): readonly KubeObject[] {
  return parseAllDocuments(`
apiVersion: v1
kind: ConfigMap
metadata: { name: documents, namespace: ${namespace} }
data:
  ports.md: "# Ports\\nThe port of the gateway is 4000.\\n"
  people.md: "# On call\\nThe telephone of the night shift is 555-0100.\\n"
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: index, namespace: ${namespace} }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 64Mi } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: retrieval, namespace: ${namespace} }
spec:
  strategy: { type: Recreate }
  selector: { matchLabels: { app: retrieval } }
  template:
    metadata: { labels: { app: retrieval } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: retrieval
          image: registry.lab/retrieval:1.0
          ports: [{ containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1 }
          resources: { limits: { memory: 256Mi } }
          volumeMounts:
            - { name: documents, mountPath: /documents }
            - { name: index, mountPath: /var/lib/retrieval }
      volumes:
        - { name: documents, configMap: { name: documents } }
        - { name: index, persistentVolumeClaim: { claimName: index } }
---
apiVersion: v1
kind: Service
metadata: { name: retrieval, namespace: ${namespace} }
spec: { selector: { app: retrieval }, ports: [{ port: 8080 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: prometheus, namespace: ${namespace} }
data:
  prometheus.yml: |
    global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }
    rule_files: [/etc/prometheus/rules.yml]
    scrape_configs: [{ job_name: inference, static_configs: [{ targets: ['inference:9090'] }] }]
  rules.yml: |
    groups:
      - name: inference
        rules: [{ alert: QueueGrows, expr: 'vllm:num_requests_waiting > 4', for: 1m }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: prometheus, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: prometheus } }
  template:
    metadata: { labels: { app: prometheus } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: prometheus
          image: registry.lab/prometheus:2.53
          ports: [{ containerPort: 9090 }]
          readinessProbe: { httpGet: { path: /-/ready, port: 9090 }, periodSeconds: 1 }
          resources: { limits: { memory: 512Mi } }
          volumeMounts: [{ name: config, mountPath: /etc/prometheus }]
      volumes: [{ name: config, configMap: { name: prometheus } }]
---
apiVersion: v1
kind: Service
metadata: { name: prometheus, namespace: ${namespace} }
spec: { selector: { app: prometheus }, ports: [{ port: 9090 }] }
`).map((document) => document.toJS() as KubeObject);
}
