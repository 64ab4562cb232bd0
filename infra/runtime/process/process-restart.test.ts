import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../setup/project-root.ts';
import type { ClusterRuntime, ContainerRuntime, ContainerState, RuntimeEvent } from '../runtime.ts';
import { createProcessRuntime } from './process-runtime.ts';
import { readProcess } from './supervisor/process-table.ts';
import { containerSpec, quiet, readAll, testedModes } from './testing/process-fixture.ts';

/** An orchestrator of its own, to be killed: starts a cluster with containers and says what it did. */
const orchestrator = path.join(projectRoot, 'infra/runtime/process/testing/orchestrator.ts');

interface Started {
  readonly podIp: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly sleeper: string;
  readonly brief: string;
  readonly chatty: string;
}

describe.each(testedModes)('what outlives an orchestrator (bubblewrap: $mode)', ({ mode }) => {
  let stateDir: string;
  const open: ContainerRuntime[] = [];

  beforeEach(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), 'drillhouse-restart-'));
  });
  afterEach(async () => {
    for (const runtime of open.splice(0)) {
      await runtime.sweep(new Set());
      await runtime[Symbol.asyncDispose]();
    }
    await rm(stateDir, { recursive: true, force: true });
  });

  async function openRuntime(): Promise<ContainerRuntime> {
    const runtime = await createProcessRuntime({ stateDir, log: quiet, bubblewrap: mode });
    open.push(runtime);
    return runtime;
  }

  async function startAndKill(): Promise<Started> {
    const child = spawn(process.execPath, ['--import', 'tsx', orchestrator, stateDir, mode], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const started = JSON.parse(await firstLine(child)) as Started;
    child.kill('SIGKILL');
    await once(child, 'exit');
    return started;
  }

  it('after kill -9 runs on, with its output, its exit codes, its addresses and its Services', async () => {
    const before = await startAndKill();
    const runtime = await openRuntime();
    const cluster = await runtime.openCluster({ clusterId: 'lasting', dataDir: stateDir });
    expect({ podCidr: cluster.podCidr, serviceCidr: cluster.serviceCidr }).toEqual({
      podCidr: before.podCidr,
      serviceCidr: before.serviceCidr,
    });
    expect(await cluster.listPods()).toMatchObject([{ sandbox: { podUid: 'u1', ip: before.podIp }, namespace: 'ns', name: 'p' }]);
    expect(await cluster.inspectContainer(before.sleeper)).toMatchObject({ kind: 'running' });
    // Ended while nobody looked.
    await expect.poll(() => cluster.inspectContainer(before.brief)).toMatchObject({ kind: 'exited', exitCode: 9 });
    const session = await cluster.exec(before.sleeper, { command: ['echo', 'adopted'], tty: false, stdin: false });
    expect(await readAll(session.stdout)).toBe('adopted\n');
    const lines: string[] = [];
    for await (const { text } of cluster.logs(before.chatty, { follow: true })) if (lines.push(text.toString()) === 20) break;
    expect(lines).toEqual(Array.from({ length: 20 }, (_, at) => `line ${at}`));
    const answer = await fetch(`http://${before.serviceCidr.replace('.0/24', '.9')}:8080`);
    expect(await answer.text()).toBe('still here');
    const ended = nextExit(cluster);
    await cluster.stopContainer(before.sleeper, { graceSeconds: 0 });
    expect(await ended).toMatchObject({ id: before.sleeper, podUid: 'u1' });
  });

  it('is swept when nobody wants it any more, processes and files', async () => {
    const before = await startAndKill();
    const runtime = await openRuntime();
    const kept = await runtime.openCluster({ clusterId: 'kept', dataDir: stateDir });
    const cluster = await runtime.openCluster({ clusterId: 'lasting', dataDir: stateDir });
    const state = await cluster.inspectContainer(before.sleeper);
    await cluster.detach();
    expect(await runtime.sweep(new Set(['kept']))).toEqual({ removed: ['lasting'] });
    expect(isAlive(state)).toBe(false);
    expect(await runtime.sweep(new Set(['kept']))).toEqual({ removed: [] });
    await kept[Symbol.asyncDispose]();
  });

  it('when the supervisor itself is killed: says so, ends what ran, starts again and goes on', async () => {
    const runtime = await openRuntime();
    const cluster = await runtime.openCluster({ clusterId: 'lost', dataDir: stateDir });
    const pod = podSpec('u1', 'p');
    await cluster.runPodSandbox(pod);
    const { id } = await cluster.createContainer(containerSpec('u1', 'c', { command: ['sleep', '1000'] }));
    await cluster.startContainer(id);
    const state = await cluster.inspectContainer(id);
    const events: RuntimeEvent['kind'][] = [];
    const back = new Promise<void>((resolve) => {
      cluster.subscribe((event) => {
        events.push(event.kind);
        if (event.kind === 'runtime-back') resolve();
      });
    });
    process.kill(await supervisorPid(stateDir), 'SIGKILL');
    await back;
    expect(events).toEqual(['runtime-lost', 'runtime-back']);
    expect(await runtime.health()).toMatchObject({ ok: true });
    await expect.poll(() => isAlive(state)).toBe(false);
    expect(await cluster.listPods()).toEqual([]);
    expect(await cluster.inspectContainer(id)).toEqual({ kind: 'absent' });
    await cluster.runPodSandbox(pod);
    const again = await cluster.createContainer(containerSpec('u1', 'c', { command: ['sleep', '1000'] }));
    expect(await cluster.startContainer(again.id)).toEqual({ kind: 'started' });
    await cluster[Symbol.asyncDispose]();
  });

  it('ends by itself when no orchestrator comes', async () => {
    const runtime = await createProcessRuntime({ stateDir, log: quiet, bubblewrap: mode, orphanTimeoutMs: 100 });
    const cluster = await runtime.openCluster({ clusterId: 'orphan', dataDir: stateDir });
    await cluster.runPodSandbox(podSpec('u1', 'p'));
    const { id } = await cluster.createContainer(containerSpec('u1', 'c', { command: ['sleep', '1000'] }));
    await cluster.startContainer(id);
    const state = await cluster.inspectContainer(id);
    const supervisor = await supervisorPid(stateDir);
    await cluster.detach();
    await runtime[Symbol.asyncDispose]();
    await expect.poll(() => readProcess(supervisor) !== undefined, { timeout: 10_000 }).toBe(false);
    expect(isAlive(state)).toBe(false);
  });

  it('goes with its last cluster', async () => {
    const runtime = await createProcessRuntime({ stateDir, log: quiet, bubblewrap: mode });
    const cluster = await runtime.openCluster({ clusterId: 'brief', dataDir: stateDir });
    const supervisor = await supervisorPid(stateDir);
    await cluster[Symbol.asyncDispose]();
    await runtime[Symbol.asyncDispose]();
    await expect.poll(() => readProcess(supervisor) !== undefined, { timeout: 5_000 }).toBe(false);
  });

  it('goes with its last cluster, too, when its orchestrator has left while that was still ending', async () => {
    const runtime = await createProcessRuntime({ stateDir, log: quiet, bubblewrap: mode });
    const cluster = await runtime.openCluster({ clusterId: 'last', dataDir: stateDir });
    await cluster.runPodSandbox(podSpec('u1', 'p'));
    const { id } = await cluster.createContainer(containerSpec('u1', 'c', { command: ['sleep', '1000'] }));
    await cluster.startContainer(id);
    const supervisor = await supervisorPid(stateDir);
    // What was asked for may be answered by a connection that is gone.
    await Promise.allSettled([cluster[Symbol.asyncDispose](), runtime[Symbol.asyncDispose]()]);
    await expect.poll(() => readProcess(supervisor) !== undefined, { timeout: 10_000 }).toBe(false);
  });
});

/** A process that nobody has waited for yet is dead all the same. */
function isAlive(state: ContainerState): boolean {
  return state.kind === 'running' && readProcess(state.pid) !== undefined;
}

function podSpec(podUid: string, name: string): Parameters<ClusterRuntime['runPodSandbox']>[0] {
  return {
    podUid,
    namespace: 'ns',
    name,
    hostname: name,
    dnsSearchNamespace: 'ns',
    labels: {},
    shareProcessNamespace: false,
    hostAliases: [],
  };
}

function nextExit(cluster: ClusterRuntime): Promise<Extract<RuntimeEvent, { kind: 'container-exited' }>> {
  return new Promise((resolve) => {
    cluster.subscribe((event) => {
      if (event.kind === 'container-exited') resolve(event);
    });
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of (child.stdout ?? []) as AsyncIterable<Buffer>) {
    text += chunk.toString();
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
  }
  throw new Error('The orchestrator ended without a word.');
}

/** The process whose command line names this state folder. */
async function supervisorPid(stateDir: string): Promise<number> {
  const { readdir } = await import('node:fs/promises');
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '');
    if (line.includes(`supervisor.mjs\0${stateDir}/supervisor.json`)) return Number(name);
  }
  throw new Error('There is no supervisor.');
}
