import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type {
  KubernetesObject,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ConfigMap,
  V1Container,
  V1Deployment,
  V1Job,
  V1NetworkPolicy,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { ensureHelm } from '../../infra/setup/kubectl.ts';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { parseClustersFile, type ClustersFile } from '../../infra/substrate/kubernetes/clusters-file.ts';
import { readConfig } from '../../server/config.ts';
import { ClusterProcess, type Ended } from '../cluster/cluster-process.ts';

const chart = path.join(projectRoot, 'infra/deploy/chart');
const HELM_TIMEOUT_MS = 60_000;

type Values = Readonly<Record<string, unknown>>;
const smallest: Values = {
  publicUrl: 'https://drillhouse.example.com',
  clusters: [{ name: 'here', inCluster: true, capacity: 30, registry: 'images.example/school' }],
};
const company: Values = {
  ...smallest,
  image: { digest: `sha256:${'a'.repeat(64)}`, pullSecrets: ['pull'] },
  database: { existingSecret: 'postgres', peers: [{ podSelector: { matchLabels: { app: 'postgres' } } }] },
  persistence: { storageClass: 'fast', keep: false },
  clusters: [
    { name: 'lab-1', kubeconfig: '/etc/drillhouse/kubeconfigs/lab-clusters/lab-1', weight: 2, capacity: 40, registry: 'images.example' },
  ],
  kubeconfigSecrets: ['lab-clusters'],
  serviceAccount: { automount: false },
  rbac: { create: false },
  ingress: { enabled: true, className: 'nginx', tlsSecret: 'drillhouse-tls' },
  trustedProxies: 1,
  networkPolicy: { ingressFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } }] },
  labsDirs: ['/srv/labs'],
  extraEnv: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size=1536' }],
  podLabels: { team: 'platform' },
  nodeSelector: { pool: 'system' },
  tolerations: [{ key: 'system', operator: 'Exists' }],
};
const several: Values = {
  ...company,
  replicas: 3,
  redis: { existingSecret: 'redis', peers: [{ podSelector: { matchLabels: { app: 'redis' } } }] },
  keysSecret: { existingSecret: 'keys' },
  persistence: { enabled: false },
};
const monitored: Values = {
  ...smallest,
  serviceMonitor: { enabled: true, tokenSecret: { name: 'metrics-token' } },
  prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
};

