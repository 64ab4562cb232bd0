import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster, ClusterOptions } from '../cluster/cluster-options.ts';
import type { ContainerRuntime, RuntimeHealth } from '../runtime/runtime.ts';
import { EmbeddedSubstrate } from './embedded.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'substrate-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const kubeconfig = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'u', user: { token: 't' } }],
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  'current-context': 'x',
});

interface Setting {
  readonly substrate: EmbeddedSubstrate;
  /** What happened to clusters, in order. */
  readonly log: string[];
  readonly started: ClusterOptions[];
  health: RuntimeHealth;
  readonly kept: string[][];
}

function setUp(start?: (options: ClusterOptions) => Promise<Cluster>): Setting {
  const log: string[] = [];
  const started: ClusterOptions[] = [];
  const kept: string[][] = [];
  const setting = { log, started, kept, health: { ok: true, version: '1' } as RuntimeHealth };
  const runtime = {
    name: 'process',
    isolation: 'none to speak of',
    health: async () => setting.health,
    sweep: async (keep: ReadonlySet<string>) => {
      kept.push([...keep].sort());
      return { removed: ['a container'] };
    },
    [Symbol.asyncDispose]: async () => void log.push('runtime disposed'),
  } as unknown as ContainerRuntime;
  const fake = async (options: ClusterOptions): Promise<Cluster> => {
    started.push(options);
    log.push(`start ${options.clusterId}`);
    return {
      clusterId: options.clusterId,
      url: 'https://127.0.0.1:1',
      kubeconfig: (identity) => {
        log.push(`kubeconfig ${identity}`);
        return kubeconfig;
      },
      snapshot: async () => 'snapshot',
      restore: async (text) => void log.push(`restore ${text}`),
      detach: async () => void log.push(`detach ${options.clusterId}`),
      [Symbol.asyncDispose]: async () => void log.push(`dispose ${options.clusterId}`),
    };
  };
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const substrate = new EmbeddedSubstrate({ runtime, clustersDir: dir, log: silent, start: start ?? fake });
  return Object.assign(setting, { substrate });
}

const signal = (): AbortSignal => new AbortController().signal;

