import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PodSandbox, WireEffect } from '../runtime.ts';
import { DockerFixture, withoutEngine, type TestCluster } from './testing/docker-fixture.ts';

const PATIENCE = { timeout: 20_000, interval: 100 };

/** Answers `pong`, or as many zeros as the path says. */
const SERVER =
  "require('http').createServer((q,r)=>{const n=Number(q.url.slice(1));r.end(n?Buffer.alloc(n):'pong')}).listen(8080,()=>console.log('up'))";

describe.skipIf(withoutEngine)('traffic between pods on Docker', () => {
  let fixture: DockerFixture;
  let cluster: TestCluster;
  let client: PodSandbox & { readonly id: string };
  let other: PodSandbox & { readonly id: string };
  let server: PodSandbox & { readonly id: string };

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    cluster = await fixture.openCluster('traffic');
    [client, other, server] = await Promise.all([
      cluster.runBox({ name: 'client' }),
      cluster.runBox({ name: 'other' }),
      cluster.runBox({ name: 'server' }, { command: ['node', '-e', SERVER] }),
    ]);
    for await (const line of cluster.runtime.logs(server.id, { follow: true })) if (line.text.toString() === 'up') break;
    await cluster.runtime.programServices([
      {
        namespace: 'default',
        name: 'web',
        clusterIp: '10.96.0.20',
        ports: [{ port: 80, protocol: 'TCP', endpoints: [{ ip: server.ip, port: 8080 }] }],
      },
      {
        namespace: 'kube-system',
        name: 'kube-dns',
        clusterIp: '10.96.0.10',
        ports: [{ port: 53, protocol: 'UDP', endpoints: [{ ip: cluster.runtime.apiListenHost, port: cluster.runtime.dnsPort ?? 0 }] }],
      },
    ]);
  });
  afterEach(() => cluster.runtime.programTraffic([]));
  afterAll(() => fixture[Symbol.asyncDispose]());

  const get = (id: string, url: string, maxSeconds = 2) => cluster.exec(id, ['curl', '-sS', '--max-time', String(maxSeconds), url]);
  const fault = (effect: WireEffect) => cluster.runtime.programTraffic([{ podUid: server.podUid, faults: [{ to: [client.ip], effect }] }]);

  test('lets in only whom the policy names, by address and by ClusterIP, and the node always', async () => {
    const ports = [{ protocol: 'TCP' as const, first: 8000, last: 8080 }];
    const peers = [{ cidr: `${client.ip}/32`, except: [] }];
    await cluster.runtime.programTraffic([{ podUid: server.podUid, ingress: [{ peers, ports }], faults: [] }]);
    for (const url of [`http://${server.ip}:8080`, 'http://web']) {
      expect((await get(client.id, url)).stdout).toBe('pong');
      expect((await get(other.id, url, 1)).stderr).toMatch(/timed? ?out/i);
    }
    const dialled = await cluster.runtime.dial(server.podUid, 8080);
    dialled.destroy();
    await cluster.runtime.programTraffic([
      { podUid: server.podUid, ingress: [{ peers, ports: [{ protocol: 'TCP', first: 80 }] }], faults: [] },
    ]);
    expect((await get(client.id, `http://${server.ip}:8080`, 1)).stderr).toMatch(/timed? ?out/i);
  });

  test('lets out only what the policy names, exceptions left out, and nothing of a pod that is wholly closed', async () => {
    const range = { cidr: cluster.runtime.podCidr, except: [`${other.ip}/32`] };
    await cluster.runtime.programTraffic([{ podUid: client.podUid, egress: [{ peers: [range] }], faults: [] }]);
    expect((await get(client.id, 'http://web')).stdout).toBe('pong');
    expect((await get(client.id, `http://${other.ip}:8080`, 1)).stderr).toMatch(/timed? ?out/i);
    await cluster.runtime.programTraffic([{ podUid: client.podUid, egress: [], faults: [] }]);
    expect((await get(client.id, 'http://10.96.0.20', 1)).stderr).toMatch(/timed? ?out/i);
    expect((await get(other.id, 'http://web')).stdout).toBe('pong');
  });

  test('lets a closed pod ask for names only where a policy opens port 53 of the name server', async () => {
    const lookup = async () => (await cluster.sh(client.id, 'timeout 2 getent hosts web')).exitCode;
    const dns = { peers: [{ cidr: `${cluster.runtime.apiListenHost}/32`, except: [] }], ports: [{ protocol: 'UDP' as const, first: 53 }] };
    await cluster.runtime.programTraffic([{ podUid: client.podUid, egress: [], faults: [] }]);
    expect(await lookup()).not.toBe(0);
    await cluster.runtime.programTraffic([{ podUid: client.podUid, egress: [dns], faults: [] }]);
    expect(await lookup()).toBe(0);
    expect((await get(client.id, 'http://web', 1)).stderr).toMatch(/timed? ?out/i);
  });

  test('keeps a pod that starts closed closed to all but the node, until it is named', async () => {
    const late = await cluster.runBox({ name: 'late', startsClosed: true }, { command: ['node', '-e', SERVER] });
    for await (const line of cluster.runtime.logs(late.id, { follow: true })) if (line.text.toString() === 'up') break;
    const both = async () => [(await get(late.id, 'http://web', 1)).stdout, (await get(client.id, `http://${late.ip}:8080`, 1)).stdout];
    expect(await both()).toEqual(['', '']);
    (await cluster.runtime.dial(late.podUid, 8080)).destroy();
    await cluster.runtime.programTraffic([{ podUid: late.podUid, faults: [] }]);
    expect(await both()).toEqual(['pong', 'pong']);
    await cluster.runtime.programTraffic([]);
    expect(await both()).toEqual(['pong', 'pong']);
    await cluster.runtime.removePodSandbox(late.podUid);
  });

  test('forwards to what listens on a pod’s loopback only, where probes do not come', async () => {
    const echo = "require('net').createServer({allowHalfOpen:true},s=>s.pipe(s)).listen(9000,'127.0.0.1',()=>console.log('up'))";
    const shy = await cluster.runBox({ name: 'shy' }, { command: ['node', '-e', echo] });
    for await (const line of cluster.runtime.logs(shy.id, { follow: true })) if (line.text.toString() === 'up') break;
    const forwarded = await cluster.runtime.forward(shy.podUid, 9000);
    const sent = randomBytes(300_000);
    forwarded.end(sent);
    expect((await buffer(forwarded)).equals(sent)).toBe(true);
    await expect(cluster.runtime.dial(shy.podUid, 9000)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(cluster.runtime.forward(shy.podUid, 9001)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await cluster.runtime.removePodSandbox(shy.podUid);
  });

  test('never opens more than the sandbox itself', async () => {
    await cluster.runtime.programTraffic([{ podUid: client.podUid, egress: [{ peers: [{ cidr: '0.0.0.0/0', except: [] }] }], faults: [] }]);
    expect((await get(client.id, 'http://192.0.2.1', 1)).stderr).toMatch(/refused|Failed to connect/);
    expect((await get(client.id, `http://${cluster.runtime.apiListenHost}:22`, 1)).stderr).toMatch(/refused|Failed to connect/);
  });

  test('a partition silences chosen pods only, and ends with its removal', async () => {
    await fault({ kind: 'partition' });
    expect((await get(client.id, 'http://web', 1)).stderr).toMatch(/timed? ?out/i);
    expect((await get(other.id, 'http://web')).stdout).toBe('pong');
    await cluster.runtime.programTraffic([]);
    expect((await get(client.id, 'http://web')).stdout).toBe('pong');
  });

  test('a reset ends connections when data flows', async () => {
    await cluster.runtime.programTraffic([{ podUid: client.podUid, faults: [{ to: [server.ip], port: 8080, effect: { kind: 'reset' } }] }]);
    expect((await get(client.id, 'http://web')).stderr).toMatch(/reset by peer|Recv failure|Send failure/i);
    expect((await get(other.id, 'http://web')).stdout).toBe('pong');
  });

  test('loss slows what still arrives', async () => {
    const requests =
      "for i in $(seq 16); do curl -s -o /dev/null --max-time 20 -w '%{time_total}\\n' http://web; done | awk '{s+=$1} END {print s}'";
    const calm = Number((await cluster.sh(client.id, requests)).stdout);
    await fault({ kind: 'loss', probability: 0.3 });
    const lossy = Number((await cluster.sh(client.id, requests)).stdout);
    // A lost answer to the first packet costs a second, a lost one with data 200 ms or more: of sixteen requests some five lose each.
    expect(lossy - calm).toBeGreaterThan(0.5);
  });

  test('latency is added to every way, to chosen pods only, until it is taken away', async () => {
    // Opening a connection takes one way there and back, asking over an open one another.
    const times = async (id: string): Promise<readonly number[]> => {
      const format = '%{stderr}%{time_connect} %{time_pretransfer} %{time_total}\\n';
      const { stderr } = await cluster.sh(id, `curl -s --max-time 9 -o /dev/null -o /dev/null -w '${format}' http://web http://web`);
      const [connect = 0, , first = 0, , , second = 0] = stderr.trim().split(/\s+/).map(Number);
      return [connect * 1000, first * 1000 - connect * 1000, second * 1000];
    };
    // A busy machine may be slower once, but never faster.
    const between = async (low: number, high: number, id: string): Promise<void> => {
      await expect
        .poll(async () => {
          const values = await times(id);
          return Math.min(...values) < low ? Infinity : Math.max(...values);
        }, PATIENCE)
        .toBeLessThan(high);
    };
    await fault({ kind: 'latency', ms: 100, jitterMs: 0 });
    await between(100, 190, client.id);
    await between(0, 90, other.id);
    await fault({ kind: 'latency', ms: 250, jitterMs: 50 });
    await between(200, 390, client.id);
    await cluster.runtime.programTraffic([
      { podUid: client.podUid, faults: [{ to: [server.ip], port: 8080, effect: { kind: 'latency', ms: 100, jitterMs: 0 } }] },
      { podUid: server.podUid, faults: [{ to: [client.ip], port: 8080, effect: { kind: 'latency', ms: 100, jitterMs: 0 } }] },
    ]);
    await between(200, 290, client.id);
    await cluster.runtime.programTraffic([]);
    await between(0, 90, client.id);
  });

  test('latency alone does not narrow the wire much', async () => {
    await fault({ kind: 'latency', ms: 50, jitterMs: 5 });
    const { stdout } = await cluster.exec(client.id, ['curl', '-s', '-o', '/dev/null', '-w', '%{speed_download}', 'http://web/30000000']);
    expect(Number(stdout)).toBeGreaterThan(5_000_000);
  });

  test('a rate holds within a fifth', async () => {
    const bytesPerSecond = 2_000_000;
    await fault({ kind: 'bandwidth', bytesPerSecond });
    // The first download uses up what the limiter had saved while nothing was sent.
    const download = "curl -s -o /dev/null --max-time 30 -w '%{speed_download}\\n' http://web/6000000";
    const { stdout } = await cluster.sh(client.id, `${download} > /dev/null; ${download}`);
    expect(Number(stdout)).toBeGreaterThan(bytesPerSecond * 0.8);
    expect(Number(stdout)).toBeLessThan(bytesPerSecond * 1.2);
  });
});
