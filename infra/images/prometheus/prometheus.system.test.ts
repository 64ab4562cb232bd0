import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutEngine } from '../../runtime/docker/testing/docker-fixture.ts';
import { ensurePrometheus } from '../../setup/prometheus.ts';
import { LabCluster } from '../testing/lab-cluster.ts';

const proxyPath = '/api/v1/namespaces/ai/services/prometheus:9090/proxy/';

const manifests = `
apiVersion: v1
kind: Namespace
metadata: { name: ai }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: prometheus, namespace: ai }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: prometheus }
rules:
  - { apiGroups: [''], resources: [pods, services, endpoints, nodes], verbs: [get, list, watch] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: prometheus }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prometheus }
subjects: [{ kind: ServiceAccount, name: prometheus, namespace: ai }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: prometheus, namespace: ai }
data:
  prometheus.yml: |
    global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }
    rule_files: [/etc/prometheus/rules.yml]
    scrape_configs:
      - job_name: pods
        kubernetes_sd_configs: [{ role: pod }]
        relabel_configs:
          - { source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], action: keep, regex: 'true' }
          - source_labels: [__address__, __meta_kubernetes_pod_annotation_prometheus_io_port]
            action: replace
            regex: '([^:]+)(?::\\d+)?;(\\d+)'
            replacement: '$1:$2'
            target_label: __address__
          - { source_labels: [__meta_kubernetes_pod_name], target_label: pod }
      - job_name: endpoints
        kubernetes_sd_configs: [{ role: endpoints, namespaces: { names: [ai] } }]
        relabel_configs:
          - { source_labels: [__meta_kubernetes_service_name], action: keep, regex: inference }
  rules.yml: |
    groups:
      - name: inference
        rules:
          - alert: InferenceUsed
            expr: sum(vllm:request_success_total) > 0
            labels: { severity: page }
            annotations: { summary: Somebody asked the model. }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: prometheus, namespace: ai }
spec:
  selector: { matchLabels: { app: prometheus } }
  template:
    metadata: { labels: { app: prometheus } }
    spec:
      serviceAccountName: prometheus
      terminationGracePeriodSeconds: 1
      containers:
        - name: prometheus
          image: registry.lab/prometheus:2.53
          args:
            - --config.file=/etc/prometheus/prometheus.yml
            - --storage.tsdb.path=/tmp/prometheus
            - --web.enable-lifecycle
            - --web.external-url=${proxyPath}
            - --web.route-prefix=/
          ports: [{ name: web, containerPort: 9090 }]
          readinessProbe: { httpGet: { path: /-/ready, port: web }, periodSeconds: 1 }
          resources: { limits: { memory: 512Mi } }
          volumeMounts: [{ name: config, mountPath: /etc/prometheus }]
      volumes: [{ name: config, configMap: { name: prometheus } }]
---
apiVersion: v1
kind: Service
metadata: { name: prometheus, namespace: ai }
spec: { selector: { app: prometheus }, ports: [{ port: 9090, targetPort: web }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: inference, namespace: ai }
spec:
  selector: { matchLabels: { app: inference } }
  template:
    metadata:
      labels: { app: inference }
      annotations: { prometheus.io/scrape: 'true', prometheus.io/port: '8000' }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: server
          image: registry.lab/inference:1.4.2
          ports: [{ name: http, containerPort: 8000 }]
          readinessProbe: { httpGet: { path: /health, port: http }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: inference, namespace: ai }
spec: { selector: { app: inference }, ports: [{ port: 8000, targetPort: http }] }
`;

interface Target {
  readonly scrapePool: string;
  readonly health: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly lastError: string;
}

const soon = { timeout: 60_000, interval: 250 };

