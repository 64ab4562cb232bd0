import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerFixture, withoutEngine, type TestCluster } from './testing/docker-fixture.ts';

/** Answers every connection with one line, from every address of the host. */
async function startHostService(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => socket.on('error', () => undefined).end('host was here\n'));
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** Connects with bash alone and prints what comes back. */
function talkTo(address: string, port: number): string {
  return `timeout 5 bash -c 'exec 3<>/dev/tcp/${address}/${port} && head -n1 <&3'`;
}

describe.skipIf(withoutEngine)('a sandbox on Docker', () => {
  let fixture: DockerFixture;
  let cluster: TestCluster;
  let box: string;
  let host: Awaited<ReturnType<typeof startHostService>>;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    cluster = await fixture.openCluster('one');
    box = (await cluster.runBox()).id;
    host = await startHostService();
  });

  afterAll(async () => {
    host.server.close();
    await fixture[Symbol.asyncDispose]();
  });

  test('cannot reach a service of the host, whichever of its addresses it tries', async () => {
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const outside = own.filter((one) => one.family === 'IPv4' && !one.internal).map((one) => one.address);
    const addresses = [...new Set([cluster.runtime.apiListenHost, ...outside])];
    for (const address of addresses) {
      const { exitCode, stdout, stderr } = await cluster.sh(box, talkTo(address, host.port));
      expect({ address, stdout, exitCode: exitCode === 0 }).toEqual({ address, stdout: '', exitCode: false });
      expect(stderr).toMatch(/refused|unreachable/);
    }
  });

  test('reaches the port of the host that a Service names, and no other', async () => {
    const gateway = cluster.runtime.apiListenHost;
    const other = await startHostService();
    try {
      await cluster.runtime.programServices([
        {
          namespace: 'default',
          name: 'kubernetes',
          clusterIp: '10.96.0.1',
          ports: [{ port: 443, protocol: 'TCP', endpoints: [{ ip: gateway, port: host.port }] }],
        },
      ]);
      expect((await cluster.sh(box, talkTo('10.96.0.1', 443))).stdout).toBe('host was here\n');
      expect((await cluster.sh(box, talkTo(gateway, other.port))).stderr).toMatch(/refused/);
    } finally {
      other.server.close();
      await cluster.runtime.programServices([]);
    }
  });

  test('cannot reach another sandbox, nor the internet, nor the resolver of the engine', async () => {
    const neighbour = await fixture.openCluster('two');
    const other = await neighbour.runBox({ name: 'other' });
    await using server = await neighbour.runtime.exec(other.id, {
      command: ['node', '-e', "require('net').createServer(s=>s.end('neighbour')).listen(8080,()=>console.log('up'))"],
      tty: false,
      stdin: false,
    });
    await once(server.stdout, 'data');
    for (const [address, port] of [
      [other.ip, 8080],
      ['192.0.2.1', 80],
      ['127.0.0.11', 53],
    ] as const) {
      const { exitCode, stdout } = await cluster.sh(box, talkTo(address, port));
      expect({ address, reached: exitCode === 0, stdout }).toEqual({ address, reached: false, stdout: '' });
    }
    const lookup = await cluster.sh(box, 'getent hosts deb.debian.org || echo unknown');
    expect(lookup.stdout).toBe('unknown\n');
    await neighbour.runtime[Symbol.asyncDispose]();
  });

  test('holds no capability, gains none, and sees no engine socket', async () => {
    const { stdout } = await cluster.sh(
      box,
      "grep -E '^(Cap|NoNewPrivs)' /proc/self/status; ls /var/run/docker.sock /run/docker.sock 2>&1 | grep -c 'No such file'",
    );
    const status = Object.fromEntries(stdout.split('\n').map((line) => line.split(/:\s+/)));
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status[set]).toBe('0000000000000000');
    expect(status.NoNewPrivs).toBe('1');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('2');
  });

  test('gets asked-for capabilities only when they are harmless', async () => {
    const pod = await cluster.runPod({ name: 'caps' });
    const id = await cluster.runContainer(pod.podUid, { addCapabilities: ['CHOWN', 'NET_ADMIN', 'SYS_ADMIN', 'NET_RAW'] });
    const { stdout } = await cluster.sh(id, "awk '/CapBnd/ {print $2}' /proc/self/status");
    expect(stdout.trim()).toBe('0000000000000001');
    await cluster.runtime.removePodSandbox(pod.podUid);
  });

  test('cannot change its own network rules, as root of its container', async () => {
    const { exitCode, stderr } = await cluster.exec(box, ['unshare', '--net', 'true']);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/Operation not permitted/);
  });

  test('is stopped at its number of processes', async () => {
    const pod = await cluster.runPod({ name: 'fork' });
    const id = await cluster.runContainer(pod.podUid, { pidLimit: 32 });
    const forks =
      "for (let i = 0; i < 60; i++) require('child_process').spawn('sleep', ['60']).on('error', (error) => console.log(error.code))";
    const { stdout } = await cluster.sh(id, `node -e "${forks}; setTimeout(process.exit, 200)"`);
    expect(new Set(stdout.trim().split('\n'))).toEqual(new Set(['EAGAIN']));
    await cluster.runtime.removePodSandbox(pod.podUid);
  });

  test('writes nowhere in a read-only root file system', async () => {
    const pod = await cluster.runPod({ name: 'ro' });
    const id = await cluster.runContainer(pod.podUid, { readOnlyRootFilesystem: true });
    expect((await cluster.sh(id, 'touch /x')).stderr).toMatch(/Read-only file system/);
    await cluster.runtime.removePodSandbox(pod.podUid);
  });
});
