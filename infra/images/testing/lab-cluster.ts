import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startCluster } from '../../cluster/cluster.ts';
import type { Cluster, ClusterLog, NodeSpec } from '../../cluster/cluster-options.ts';
import { createDockerRuntime } from '../../runtime/docker/docker-runtime.ts';
import { createProcessRuntime } from '../../runtime/process/process-runtime.ts';
import type { ContainerRuntime } from '../../runtime/runtime.ts';
import { ensureKubectl } from '../../setup/kubectl.ts';
import { ensureImages } from '../image-set.ts';

const silent: ClusterLog = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A whole cluster, used as a person does: through kubectl. */
export class LabCluster implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #runtime: ContainerRuntime;
  readonly #folder: string;
  readonly #kubectl: string;

  private constructor(cluster: Cluster, runtime: ContainerRuntime, folder: string, kubectl: string) {
    this.#cluster = cluster;
    this.#runtime = runtime;
    this.#folder = folder;
    this.#kubectl = kubectl;
  }

  static async start(runtimeName: 'process' | 'docker', nodes?: readonly NodeSpec[]): Promise<LabCluster> {
    const folder = mkdtempSync(path.join(tmpdir(), 'lab-cluster-'));
    const [kubectl, runtime] = await Promise.all([ensureKubectl(), openRuntime(runtimeName, folder)]);
    const dataDir = path.join(folder, 'cluster');
    const cluster = await startCluster({ clusterId: 'lab', runtime, dataDir, log: silent, ...(nodes === undefined ? {} : { nodes }) });
    writeFileSync(path.join(folder, 'kubeconfig'), cluster.kubeconfig('admin'), { mode: 0o600 });
    return new LabCluster(cluster, runtime, folder, kubectl);
  }

  /** What kubectl printed. Throws with what it complained of. */
  kubectl(args: readonly string[], stdin = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { env: { PATH: process.env['PATH'], HOME: this.#folder, KUBECONFIG: path.join(this.#folder, 'kubeconfig') } };
      const child = execFile(this.#kubectl, args, { ...options, timeout: 120_000, maxBuffer: 16 * 1_048_576 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`kubectl ${args.join(' ')}: ${stderr}${stdout}`));
      });
      child.stdin?.end(stdin);
    });
  }

  apply(yaml: string): Promise<string> {
    return this.kubectl(['apply', '-f', '-'], yaml);
  }

  /** A GET through the API server's service proxy. */
  get(namespace: string, service: string, pathAndQuery: string): Promise<string> {
    return this.kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/services/${service}/proxy/${pathAndQuery.replace(/^\//, '')}`]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster[Symbol.asyncDispose]();
    await this.#runtime[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function openRuntime(name: 'process' | 'docker', folder: string): Promise<ContainerRuntime> {
  if (name === 'process') return createProcessRuntime({ stateDir: path.join(folder, 'runtime'), log: silent });
  await ensureImages({ report: () => undefined });
  return createDockerRuntime({
    installation: `test-${randomBytes(4).toString('hex')}`,
    allowPull: false,
    pullTimeoutMs: 5_000,
    log: silent,
  });
}