describe.each(['process', ...(withoutEngine ? [] : (['docker'] as const))] as const)('Prometheus on the %s runtime', (runtime) => {
  let cluster: LabCluster;

  beforeAll(async () => {
    await ensurePrometheus();
    cluster = await LabCluster.start(runtime);
    await cluster.apply(manifests);
    for (const name of ['inference', 'prometheus'])
      await cluster.kubectl(['rollout', 'status', '-n', 'ai', `deployment/${name}`, '--timeout=60s']).catch(async (error: unknown) => {
        const seen = [
          ['describe', 'pods'],
          ['logs', `deployment/${name}`],
        ].map((words) => cluster.kubectl(['-n', 'ai', ...words]).catch(String));
        throw new Error((await Promise.all(seen)).join('\n'), { cause: error });
      });
  }, 600_000);

  afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

  const ask = async (path: string): Promise<unknown> =>
    (JSON.parse(await cluster.get('ai', 'prometheus:9090', `api/v1/${path}`)) as { data: unknown }).data;
  const targets = async (pool: string): Promise<readonly Target[]> =>
    ((await ask('targets?state=active')) as { activeTargets: readonly Target[] }).activeTargets.filter(
      ({ scrapePool }) => scrapePool === pool,
    );
  const value = async (query: string): Promise<number> => {
    const { result } = (await ask(`query?query=${encodeURIComponent(query)}`)) as { result: readonly { value: [number, string] }[] };
    return Number(result[0]?.value[1] ?? Number.NaN);
  };

  it('finds pods by their annotations and Services by their endpoints, and scrapes them', async () => {
    for (const pool of ['pods', 'endpoints'])
      await expect.poll(async () => (await targets(pool)).map(({ health, lastError }) => [health, lastError]), soon).toEqual([['up', '']]);
    expect((await targets('pods'))[0]?.labels['pod']).toMatch(/^inference-/);
    expect(await value('vllm:num_requests_running{job="pods"}')).toBe(0);
  });

  it('fires an alert once its rule holds', async () => {
    expect(await ask('alerts')).toEqual({ alerts: [] });
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Repeat exactly: x' }] });
    await cluster.kubectl(['create', '--raw', '/api/v1/namespaces/ai/services/inference:8000/proxy/v1/chat/completions', '-f', '-'], body);
    await expect
      .poll(() => ask('alerts'), soon)
      .toMatchObject({ alerts: [{ state: 'firing', labels: { alertname: 'InferenceUsed', severity: 'page' } }] });
    // The alert may rest on what was scraped through the Service.
    await expect.poll(() => value('sum(vllm:request_success_total{job="pods"})'), soon).toBe(1);
  });

  it('sees pods come and go', async () => {
    await cluster.kubectl(['scale', '-n', 'ai', 'deployment/inference', '--replicas=2']);
    await expect.poll(async () => (await targets('pods')).map(({ health }) => health), soon).toEqual(['up', 'up']);
    await cluster.kubectl(['scale', '-n', 'ai', 'deployment/inference', '--replicas=1']);
    await expect.poll(async () => (await targets('pods')).length, soon).toBe(1);
  });

  it('shows its page below the proxy’s path, with all that the page loads', async () => {
    const page = await cluster.get('ai', 'prometheus:9090', 'classic/graph').catch(() => cluster.get('ai', 'prometheus:9090', 'graph'));
    const links = [...page.matchAll(/(?:src|href)="([^"]+\.(?:js|css)[^"]*)"/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) {
      expect(link).toMatch(new RegExp(`^${proxyPath}`));
      expect((await cluster.kubectl(['get', '--raw', link])).length).toBeGreaterThan(100);
    }
  });

  it('takes up a changed configuration when told to reload', async () => {
    const config = async (): Promise<string> => ((await ask('status/config')) as { yaml: string }).yaml;
    expect(await config()).toContain('evaluation_interval: 500ms');
    await cluster.apply(manifests.replace('evaluation_interval: 500ms', 'evaluation_interval: 700ms'));
    // The file follows its ConfigMap after a while.
    const reloaded = async (): Promise<string> => {
      await cluster.kubectl(['create', '--raw', `${proxyPath}-/reload`, '-f', '-'], ' ');
      return config();
    };
    await expect.poll(reloaded, soon).toContain('evaluation_interval: 700ms');
  });
});
