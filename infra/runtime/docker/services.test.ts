import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServiceRoute } from '../runtime.ts';
import { DockerFixture, withoutEngine, type TestCluster } from './testing/docker-fixture.ts';

/** An HTTP server that answers its own host name. */
const serveHostname = ['node', '-e', "require('http').createServer((q,r)=>r.end(require('os').hostname()+'\\n')).listen(8080)"];

function route(name: string, clusterIp: string, ips: readonly string[], overrides: Partial<ServiceRoute> = {}): ServiceRoute {
  const endpoints = ips.map((ip, index) => ({ ip, port: 8080, hostname: `${name}-${index}` }));
  return { namespace: 'default', name, clusterIp, ports: [{ port: 80, protocol: 'TCP', endpoints }], ...overrides };
}

describe.skipIf(withoutEngine)('Services on Docker', () => {
  let fixture: DockerFixture;
  let cluster: TestCluster;
  let client: string;
  const servers: string[] = [];

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    cluster = await fixture.openCluster('one');
    const [box, ...pods] = await Promise.all([
      cluster.runBox({ name: 'client' }),
      ...['web-a', 'web-b'].map((name) => cluster.runBox({ name }, { command: serveHostname })),
    ]);
    client = box.id;
    for (const pod of pods) {
      servers.push(pod.ip);
      await cluster.sh(client, `for i in $(seq 200); do curl -s http://${pod.ip}:8080 && break; done`);
    }
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  const curl = (url: string) => cluster.exec(client, ['curl', '-sS', '--max-time', '5', url]);

  test('lead by name and by ClusterIP to every ready endpoint', async () => {
    await cluster.runtime.programServices([route('web', '10.96.0.10', servers)]);
    for (const host of ['web', 'web.default', 'web.default.svc', 'web.default.svc.cluster.local', '10.96.0.10']) {
      expect((await curl(`http://${host}`)).stdout).toMatch(/^web-[ab]\n$/);
    }
    const { stdout } = await cluster.sh(client, 'for i in $(seq 40); do curl -s http://web; done | sort | uniq -c | wc -l');
    expect(stdout.trim()).toBe('2');
  });

  test('resolve by their short name only in their own namespace', async () => {
    const elsewhere = route('web', '10.96.0.11', servers.slice(0, 1), { namespace: 'prod' });
    await cluster.runtime.programServices([elsewhere]);
    expect((await curl('http://web.prod')).stdout).toBe('web-a\n');
    expect((await curl('http://web')).stderr).toMatch(/Could not resolve host/);
  });

  test('of a hidden namespace are unknown elsewhere, by name and by address', async () => {
    await cluster.runtime.programServices([route('prober', '10.96.0.13', servers, { namespace: 'hidden', isHidden: true })]);
    expect((await curl('http://prober.hidden')).stderr).toMatch(/Could not resolve host/);
    expect((await curl('http://10.96.0.13')).exitCode).not.toBe(0);
    const insider = await cluster.runBox({ name: 'insider', namespace: 'hidden' });
    expect((await cluster.exec(insider.id, ['curl', '-s', '--max-time', '5', 'http://prober'])).stdout).toMatch(/^web-[ab]\n$/);
  });

  test('refuse at once when nothing is ready, and follow what changes', async () => {
    await cluster.runtime.programServices([route('web', '10.96.0.10', [])]);
    expect((await curl('http://web')).stderr).toMatch(/Failed to connect|refused/);
    await cluster.runtime.programServices([route('web', '10.96.0.10', servers.slice(1))]);
    expect((await curl('http://web')).stdout).toBe('web-b\n');
    await cluster.runtime.programServices([]);
    expect((await curl('http://web')).exitCode).not.toBe(0);
  });

  test('without a ClusterIP resolve to their endpoints', async () => {
    await cluster.runtime.programServices([route('peers', 'None', servers)]);
    const { stdout } = await cluster.sh(
      client,
      "getent ahostsv4 peers | awk '{print $1}' | sort -u; getent hosts peers-1.peers.default.svc.cluster.local | awk '{print $1}'",
    );
    expect(stdout.trim().split('\n')).toEqual([...[...servers].sort(), servers[1]]);
  });

  test('are reachable from the pod that is their own endpoint', async () => {
    const pod = await cluster.runBox({ name: 'self' }, { command: serveHostname });
    await cluster.runtime.programServices([route('self', '10.96.0.12', [pod.ip])]);
    const { stdout } = await cluster.sh(pod.id, 'for i in $(seq 200); do curl -s http://self && break; done');
    expect(stdout).toBe('self\n');
  });

  test('are known to a pod from its first moment', async () => {
    await cluster.runtime.programServices([route('web', '10.96.0.10', servers)]);
    const pod = await cluster.runBox(
      { name: 'late', namespace: 'team' },
      { command: ['bash', '-c', 'curl -s http://web.default > /tmp/first; sleep infinity'] },
    );
    const { stdout } = await cluster.sh(pod.id, 'until [ -s /tmp/first ]; do :; done; cat /tmp/first; cat /etc/hosts');
    expect(stdout).toMatch(/^web-[ab]\n/);
    expect(stdout).toContain(`${pod.ip}\tlate`);
  });

  test('are quick, hundreds of them too', async () => {
    const many = Array.from({ length: 200 }, (_, index) => route(`svc-${index}`, `10.96.1.${index + 1}`, servers));
    await cluster.runtime.programServices([...many, route('web', '10.96.0.10', servers)]);
    const { stdout } = await cluster.sh(
      client,
      "for i in $(seq 20); do curl -s -o /dev/null -w '%{time_total}\\n' http://web; done | sort -n | sed -n 10p",
    );
    expect(Number(stdout)).toBeLessThan(0.5);
    await cluster.runtime.programServices([]);
  });

  test('can be dialled from outside, whole in both directions', async () => {
    const pod = await cluster.runBox(
      { name: 'echo' },
      { command: ['node', '-e', "require('net').createServer({allowHalfOpen:true},s=>s.pipe(s)).listen(9000,()=>console.log('up'))"] },
    );
    for await (const line of cluster.runtime.logs(pod.id, { follow: true })) if (line.text.toString() === 'up') break;
    const connection = await cluster.runtime.dial(pod.podUid, 9000);
    const sent = Buffer.alloc(1_000_000, 'x');
    connection.end(sent);
    const chunks: Buffer[] = [];
    for await (const chunk of connection) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
    await expect(cluster.runtime.dial(pod.podUid, 9001)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