let helm: string;
let folder: string;
beforeAll(async () => {
  helm = await ensureHelm();
  folder = mkdtempSync(path.join(tmpdir(), 'drillhouse-chart-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function runHelm(words: readonly string[], values: Values): Promise<Ended> {
  const file = path.join(folder, `values-${(files += 1)}.yaml`);
  writeFileSync(file, stringify(values));
  const env = { PATH: process.env.PATH, HOME: folder };
  return new Promise((resolve) => {
    execFile(helm, [...words, '--values', file], { env, timeout: HELM_TIMEOUT_MS, maxBuffer: 8 * 1_048_576 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, stdout, stderr }),
    );
  });
}

const template = (values: Values, release = 'school'): Promise<Ended> =>
  runHelm(['template', release, chart, '--namespace', 'training'], values);

async function render(values: Values, release?: string): Promise<readonly KubernetesObject[]> {
  const { code, stdout, stderr } = await template(values, release);
  if (code !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    const object = document.toJS() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}

function find<T extends KubernetesObject>(objects: readonly KubernetesObject[], kind: string, name = 'school-drillhouse'): T {
  const found = objects.find((object) => object.kind === kind && object.metadata?.name === name);
  if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
  return found as T;
}

const rulesByName = (roles: readonly V1ClusterRole[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(roles.map(({ metadata, rules }) => [metadata?.name ?? '', rules]));
const containerOf = (object: V1Deployment | V1Job): V1Container => object.spec!.template.spec!.containers[0]!;
const kindsOf = (objects: readonly KubernetesObject[]): readonly string[] => [...new Set(objects.map(({ kind }) => kind ?? ''))].sort();

describe('the chart', () => {
  it.each([
    ['the smallest values', smallest],
    ['a company’s', company],
    ['several servers', several],
    ['monitored ones', monitored],
  ])('passes helm lint with %s', async (_name, values) => {
    const { code, stdout, stderr } = await runHelm(['lint', '--strict', chart], values);
    expect({ code, stdout: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, stdout: '' });
  });

  it('starts a server whose configuration the server itself takes, from nothing but an address', async () => {
    const objects = await render(smallest);
    expect(kindsOf(objects)).toEqual([
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'Deployment',
      'NetworkPolicy',
      'PersistentVolumeClaim',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
    ]);
    const { env = [] } = containerOf(find<V1Deployment>(objects, 'Deployment'));
    const config = readConfig(Object.fromEntries(env.map(({ name, value }) => [name, value])), [], '/labs');
    expect(config).toMatchObject({ port: 7070, host: '0.0.0.0', dataDir: '/data', publicUrl: 'https://drillhouse.example.com' });
  });

  it('names its clusters as the server reads them, and no two releases call themselves the same installation', async () => {
    const fileOf = async (values: Values, release = 'school'): Promise<ClustersFile> => {
      const map = find<V1ConfigMap>(await render(values, release), 'ConfigMap', `${release}-drillhouse-clusters`);
      return parseClustersFile('/etc/drillhouse/clusters/clusters.yaml', map.data?.['clusters.yaml'] ?? '');
    };
    const [here, elsewhere] = [await fileOf(smallest), await fileOf(company)];
    expect(here.clusters).toMatchObject([{ name: 'here', inCluster: true, capacity: 30, registry: 'images.example/school' }]);
    expect(elsewhere.clusters).toMatchObject([{ kubeconfig: '/etc/drillhouse/kubeconfigs/lab-clusters/lab-1', weight: 2 }]);
    expect((await fileOf(smallest, 'other')).installation).not.toBe(here.installation);
    expect((await fileOf({ ...smallest, installation: 'north' })).installation).toBe('north');
  });

  it('asks for nothing that Pod Security "restricted" refuses, and writes to its volumes only', async () => {
    const objects = await render(company);
    for (const object of [find<V1Deployment>(objects, 'Deployment'), find<V1Job>(objects, 'Job', 'school-drillhouse-migration')]) {
      expect(object.spec?.template.spec?.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(containerOf(object).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('names the database’s Secret and never its content, migrates before the server starts, and lets the migration reach nothing else', async () => {
    const objects = await render(company);
    const job = find<V1Job>(objects, 'Job', 'school-drillhouse-migration');
    expect(job.metadata?.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' });
    const url = { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'postgres', key: 'url' } } };
    expect(containerOf(job)).toMatchObject({ args: ['migrate'], env: expect.arrayContaining([url]) as unknown });
    expect(containerOf(find<V1Deployment>(objects, 'Deployment')).env).toContainEqual(url);
    const policy = find<V1NetworkPolicy>(objects, 'NetworkPolicy', 'school-drillhouse-migration');
    expect(policy.spec?.egress?.flatMap(({ ports = [] }) => ports.map(({ port }) => port))).toEqual([53, 53, 5432]);
    expect(policy.spec?.ingress).toBeUndefined();
  });

  it('binds the orchestrator’s published role to a ServiceAccount of its own, and holds no token where all clusters are elsewhere', async () => {
    const published = parseAllDocuments(readFileSync(path.join(chart, '../cluster-role.yaml'), 'utf8')).map(
      (one) => one.toJS() as V1ClusterRole,
    );
    const here = await render(smallest);
    const roles = here.filter(({ kind }) => kind === 'ClusterRole') as readonly V1ClusterRole[];
    expect(rulesByName(roles)).toEqual(rulesByName(published));
    expect(rulesByName(roles)).toHaveProperty(
      find<V1ClusterRoleBinding>(here, 'ClusterRoleBinding', 'training-school-drillhouse').roleRef.name,
    );
    const elsewhere = await render(company);
    expect(kindsOf(elsewhere)).not.toContain('ClusterRole');
    const pod = find<V1Deployment>(elsewhere, 'Deployment').spec?.template.spec;
    expect(pod?.automountServiceAccountToken).toBe(false);
    expect(pod?.containers[0]?.volumeMounts).toContainEqual({
      name: 'kubeconfig-lab-clusters',
      mountPath: '/etc/drillhouse/kubeconfigs/lab-clusters',
      readOnly: true,
    });
  });

  it('rolls several servers over without a gap, spreads them, and lets them and nobody else of its pods reach Redis', async () => {
    const objects = await render(several);
    const deployment = find<V1Deployment>(objects, 'Deployment');
    expect(deployment.spec).toMatchObject({
      replicas: 3,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    const { env, readinessProbe, livenessProbe } = containerOf(deployment);
    expect(env).toContainEqual({ name: 'REDIS_URL', valueFrom: { secretKeyRef: { name: 'redis', key: 'url' } } });
    expect(env).toContainEqual({ name: 'KEYS_SECRET', valueFrom: { secretKeyRef: { name: 'keys', key: 'secret' } } });
    expect([readinessProbe?.httpGet?.path, livenessProbe?.httpGet?.path]).toEqual(['/readyz', '/livez']);
    const pod = deployment.spec?.template.spec;
    expect(pod?.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey)).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
    for (const { labelSelector } of pod?.topologySpreadConstraints ?? [])
      expect(deployment.spec?.template.metadata?.labels).toMatchObject(labelSelector?.matchLabels ?? { none: 'selected' });
    expect(pod?.volumes).toContainEqual({ name: 'data', emptyDir: { sizeLimit: '20Gi' } });
    const portsOf = (name?: string): unknown =>
      find<V1NetworkPolicy>(objects, 'NetworkPolicy', name).spec?.egress?.flatMap(({ ports = [] }) => ports.map(({ port }) => port));
    expect(portsOf()).toEqual([53, 53, 5432, 6379, 443, 6443]);
    expect(portsOf('school-drillhouse-migration')).toEqual([53, 53, 5432]);
    const alone = await render(company);
    expect(find<V1Deployment>(alone, 'Deployment').spec?.strategy).toEqual({ type: 'Recreate' });
    // Where one server takes its old volume over into PostgreSQL, no second one could mount it beside.
    const moving = find<V1Deployment>(await render({ ...several, replicas: 1, persistence: {} }), 'Deployment').spec;
    expect(moving).toMatchObject({
      strategy: { type: 'Recreate' },
      template: {
        spec: { volumes: expect.arrayContaining([{ name: 'data', persistentVolumeClaim: { claimName: 'school-drillhouse' } }]) as unknown },
      },
    });
    expect(JSON.stringify(alone)).not.toContain('REDIS_URL');
  });

  it('takes the image by digest when one is given', async () => {
    expect(containerOf(find<V1Deployment>(await render(company), 'Deployment')).image).toBe(`drillhouse/server@sha256:${'a'.repeat(64)}`);
    const tagged = await render({ ...smallest, image: { repository: 'images.example/school/server', tag: '0.2.0' } });
    expect(containerOf(find<V1Deployment>(tagged, 'Deployment')).image).toBe('images.example/school/server:0.2.0');
  });

  it.each<[string, Values, RegExp]>([
    ['no address', { ...smallest, publicUrl: '' }, /publicUrl is missing: set it to the address people open/],
    ['an address with a path', { ...smallest, publicUrl: 'https://a.example/lab' }, /'\/publicUrl'.*pattern/],
    ['a value that does not exist', { ...smallest, replica: 2 }, /additional properties 'replica' not allowed/],
    ['several servers without Redis', { ...company, replicas: 2 }, /replicas is 2, but redis\.existingSecret is not set/],
    ['several servers on SQLite', { ...several, database: {} }, /several servers cannot share SQLite/],
    [
      'several servers without a secret for keys',
      { ...several, keysSecret: {} },
      /keysSecret\.existingSecret is not: servers that share no volume/,
    ],
    [
      'several servers on a volume',
      { ...several, persistence: { enabled: true } },
      /replicas is 3 and persistence\.enabled is true, but several servers share no volume/,
    ],
    [
      'a stop that is cut short',
      { ...several, preStopSeconds: 30 },
      /after preStopSeconds \(30\) the server takes up to 15 s.*Set it to 50 or more/,
    ],
    ['nowhere to keep anything', { ...smallest, persistence: { enabled: false } }, /everything would be lost with the pod/],
    ['metrics without a token', { ...smallest, serviceMonitor: { enabled: true } }, /serviceMonitor\.tokenSecret\.name is missing/],
    ['labs without images', { publicUrl: 'https://a.example' }, /The cluster here names no registry/],
    ['no cluster', { ...smallest, clusters: [] }, /'\/clusters'.*minItems/],
    [
      'a kubeconfig that nothing mounts',
      { ...smallest, clusters: [{ name: 'lab-1', kubeconfig: '/root/.kube/config', capacity: 1, registry: 'images.example' }] },
      /The cluster lab-1 reads \/root\/\.kube\/config, which no Secret is mounted at/,
    ],
    [
      'the chart’s own variables',
      { ...smallest, extraEnv: [{ name: 'DATA_DIR', value: '/x' }] },
      /extraEnv names DATA_DIR, which the chart sets itself/,
    ],
    ['its Redis past its Secret', { ...smallest, extraEnv: [{ name: 'REDIS_URL', value: 'redis://x' }] }, /extraEnv names REDIS_URL/],
    [
      'rights for everybody in the namespace',
      { ...smallest, serviceAccount: { create: false } },
      /would bind the orchestrator's ClusterRole to the namespace's default ServiceAccount/,
    ],
  ])('refuses %s in words', async (_name, values, words) => {
    const { code, stderr } = await template(values);
    expect(code).toBe(1);
    expect(stderr).toMatch(words);
  });

  it('is accepted by an API server, field by field', async () => {
    await using cluster = await ClusterProcess.start('- {name: node-1, cpuMilli: 4000, memoryBytes: 8589934592}');
    const kubectl = await cluster.namespace('training');
    for (const values of [smallest, company, several]) {
      const { stdout } = await template(values);
      const { code, stdout: said, stderr } = await kubectl.send(stdout, 'apply --dry-run=server --validate=strict --filename -');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(said).toContain('deployment.apps/school-drillhouse created (server dry run)');
    }
  });
});