describe('EmbeddedSubstrate', () => {
  it('starts a cluster a sandbox, with the operator’s credential and the system namespace hidden', async () => {
    const { substrate, started, log } = setUp();
    const sandbox = await substrate.provision('sbx_1', () => undefined, signal());
    expect(started).toMatchObject([{ clusterId: 'sbx-1', dataDir: path.join(dir, 'sbx-1'), hiddenNamespaces: ['drillhouse-system'] }]);
    expect(log).toContain('kubeconfig operator');
    expect(sandbox.operatorConfig.getCurrentCluster()?.server).toBe('https://127.0.0.1:1');
    expect(await sandbox.snapshots?.take()).toBe('snapshot');
    await substrate[Symbol.asyncDispose]();
  });

  it('starts it once, however often and whenever it is asked for', async () => {
    const { substrate, started } = setUp();
    await Promise.all([
      substrate.provision('a', () => undefined, signal()),
      substrate.provision('a', () => undefined, signal()),
      substrate.adopt('a'),
    ]);
    expect(started).toHaveLength(1);
    await substrate[Symbol.asyncDispose]();
  });

  it('finds a sandbox again after a restart, and none that never was', async () => {
    const first = setUp();
    await first.substrate.provision('a', () => undefined, signal());
    await first.substrate.detach();
    expect(first.log.at(-1)).toBe('detach a');
    const second = setUp();
    expect(await second.substrate.adopt('b')).toBeUndefined();
    expect((await second.substrate.adopt('a'))?.id).toBe('a');
    await second.substrate[Symbol.asyncDispose]();
  });

  it('gives a sandbox the nodes that it is asked for, after a restart, too', async () => {
    const node = { name: 'gpu-1', cpu: '2', memory: '1Gi', gpus: 1, labels: {}, taints: [] };
    const first = setUp();
    await first.substrate.provision('a', () => undefined, signal(), [node]);
    await first.substrate.detach();
    const second = setUp();
    await second.substrate.adopt('a');
    const wanted = [{ name: 'gpu-1', cpuMilli: 2000, memoryBytes: 2 ** 30, extendedResources: { 'nvidia.com/gpu': 1 } }];
    for (const { started } of [first, second]) expect(started[0]).toMatchObject({ nodes: wanted });
    await second.substrate[Symbol.asyncDispose]();
  });

  it('leaves running what it let go of', async () => {
    const { substrate, log } = setUp();
    await substrate.provision('a', () => undefined, signal());
    await substrate.detach();
    await substrate[Symbol.asyncDispose]();
    expect(log).not.toContain('dispose a');
    expect(await readdir(dir)).toEqual(['a']);
  });

  it('releases a sandbox with its folder, also one that it did not start itself, and twice', async () => {
    const { substrate, log } = setUp();
    await substrate.provision('a', () => undefined, signal());
    await mkdir(path.join(dir, 'old'));
    await substrate.release('a');
    await substrate.release('old');
    await substrate.release('a');
    expect(log.filter((line) => line.startsWith('dispose'))).toEqual(['dispose a', 'dispose old']);
    expect(await readdir(dir)).toEqual([]);
    await substrate[Symbol.asyncDispose]();
  });

  it('sweeps what belongs to nobody, in the folder and in the runtime, and nothing that runs', async () => {
    const { substrate, kept } = setUp();
    await substrate.provision('running', () => undefined, signal());
    await mkdir(path.join(dir, 'orphan'));
    await mkdir(path.join(dir, 'kept-1'));
    expect(await substrate.sweep(new Set(['kept_1']))).toEqual(['a container', 'folder of orphan']);
    expect(kept).toEqual([['kept-1', 'running']]);
    expect((await readdir(dir)).sort()).toEqual(['kept-1', 'running']);
    await substrate[Symbol.asyncDispose]();
  });

  it('refuses a sandbox while the engine is gone, and tells when it goes and comes back, once each', async () => {
    const setting = setUp();
    const { substrate } = setting;
    const heard: boolean[] = [];
    using _subscription = substrate.subscribe(({ ok }) => heard.push(ok));
    setting.health = { ok: false, reason: 'no socket' };
    await expect(substrate.provision('a', () => undefined, signal())).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('no socket') as string,
    });
    await substrate.health();
    setting.health = { ok: true, version: '1' };
    await substrate.health();
    await substrate.health();
    expect(heard).toEqual([false, true]);
    await substrate[Symbol.asyncDispose]();
  });

  it('says when a cluster does not start, and can try again', async () => {
    let attempts = 0;
    const { substrate } = setUp(async () => {
      attempts += 1;
      return Promise.reject(new Error('port taken'));
    });
    for (const expected of [1, 2]) {
      await expect(substrate.provision('a', () => undefined, signal())).rejects.toMatchObject({
        code: 'ProvisioningFailed',
        message: expect.stringContaining('port taken') as string,
      });
      expect(attempts).toBe(expected);
    }
    await substrate[Symbol.asyncDispose]();
  });

  it('takes back what was started for somebody who left meanwhile', async () => {
    const { substrate, log } = setUp();
    await expect(substrate.provision('a', () => undefined, AbortSignal.abort(new Error('abandoned')))).rejects.toThrow('abandoned');
    expect(log.at(-1)).toBe('dispose a');
    expect(await readdir(dir)).toEqual([]);
    await substrate[Symbol.asyncDispose]();
  });

  it('knows the usage of none that does not run', async () => {
    const { substrate } = setUp();
    expect(await substrate.usage('nobody')).toBeUndefined();
    await substrate[Symbol.asyncDispose]();
  });
});
