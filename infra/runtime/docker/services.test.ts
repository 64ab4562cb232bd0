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

  /** With the Service that pods ask for names, which every cluster has. */
  const program = (services: readonly ServiceRoute[]): Promise<void> => {
    const endpoints = [{ ip: cluster.runtime.apiListenHost, port: cluster.runtime.dnsPort ?? 0 }];
    const ports = (['UDP', 'TCP'] as const).map((protocol) => ({ port: 53, protocol, endpoints }));
    return cluster.runtime.programServices([...services, { namespace: 'kube-system', name: 'kube-dns', clusterIp: '10.96.0.10', ports }]);
  };
  const curl = (url: string) => cluster.exec(client, ['curl', '-sS', '--max-time', '5', url]);

  test('lead by name and by ClusterIP to every ready endpoint', async () => {
    await program([route('web', '10.96.0.5', servers)]);
    for (const host of ['web', 'web.default', 'web.default.svc', 'web.default.svc.cluster.local', '10.96.0.5']) {
      expect((await curl(`http://${host}`)).stdout).toMatch(/^web-[ab]\n$/);
    }
    const { stdout } = await cluster.sh(client, 'for i in $(seq 40); do curl -s http://web; done | sort | uniq -c | wc -l');
    expect(stdout.trim()).toBe('2');
  });

  test('resolve by their short name only in their own namespace', async () => {
    const elsewhere = route('web', '10.96.0.11', servers.slice(0, 1), { namespace: 'prod' });
    await program([elsewhere]);
    expect((await curl('http://web.prod')).stdout).toBe('web-a\n');
    expect((await curl('http://web')).stderr).toMatch(/Could not resolve host/);
  });

  test('of a hidden namespace are unknown elsewhere, by name and by address', async () => {
    await program([route('prober', '10.96.0.13', servers, { namespace: 'hidden', isHidden: true })]);
    expect((await curl('http://prober.hidden')).stderr).toMatch(/Could not resolve host/);
    expect((await curl('http://10.96.0.13')).exitCode).not.toBe(0);
    const insider = await cluster.runBox({ name: 'insider', namespace: 'hidden' });
    expect((await cluster.exec(insider.id, ['curl', '-s', '--max-time', '5', 'http://prober'])).stdout).toMatch(/^web-[ab]\n$/);
  });

  test('keep a client at one endpoint where affinity is wanted', async () => {
    await program([route('web', '10.96.0.5', [...servers, ...servers].slice(0, 3), { isSticky: true })]);
    const { stdout } = await cluster.sh(client, 'for i in $(seq 20); do curl -s http://10.96.0.5; done | sort | uniq -c');
    expect(stdout.trim()).toMatch(/^20 web-[ab]$/);
  });

  test('refuse at once when nothing is ready, and follow what changes', async () => {
    await program([route('web', '10.96.0.5', [])]);
    expect((await curl('http://web')).stderr).toMatch(/Failed to connect|refused/);
    await program([route('web', '10.96.0.5', servers.slice(1))]);
    expect((await curl('http://web')).stdout).toBe('web-b\n');
    await program([]);
    expect((await curl('http://web')).exitCode).not.toBe(0);
  });

  test('have names that every resolver agrees on, and that nobody else answers', async () => {
    const named = route('web', '10.96.0.5', servers);
    const [port] = named.ports;
    if (port === undefined) throw new Error('no port');
    await program([
      { ...named, ports: [{ ...port, name: 'http' }] },
      { namespace: 'default', name: 'outside', clusterIp: '', externalName: 'web.default.svc.cluster.local', ports: [] },
    ]);
    const script = `const d=require('dns').promises;const say=(p)=>p.then(JSON.stringify,e=>e.code).then(console.log);(async()=>{
      await say(d.lookup('web'));await say(d.resolve4('web.default.svc.cluster.local'));await say(d.resolveSrv('_http._tcp.web.default.svc.cluster.local'));
      await say(d.reverse('10.96.0.5'));await say(d.lookup('outside').then(a=>a.address));await say(d.resolve4('web'));await say(d.lookup('example.com'))})()`;
    expect((await cluster.exec(client, ['node', '-e', script])).stdout.trim().split('\n')).toEqual([
      '{"address":"10.96.0.5","family":4}',
      '["10.96.0.5"]',
      '[{"name":"web.default.svc.cluster.local","port":80,"priority":0,"weight":100}]',
      '["web.default.svc.cluster.local"]',
      '"10.96.0.5"',
      // c-ares asks for the name as it stands, without the search path.
      'ENOTFOUND',
      'ENOTFOUND',
    ]);
    const { stdout } = await cluster.sh(
      client,
      "getent hosts web.default.svc | awk '{print $1}'; getent hosts nobody.default; echo $?; cat /etc/resolv.conf",
    );
    expect(stdout).toBe(
      '10.96.0.5\n2\nsearch default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
    );
  });

  test('have no names when the Service for names is gone', async () => {
    await cluster.runtime.programServices([route('web', '10.96.0.5', servers)]);
    expect((await curl('http://web')).stderr).toMatch(/Could not resolve host/);
    expect((await curl('http://10.96.0.5')).stdout).toMatch(/^web-[ab]\n$/);
  });

  test('without a ClusterIP resolve to their endpoints', async () => {
    await program([route('peers', 'None', servers)]);
    const { stdout } = await cluster.sh(
      client,
      "getent ahostsv4 peers | awk '{print $1}' | sort -u; getent hosts peers-1.peers.default.svc.cluster.local | awk '{print $1}'",
    );
    expect(stdout.trim().split('\n')).toEqual([...[...servers].sort(), servers[1]]);
  });

  test('are reachable from the pod that is their own endpoint', async () => {
    const pod = await cluster.runBox({ name: 'self' }, { command: serveHostname });
    await program([route('myself', '10.96.0.12', [pod.ip])]);
    const { stdout } = await cluster.sh(pod.id, 'for i in $(seq 200); do curl -s http://myself && break; done');
    expect(stdout).toBe('self\n');
  });

  test('are known to a pod from its first moment', async () => {
    await program([route('web', '10.96.0.5', servers)]);
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
    await program([...many, route('web', '10.96.0.5', servers)]);
    const { stdout } = await cluster.sh(
      client,
      "for i in $(seq 20); do curl -s -o /dev/null -w '%{time_total}\\n' http://web; done | sort -n | sed -n 10p",
    );
    expect(Number(stdout)).toBeLessThan(0.5);
    await program([]);
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
