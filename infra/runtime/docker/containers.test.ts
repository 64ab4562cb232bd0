import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogRequest } from '../runtime.ts';
import { DockerFixture, baseImage, withoutEngine, type TestCluster } from './testing/docker-fixture.ts';

const MEBIBYTE = 1024 * 1024;

describe.skipIf(withoutEngine)('containers on Docker', () => {
  let fixture: DockerFixture;
  let cluster: TestCluster;
  let pod: string;
  let count = 0;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    cluster = await fixture.openCluster('one');
    pod = (await cluster.runPod()).podUid;
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  const uniqueName = (): string => `c${(count += 1)}`;
  const run = (script: string, overrides = {}) =>
    cluster.runContainer(pod, { name: uniqueName(), command: ['bash', '-c', script], ...overrides });

  async function logLines(id: string, request: Partial<LogRequest> = {}): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const line of cluster.runtime.logs(id, { follow: false, ...request })) lines.push(`${line.stream}: ${line.text.toString()}`);
    return lines;
  }

  test('run with what Kubernetes says over what the image says', async () => {
    const id = await run('echo "$0 $PWD $GREETING $HOSTNAME $(hostname) $(id -u):$(id -g)"', {
      args: ['arg'],
      workingDir: '/tmp',
      env: [{ name: 'GREETING', value: 'hi there' }],
      user: { uid: 1234, gid: 99 },
    });
    await cluster.ended(id);
    expect(await logLines(id)).toEqual(['stdout: arg /tmp hi there box box 1234:99']);
    const defaults = await cluster.createContainer(pod, {
      name: uniqueName(),
      image: 'registry.lab/prober:1.0',
      command: ['node'],
      args: [],
    });
    expect(await cluster.runtime.inspectContainer(defaults)).toEqual({ kind: 'created' });
  });

  test('keep their exit code, and tell of their end', async () => {
    const state = await cluster.ended(await run('exit 3'));
    expect(state).toMatchObject({ exitCode: 3, oomKilled: false });
    expect(state.finishedAt.getTime()).toBeGreaterThanOrEqual(state.startedAt.getTime());
  });

  test('beyond their memory are killed by the kernel, and say so', async () => {
    const outcomes = await Promise.all(
      ['exec tail /dev/zero', 'head -c 300m /dev/zero | tail -c 200m > /dev/null; exit $?'].map(async (script) =>
        cluster.ended(await run(script, { memoryLimitBytes: 32 * MEBIBYTE })),
      ),
    );
    for (const state of outcomes) expect(state).toMatchObject({ exitCode: 137, oomKilled: true });
  });

  test('whose child alone was killed for memory, and that end well, are not OOM-killed', async () => {
    const state = await cluster.ended(await run('tail /dev/zero; exit 0', { memoryLimitBytes: 32 * MEBIBYTE }));
    expect(state).toMatchObject({ exitCode: 0, oomKilled: false });
  });

  test('killed from outside are not OOM-killed', async () => {
    const id = await run('sleep infinity', { memoryLimitBytes: 32 * MEBIBYTE });
    await cluster.runtime.stopContainer(id, { graceSeconds: 0 });
    expect(await cluster.runtime.inspectContainer(id)).toMatchObject({ kind: 'exited', exitCode: 137, oomKilled: false });
  });

  test('whose command is not there never start: 128 with the reason', async () => {
    const id = await cluster.createContainer(pod, { name: uniqueName(), command: ['/no/such/binary'] });
    const message = expect.stringMatching(
      /^failed to create containerd task: .* exec: "\/no\/such\/binary": stat \/no\/such\/binary: no such file or directory/,
    );
    expect(await cluster.runtime.startContainer(id)).toEqual({ kind: 'failed', message });
    expect(await cluster.runtime.inspectContainer(id)).toMatchObject({ kind: 'exited', exitCode: 128, message });
  });

  test('are stopped by their signal, and by force after the grace period', async () => {
    const polite = await run('trap "exit 7" USR1; echo ready; while :; do sleep 0.01; done');
    for await (const _ of cluster.runtime.logs(polite, { follow: true })) break;
    await cluster.runtime.stopContainer(polite, { graceSeconds: 20, signal: 'SIGUSR1' });
    expect(await cluster.runtime.inspectContainer(polite)).toMatchObject({ kind: 'exited', exitCode: 7 });
    const deaf = await run('trap "" TERM; sleep infinity');
    const startedAt = performance.now();
    await cluster.runtime.stopContainer(deaf, { graceSeconds: 1 });
    expect(performance.now() - startedAt).toBeGreaterThan(900);
    expect(await cluster.runtime.inspectContainer(deaf)).toMatchObject({ kind: 'exited', exitCode: 137 });
    await cluster.runtime.stopContainer(deaf, { graceSeconds: 1 });
  });

  test('may be created, started and removed twice', async () => {
    const spec = { name: uniqueName() };
    const id = await cluster.createContainer(pod, spec);
    expect(await cluster.createContainer(pod, spec)).toBe(id);
    expect(await cluster.runtime.startContainer(id)).toEqual({ kind: 'started' });
    expect(await cluster.runtime.startContainer(id)).toEqual({ kind: 'started' });
    await cluster.runtime.removeContainer(id);
    await cluster.runtime.removeContainer(id);
    expect(await cluster.runtime.inspectContainer(id)).toEqual({ kind: 'absent' });
    await cluster.runtime.removePodSandbox('never-was');
  });

  test('keep their output in order, by stream, from a time, to a length', async () => {
    const id = await run('echo one; echo two >&2; sleep 0.05; printf "%020000d\\n" 7; printf last');
    await cluster.ended(id);
    const all = await logLines(id);
    expect(all.filter((line) => line.startsWith('stdout: '))).toEqual(['stdout: one', `stdout: ${'0'.repeat(19_999)}7`, 'stdout: last']);
    expect(all).toContain('stderr: two');
    expect(await logLines(id, { tailLines: 1 })).toEqual(['stdout: last']);
    expect(await logLines(id, { limitBytes: 2 })).toHaveLength(1);
    expect(await logLines(id, { since: new Date(Date.now() + 60_000) })).toEqual([]);
  });

  test('of which a follower sees every line as it comes, until the end or until it leaves', async () => {
    const id = await run('for i in 1 2 3; do echo line $i; sleep 0.02; done');
    expect(await logLines(id, { follow: true })).toEqual(['stdout: line 1', 'stdout: line 2', 'stdout: line 3']);
    const endless = await run('echo first; sleep infinity');
    const controller = new AbortController();
    const seen: string[] = [];
    for await (const line of cluster.runtime.logs(endless, { follow: true, signal: controller.signal })) {
      seen.push(line.text.toString());
      controller.abort();
    }
    expect(seen).toEqual(['first']);
  });

  test('with a TTY keep lines too', async () => {
    const id = await run('echo one; echo two >&2', { tty: true });
    await cluster.ended(id);
    expect((await logLines(id)).map((line) => line.trimEnd())).toEqual(['stdout: one', 'stdout: two']);
  });

  test('tell what they use while they run', async () => {
    const id = await run(
      'exec node -e "const b = Buffer.alloc(50e6, 1); for (const e = Date.now() + 100; Date.now() < e;); console.log(b.length); setInterval(() => b, 1e6)"',
    );
    for await (const _ of cluster.runtime.logs(id, { follow: true })) break;
    const stats = await cluster.runtime.stats(id);
    expect(stats?.memoryWorkingSetBytes).toBeGreaterThan(50_000_000);
    expect(stats?.cpuNanoseconds).toBeGreaterThan(50_000_000);
    await cluster.runtime.stopContainer(id, { graceSeconds: 0 });
    expect(await cluster.runtime.stats(id)).toBeUndefined();
  });

  test('get no more CPU than their limit', async () => {
    const id = await run('exec node -e "const end = Date.now() + 1000; while (Date.now() < end); console.log(process.cpuUsage().user)"', {
      cpuLimitMilli: 100,
    });
    await cluster.ended(id);
    const [line = ''] = await logLines(id);
    expect(Number(line.replace('stdout: ', ''))).toBeLessThan(400_000);
  });

  test('share volumes below the data folder, and nothing beside it', async () => {
    const volume = path.join(cluster.dataDir, 'pods', pod, 'data');
    await mkdir(volume, { recursive: true });
    await writeFile(path.join(volume, 'x'), 'shared\n');
    await symlink('/etc', path.join(volume, 'escape'));
    const id = await run('cat /data/x; touch /data/y 2>&1', { mounts: [{ hostPath: volume, containerPath: '/data', readOnly: true }] });
    await cluster.ended(id);
    expect(await logLines(id)).toEqual(['stdout: shared', expect.stringContaining('Read-only file system')]);
    for (const hostPath of [
      '/etc',
      cluster.dataDir,
      path.join(volume, 'escape'),
      path.join(volume, '../../..'),
      path.join(volume, 'missing'),
    ]) {
      await expect(run('true', { mounts: [{ hostPath, containerPath: '/data', readOnly: true }] })).rejects.toMatchObject({
        code: 'InvalidRequest',
      });
    }
  });

  test('of one pod share the network and, when asked, the processes', async () => {
    const shared = await cluster.runPod({ name: 'shared', shareProcessNamespace: true });
    await cluster.runContainer(shared.podUid, {
      name: 'a',
      command: ['node', '-e', "require('net').createServer(s=>s.end('hello')).listen(7000,'127.0.0.1',()=>console.log('up'))", 'marker'],
    });
    const b = await cluster.runContainer(shared.podUid, { name: 'b' });
    const { stdout } = await cluster.sh(
      b,
      'for i in $(seq 200); do (head -c 5 < /dev/tcp/127.0.0.1/7000) 2>/dev/null && break; sleep 0.02; done; echo; grep -l marker /proc/[0-9]*/cmdline 2>/dev/null | wc -l',
    );
    expect(stdout.split('\n')[0]).toBe('hello');
    expect(Number(stdout.split('\n')[1])).toBeGreaterThan(0);
  });

  test('can only be made of images that are there; others fail as a pull does', async () => {
    const { runtime } = cluster;
    expect(await runtime.pullImage(baseImage)).toMatchObject({
      kind: 'present',
      image: { reference: baseImage, user: 'root', id: expect.stringMatching(/^sha256:/) },
    });
    expect(await runtime.pullImage('registry.lab/base:9.9.9')).toEqual({
      kind: 'failed',
      reason: 'NotFound',
      message:
        'failed to pull and unpack image "registry.lab/base:9.9.9": failed to resolve reference "registry.lab/base:9.9.9": registry.lab/base:9.9.9: not found',
    });
    expect(await runtime.pullImage('nginx')).toMatchObject({ kind: 'failed', reason: 'Unreachable' });
    expect(await runtime.pullImage('Bad_Name:!')).toMatchObject({ kind: 'failed', reason: 'InvalidName' });
    expect(await runtime.getImage('registry.lab/base:9.9.9')).toBeUndefined();
    await expect(cluster.createContainer(pod, { name: uniqueName(), image: 'registry.lab/base:9.9.9' })).rejects.toMatchObject({
      code: 'InvalidRequest',
    });
  });
});
