import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { ChaosHttp } from '../../../chaos/chaos-http.ts';
import { startCluster } from '../../../cluster/cluster.ts';
import type { Cluster, ClusterLog } from '../../../cluster/cluster-options.ts';
import { createProcessRuntime } from '../../../runtime/process/process-runtime.ts';
import { orchestratorRole, publishedRoles } from '../rights.ts';

const silent: ClusterLog = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const RBAC = 'rbac.authorization.k8s.io';
/** Room for some sixteen sandboxes. */
const nodeSize = { cpuMilli: 16_000, memoryBytes: 32 * 2 ** 30, maxPods: 110 } as const;

/** An embedded cluster that stands for a company's own: spoken with over HTTPS alone, by an account that the published roles are bound to and nothing else. */
export class OutsideCluster implements AsyncDisposable {
  readonly folder: string;
  readonly admin: ChaosHttp;
  readonly #cluster: Cluster;
  readonly #dispose: () => Promise<void>;

  private constructor(folder: string, cluster: Cluster, dispose: () => Promise<void>) {
    this.folder = folder;
    this.#cluster = cluster;
    this.#dispose = dispose;
    const config = new KubeConfig();
    config.loadFromString(cluster.kubeconfig('admin'));
    this.admin = new ChaosHttp(config);
  }

  static async start(nodes = 1): Promise<OutsideCluster> {
    const folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-outside-'));
    const runtime = await createProcessRuntime({ stateDir: path.join(folder, 'runtime'), log: silent });
    const dataDir = path.join(folder, 'cluster');
    await mkdir(dataDir);
    const cluster = await startCluster({
      clusterId: 'outside',
      runtime,
      dataDir,
      keepsAudit: true,
      log: silent,
      nodes: Array.from({ length: nodes }, (_value, index) => ({ ...nodeSize, name: `node-${index + 1}` })),
    });
    const outside = new OutsideCluster(folder, cluster, async () => {
      await cluster[Symbol.asyncDispose]();
      await runtime[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });
    for (const role of publishedRoles()) await outside.post(`/apis/${RBAC}/v1/clusterroles`, role);
    await outside.post('/api/v1/namespaces', { metadata: { name: 'drillhouse' } });
    return outside;
  }

  async post<T>(at: string, body: object): Promise<T> {
    return this.admin.send<T>({ method: 'POST', path: at, body });
  }

  /** A kubeconfig of a new account, as a path; `role` is bound to it for the whole cluster. */
  async account(name: string, role: string | null = orchestratorRole): Promise<string> {
    await this.post('/api/v1/namespaces/drillhouse/serviceaccounts', { metadata: { name } });
    if (role !== null)
      await this.post(`/apis/${RBAC}/v1/clusterrolebindings`, {
        metadata: { name },
        roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
        subjects: [{ kind: 'ServiceAccount', name, namespace: 'drillhouse' }],
      });
    const { status } = await this.post<{ readonly status: { readonly token: string } }>(
      `/api/v1/namespaces/drillhouse/serviceaccounts/${name}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
    );
    return this.kubeconfig(name, status.token);
  }

  /** With that token, whatever it is; `at`: pointing elsewhere. */
  async kubeconfig(name: string, token: string, at?: string): Promise<string> {
    const config = new KubeConfig();
    config.loadFromString(this.#cluster.kubeconfig('admin'));
    const { caData, server } = config.getCurrentCluster() ?? { server: '' };
    const file = path.join(this.folder, `${name}.kubeconfig`);
    const content = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'outside',
      contexts: [{ name: 'outside', context: { cluster: 'outside', user: name } }],
      clusters: [{ name: 'outside', cluster: { server: at ?? server, 'certificate-authority-data': caData } }],
      users: [{ name, user: { token } }],
    };
    await writeFile(file, JSON.stringify(content), { mode: 0o600 });
    return file;
  }

  /** What the account asked for and was denied, and what it changed, as `verb group/resource in namespace`. */
  async audited(name: string): Promise<{ readonly denied: readonly string[]; readonly done: readonly string[] }> {
    interface Entry {
      readonly verb: string;
      readonly user: { readonly username: string };
      readonly objectRef?: {
        readonly apiGroup?: string;
        readonly resource?: string;
        readonly subresource?: string;
        readonly namespace?: string;
      };
      readonly responseStatus?: { readonly code?: number };
    }
    const text = await this.admin.send<string | object>({ method: 'GET', path: '/logs/kube-apiserver/audit.log' });
    const lines = typeof text === 'string' ? text.trim().split('\n') : [JSON.stringify(text)];
    const entries = lines.map((line) => JSON.parse(line) as Entry).filter(({ user }) => user.username.endsWith(`:drillhouse:${name}`));
    const words = ({ verb, objectRef: ref }: Entry): string =>
      `${verb} ${ref?.resource ?? ''}${ref?.subresource === undefined ? '' : `/${ref.subresource}`} in ${ref?.namespace ?? 'the cluster'}`;
    const isDenied = ({ responseStatus }: Entry): boolean => responseStatus?.code === 403 || responseStatus?.code === 401;
    return { denied: entries.filter(isDenied).map(words), done: entries.filter((entry) => !isDenied(entry)).map(words) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.admin[Symbol.dispose]();
    await this.#dispose();
  }
}
