import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PodSandbox, WireEffect } from '../runtime.ts';
import { DockerFixture, withoutEngine, type TestCluster } from './testing/docker-fixture.ts';

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
    expect((await get(client.id, 'http://web', 1)).stderr).toMatch(/timed? ?out/i);
    expect((await get(other.id, 'http://web')).stdout).toBe('pong');
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
      "for i in $(seq 12); do curl -s -o /dev/null --max-time 20 -w '%{time_total}\\n' http://web; done | awk '{s+=$1} END {print s}'";
    const calm = Number((await cluster.sh(client.id, requests)).stdout);
    await fault({ kind: 'loss', probability: 0.2 });
    const lossy = Number((await cluster.sh(client.id, requests)).stdout);
    // Twelve requests of some five packets from the server lose about twelve, and one loss costs 200 ms or more.
    expect(lossy - calm).toBeGreaterThan(0.5);
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
