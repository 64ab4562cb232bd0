import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppsV1Api, CoreV1Api, KubeConfig, type V1ContainerStatus } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withoutEngine } from '../runtime/docker/testing/docker-fixture.ts';
import { createProcessRuntime } from '../runtime/process/process-runtime.ts';
import { projectRoot } from '../setup/project-root.ts';
import type { Cluster, ClusterLog } from './cluster-options.ts';
import { startCluster } from './cluster.ts';

const IMAGE = 'registry.lab/base:1.0';
const namespace = 'default';
const waiting = { timeout: 30_000, interval: 50 };
const quiet: ClusterLog = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
};
let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'cluster-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function apisOf(kubeconfig: string): { readonly core: CoreV1Api; readonly apps: AppsV1Api } {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return { core: config.makeApiClient(CoreV1Api), apps: config.makeApiClient(AppsV1Api) };
}

const podSpec = { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: IMAGE, command: ['sleep', 'inf'] }] };
const deployment = (name: string, replicas: number) => ({
  metadata: { name },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: podSpec } },
});

async function containerOf(core: CoreV1Api, name: string): Promise<V1ContainerStatus | undefined> {
  return (await core.readNamespacedPod({ name, namespace })).status?.containerStatuses?.[0];
}

describe.each(withoutEngine ? ['process'] : ['process', 'docker'])('a cluster on %s whose process is killed', (runtime) => {
  it('finds objects, keys and running containers again, restarts none, and leaves none when it ends', async () => {
    const kubeconfig = path.join(folder, 'kubeconfig');
    const first = await startProcess(kubeconfig);
    const { core } = apisOf(readFileSync(kubeconfig, 'utf8'));
    await core.createNamespacedPod({ namespace, body: { metadata: { name: 'lasting' }, spec: podSpec } });
    await expect.poll(async () => (await containerOf(core, 'lasting'))?.ready, waiting).toBe(true);
    const before = await containerOf(core, 'lasting');
    const uid = (await core.readNamespace({ name: 'default' })).metadata?.uid;
    first.kill('SIGKILL');
    await once(first, 'exit');
    const old = readFileSync(kubeconfig, 'utf8');
    const second = await startProcess(kubeconfig);
    try {
      // The credential of the first life works in the second, on the same port.
      const again = apisOf(old).core;
      expect((await again.readNamespace({ name: 'default' })).metadata?.uid).toBe(uid);
      await again.createNamespacedPod({ namespace, body: { metadata: { name: 'later' }, spec: podSpec } });
      await expect.poll(async () => (await containerOf(again, 'later'))?.ready, waiting).toBe(true);
      const after = await containerOf(again, 'lasting');
      expect(after).toMatchObject({ ready: true, restartCount: 0, containerID: before?.containerID });
      expect(after?.state?.running?.startedAt).toEqual(before?.state?.running?.startedAt);
    } finally {
      // A terminal's signal often comes twice: to the whole group, and from npm once more.
      second.kill('SIGTERM');
      second.kill('SIGTERM');
      expect(await once(second, 'exit')).toEqual([0, null]);
    }
    const third = await startProcess(kubeconfig);
    try {
      const { core: last } = apisOf(readFileSync(kubeconfig, 'utf8'));
      await expect.poll(async () => (await containerOf(last, 'lasting'))?.restartCount, waiting).toBe(1);
    } finally {
      third.kill('SIGINT');
      await once(third, 'exit');
    }
  }, 120_000);

  async function startProcess(kubeconfig: string): Promise<ChildProcess> {
    const options = ['--kubeconfig', kubeconfig, '--data', path.join(folder, 'data'), '--runtime', runtime];
    const args = ['scripts/run.mjs', 'infra/cluster/main.ts', ...options];
    const child = spawn(process.execPath, args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        if (output.includes('cluster ready')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the cluster ended with ${code}`)));
    });
    return child;
  }
});

describe('restoring a whole cluster', () => {
  it('works while controllers run, brings back nodes, namespaces in deletion and what was in them, and may be repeated', async () => {
    await using runtime = await createProcessRuntime({ stateDir: folder, log: quiet });
    await using cluster: Cluster = await startCluster({ clusterId: 'c', runtime, dataDir: path.join(folder, 'c'), log: quiet });
    const { core, apps } = apisOf(cluster.kubeconfig('operator'));
    await core.createNamespace({ body: { metadata: { name: 'team' } } });
    await core.createNamespacedConfigMap({ namespace: 'team', body: { metadata: { name: 'settings' }, data: { mode: 'calm' } } });
    await apps.createNamespacedDeployment({ namespace: 'team', body: deployment('web', 2) });
    const readyReplicas = async (): Promise<number> =>
      (await apps.readNamespacedDeployment({ name: 'web', namespace: 'team' }).catch(() => undefined))?.status?.readyReplicas ?? 0;
    await expect.poll(readyReplicas, waiting).toBe(2);
    const snapshot = await cluster.snapshot();

    const [node] = (await core.listNode()).items;
    await core.replaceNode({
      name: node?.metadata?.name ?? '',
      body: { ...node, spec: { ...node?.spec, unschedulable: true, taints: [{ key: 'broken', effect: 'NoSchedule' }] } },
    });
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'extra' } } });
    // The namespace's controller is at work on its content while it is put back.
    await core.deleteNamespace({ name: 'team' });
    for (let time = 1; time <= 2; time += 1) {
      await cluster.restore(snapshot);
      const [uncordoned] = (await core.listNode()).items;
      expect(uncordoned?.spec?.unschedulable).toBeUndefined();
      expect(uncordoned?.spec?.taints?.map(({ key }) => key) ?? []).not.toContain('broken');
      expect((await core.readNamespace({ name: 'team' })).metadata?.deletionTimestamp).toBeUndefined();
      expect((await core.readNamespacedConfigMap({ name: 'settings', namespace: 'team' })).data).toEqual({ mode: 'calm' });
      expect((await core.listNamespacedConfigMap({ namespace })).items.map(({ metadata }) => metadata?.name)).not.toContain('extra');
      await expect.poll(readyReplicas, waiting).toBe(2);
    }
  }, 120_000);
});

/** Files of a folder that this process holds open. */
function openFilesIn(dir: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(dir);
    } catch {
      return false;
    }
  }).length;
}

describe('a start that fails', () => {
  it('releases what it took, so that the next one works', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
    const { port } = taken.address() as AddressInfo;
    await using runtime = await createProcessRuntime({ stateDir: folder, log: quiet });
    const options = { clusterId: 'c', runtime, dataDir: path.join(folder, 'c'), log: quiet };
    const before = openFilesIn(options.dataDir);
    await expect(startCluster({ ...options, port })).rejects.toThrow(/EADDRINUSE/);
    expect(openFilesIn(options.dataDir)).toBe(before);
    taken.close();
    await using cluster = await startCluster({ ...options, port: 0 });
    expect((await apisOf(cluster.kubeconfig('operator')).core.listNode()).items).toHaveLength(1);
  }, 60_000);
});
