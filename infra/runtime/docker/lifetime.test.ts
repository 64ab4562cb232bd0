import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectEngine } from './engine.ts';
import { label, labelFilter } from './labels.ts';
import { DockerFixture, withoutEngine } from './testing/docker-fixture.ts';
import { EngineProxy } from './testing/engine-proxy.ts';

const web = { namespace: 'default', name: 'web', clusterIp: '10.96.0.10' };

/** Everything that an installation has on the engine, by name. */
async function leftovers(installation: string): Promise<readonly string[]> {
  const { calls } = connectEngine();
  const filters = labelFilter({ [label.installation]: installation });
  const [containers, networks] = await Promise.all([calls.listContainers({ all: true, filters }), calls.listNetworks({ filters })]);
  return [...containers.map((one) => one.Names.join()), ...networks.map((network) => network.Name)];
}

describe.skipIf(withoutEngine)('a runtime on Docker', () => {
  let fixture: DockerFixture;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  test('gives each cluster a network of its own, and takes all of it away when disposed', async () => {
    const [one, two] = await Promise.all([fixture.openCluster('net-one'), fixture.openCluster('net-two')]);
    expect(one.runtime.podCidr).not.toBe(two.runtime.podCidr);
    await Promise.all([one.runBox({ name: 'a' }), one.runBox({ name: 'b' }), two.runBox()]);
    await one.runtime[Symbol.asyncDispose]();
    expect((await leftovers(fixture.installation)).filter((name) => name.includes('net-one'))).toEqual([]);
    expect((await leftovers(fixture.installation)).filter((name) => name.includes('net-two'))).toHaveLength(3);
    await two.runtime[Symbol.asyncDispose]();
    expect((await leftovers(fixture.installation)).filter((name) => name.includes('net-two'))).toEqual([]);
  });

  test('after kill -9 takes over pods, containers and Services where they were', async () => {
    const before = await fixture.openCluster('kept');
    const pod = await before.runBox(
      { name: 'web-0' },
      { command: ['node', '-e', "require('http').createServer((q,r)=>r.end('still here')).listen(8080)"] },
    );
    await before.ended(await before.runContainer(pod.podUid, { name: 'done', attempt: 2, command: ['bash', '-c', 'exit 9'] }));
    // No detach, no dispose: the first runtime's process is simply no longer asked.
    await using runtime = fixture.createRuntime();
    const after = await fixture.openCluster('kept', runtime);
    expect([after.runtime.podCidr, after.runtime.apiListenHost]).toEqual([before.runtime.podCidr, before.runtime.apiListenHost]);
    const [found] = await after.runtime.listPods();
    expect(found).toMatchObject({ sandbox: { podUid: pod.podUid, ip: pod.ip }, namespace: 'default', name: 'web-0' });
    const states = Object.fromEntries((found?.containers ?? []).map((one) => [one.name, one]));
    expect(states.main).toMatchObject({ id: pod.id, attempt: 0, state: { kind: 'running' } });
    expect(states.done).toMatchObject({ attempt: 2, state: { kind: 'exited', exitCode: 9 } });
    expect(await after.runPod({ podUid: pod.podUid, name: 'web-0' })).toEqual({ podUid: pod.podUid, ip: pod.ip });
    await after.runtime.programTraffic([]);
    await after.runtime.programServices([{ ...web, ports: [{ port: 80, protocol: 'TCP', endpoints: [{ ip: pod.ip, port: 8080 }] }] }]);
    // The server may only just have begun to listen.
    await expect.poll(async () => (await after.exec(pod.id, ['curl', '-s', `http://${web.clusterIp}`])).stdout).toBe('still here');
    // A new pod gets an address that the old one does not have.
    expect((await after.runPod({ name: 'next' })).ip).not.toBe(pod.ip);
    await after.runtime[Symbol.asyncDispose]();
  });

  test('keeps policies and faults on the wire, after kill -9, until it knows them again', async () => {
    const before = await fixture.openCluster('closed');
    const serve = { command: ['node', '-e', "require('http').createServer((q,r)=>r.end('open')).listen(8080,()=>console.log('up'))"] };
    const [pod, far, server] = await Promise.all([
      before.runBox({ name: 'box' }),
      before.runBox({ name: 'far' }),
      before.runBox({ name: 'server' }, serve),
    ]);
    for await (const line of before.runtime.logs(server.id, { follow: true })) if (line.text.toString() === 'up') break;
    const slow = { to: [far.ip], effect: { kind: 'latency' as const, ms: 300, jitterMs: 0 } };
    const traffic = [
      { podUid: pod.podUid, egress: [], faults: [] },
      { podUid: server.podUid, faults: [slow] },
    ];
    await before.runtime.programTraffic(traffic);
    await using runtime = fixture.createRuntime();
    const after = await fixture.openCluster('closed', runtime);
    const ask = async () => (await after.exec(pod.id, ['curl', '-s', '--max-time', '1', `http://${server.ip}:8080`])).stdout;
    const askFromFar = ['curl', '-s', '-o', '/dev/null', '-w', '%{time_total}', `http://${server.ip}:8080`];
    const seconds = async () => Number((await after.exec(far.id, askFromFar)).stdout);
    expect(await ask()).toBe('');
    expect(await seconds()).toBeGreaterThan(0.59);
    await after.runtime.programServices([{ ...web, ports: [] }]);
    expect(await ask()).toBe('');
    await after.runtime.programTraffic(traffic);
    expect([await ask(), (await seconds()) > 0.59]).toEqual(['', true]);
    await after.runtime.programTraffic([]);
    expect(await ask()).toBe('open');
    // A busy machine may be slow once.
    await expect.poll(seconds, { timeout: 20_000 }).toBeLessThan(0.3);
    await after.runtime[Symbol.asyncDispose]();
  });

  test('starts a pod again whose network container was stopped with the machine, at its old address', async () => {
    const before = await fixture.openCluster('reboot');
    const pod = await before.runBox();
    await before.runtime.detach();
    const { calls } = connectEngine();
    const all = await calls.listContainers({ filters: labelFilter({ [label.podUid]: pod.podUid }) });
    await Promise.all(all.map((one) => calls.getContainer(one.Id).kill()));
    const after = await fixture.openCluster('reboot');
    const [found] = await after.runtime.listPods();
    expect(found).toMatchObject({ sandbox: { podUid: pod.podUid, ip: pod.ip }, containers: [{ state: { kind: 'exited' } }] });
    const next = await after.runContainer(pod.podUid, { attempt: 1 });
    expect((await after.sh(next, 'cat /etc/hosts')).stdout).toContain(pod.ip);
    expect((await after.sh(next, 'timeout 5 bash -c "</dev/tcp/$0/1"')).exitCode).not.toBe(0);
    await after.runtime[Symbol.asyncDispose]();
  });

  test('sweeps what belongs to no cluster of its own installation, and nothing else', async () => {
    await using other = await DockerFixture.create();
    const theirs = await other.openCluster('theirs');
    await theirs.runPod();
    const [kept, orphan] = await Promise.all([fixture.openCluster('sweep-kept'), fixture.openCluster('sweep-orphan')]);
    await Promise.all([kept.runBox(), orphan.runBox()]);
    await orphan.runtime.detach();
    const { removed } = await fixture.runtime.sweep(new Set(['sweep-kept']));
    expect(removed).toHaveLength(3);
    for (const name of removed) expect(name).toContain('sweep-orphan');
    expect((await kept.runtime.listPods()).length).toBe(1);
    expect((await theirs.runtime.listPods()).length).toBe(1);
    await kept.runtime[Symbol.asyncDispose]();
  });

  test('runs out of pod addresses with a word for it, and gives back those of removed pods', async () => {
    await using small = await DockerFixture.create({ addressPool: '10.212.0.0/24', addressPrefix: 29 });
    const cluster = await small.openCluster('tiny');
    const pods = await Promise.all(Array.from({ length: 5 }, (_, index) => cluster.runPod({ name: `p${index}` })));
    expect(new Set(pods.map((pod) => pod.ip)).size).toBe(5);
    await expect(cluster.runPod({ name: 'one-too-many' })).rejects.toMatchObject({ code: 'AddressSpaceExhausted' });
    await cluster.runtime.removePodSandbox(pods[2]!.podUid);
    expect((await cluster.runPod({ name: 'again' })).ip).toBe(pods[2]!.ip);
  });

  test('says that the engine is gone, and tells afterwards what ended meanwhile', async () => {
    await using proxy = await EngineProxy.create();
    await using behind = await DockerFixture.create({ socketPath: proxy.socketPath });
    const cluster = await behind.openCluster('loss');
    const dying = await cluster.runBox({ name: 'dying' });
    const living = await cluster.runBox({ name: 'living' });
    const lost = cluster.nextEvent((event) => event.kind === 'runtime-lost');
    await proxy.goAway();
    await lost;
    expect(await behind.runtime.health()).toMatchObject({ ok: false });
    await expect(cluster.runtime.inspectContainer(living.id)).rejects.toMatchObject({ code: 'EngineUnreachable' });
    await connectEngine().calls.getContainer(dying.id).kill();
    const [ended, back] = [
      cluster.nextEvent((event) => event.kind === 'container-exited' && event.id === dying.id && event.podUid === dying.podUid),
      cluster.nextEvent((event) => event.kind === 'runtime-back'),
    ];
    await proxy.comeBack();
    await Promise.all([ended, back]);
    expect(await behind.runtime.health()).toMatchObject({ ok: true });
    expect(await cluster.runtime.inspectContainer(living.id)).toMatchObject({ kind: 'running' });
    // Events flow again.
    const later = cluster.ended(living.id);
    await cluster.runtime.stopContainer(living.id, { graceSeconds: 0 });
    expect(await later).toMatchObject({ exitCode: 137 });
  });

  test('takes a broken connection for what it is: the open shell ends, the engine is not gone', async () => {
    await using proxy = await EngineProxy.create();
    await using behind = await DockerFixture.create({ socketPath: proxy.socketPath });
    const cluster = await behind.openCluster('broken');
    const box = await cluster.runBox();
    const events: string[] = [];
    using _subscription = cluster.runtime.subscribe((event) => void events.push(event.kind));
    const session = await cluster.runtime.exec(box.id, { command: ['cat'], tty: true, stdin: true });
    session.stdout.resume();
    proxy.breakConnections();
    await expect(session.exited).rejects.toMatchObject({ code: 'EngineFailed' });
    const ended = cluster.ended(box.id);
    await cluster.runtime.stopContainer(box.id, { graceSeconds: 0 });
    await ended;
    expect(events).toEqual(['container-exited']);
  });
});
