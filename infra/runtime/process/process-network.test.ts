import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PodSandbox, ServiceRoute } from '../runtime.ts';
import { ProcessFixture, readAll, testedModes } from './testing/process-fixture.ts';

/** Answers with its pod's name and the address it was asked from. */
const serverScript = (listen: string): string =>
  `require('http').createServer((q,s)=>s.end(process.env.HOSTNAME+' '+q.socket.remoteAddress)).listen(${listen},()=>console.log('listening'))`;

const fetchScript = (url: string): string =>
  `fetch(${JSON.stringify(url)}).then(r=>r.text()).then(t=>console.log(t),e=>{console.log('refused',e.cause.code);process.exitCode=3})`;

describe.each(testedModes)('the network between pods (bubblewrap: $mode)', ({ mode }) => {
  let fixture: ProcessFixture;
  let client: string;
  let clientPod: PodSandbox;
  const isolated = mode === 'auto';

  beforeAll(async () => {
    fixture = await ProcessFixture.open(mode);
    clientPod = await fixture.runPod('client', 'shop');
    client = await fixture.run(['sleep', '1000'], { pod: clientPod });
  });
  afterAll(async () => fixture[Symbol.asyncDispose]());

  async function serve(name: string, listen: string, namespace = 'shop'): Promise<{ readonly id: string; readonly pod: PodSandbox }> {
    const pod = await fixture.runPod(name, namespace);
    const id = await fixture.run(['node', '-e', serverScript(listen)], { pod });
    for await (const { text } of fixture.cluster.logs(id, { follow: true })) if (text.toString() === 'listening') return { id, pod };
    throw new Error(`${name} ended: ${(await fixture.logs(id)).join('\n')}`);
  }

  const fetchFrom = async (id: string, url: string): Promise<string> =>
    (await fixture.exec(id, ['node', '-e', fetchScript(url)])).stdout.trim();

  function service(
    name: string,
    clusterIp: string,
    endpoints: readonly { ip: string; port: number; hostname?: string }[],
    namespace = 'shop',
  ): ServiceRoute {
    return { namespace, name, clusterIp, ports: [{ port: 8080, protocol: 'TCP', endpoints }] };
  }

  /** With the Service for names, which every cluster has. */
  const program = (services: readonly ServiceRoute[]): Promise<void> => {
    const endpoints = [{ ip: '127.0.0.1', port: fixture.cluster.dnsPort ?? 0 }];
    const ports = (['UDP', 'TCP'] as const).map((protocol) => ({ port: 53, protocol, endpoints }));
    return fixture.cluster.programServices([...services, { namespace: 'kube-system', name: 'kube-dns', clusterIp: clusterIp(10), ports }]);
  };
  const clusterIp = (host: number): string => fixture.cluster.serviceCidr.replace('.0/24', `.${host}`);

  it('gives every pod an address of its own in the pods’ range, where the same port is free', async () => {
    const [one, two] = [await serve('one', '8000'), await serve('two', '8000')];
    expect(one.pod.ip).not.toBe(two.pod.ip);
    for (const { ip } of [one.pod, two.pod]) {
      expect(ip.split('.').slice(0, 3)).toEqual(fixture.cluster.podCidr.split('.').slice(0, 3));
      expect(ip).not.toMatch(/^127\.0\./);
    }
    expect(await fetchFrom(client, `http://${one.pod.ip}:8000`)).toBe(`one ${clientPod.ip}`);
    expect(await fetchFrom(client, `http://${two.pod.ip}:8000`)).toBe(`two ${clientPod.ip}`);
  });

  it.each([
    ['every address', '8010'],
    ['IPv6’s every address', "{port:8010,host:'::'}"],
    ['a host and a port', "8010,'0.0.0.0'"],
  ])('binds programs that ask for %s to their pod’s', async (_, listen) => {
    const { pod, id } = await serve(`any-${listen.length}`, listen);
    expect(await fetchFrom(client, `http://${pod.ip}:8010`)).toContain(clientPod.ip);
    await expect(refuses('127.0.0.1', 8010)).resolves.toBe(true);
    expect(await fetchFrom(id, 'http://localhost:8010')).toContain(pod.ip);
    await fixture.cluster.stopContainer(id, { graceSeconds: 0 });
  });

  it('keeps what listens on localhost inside its pod, where localhost reaches it', async () => {
    const { pod, id } = await serve('private', "8011,'localhost'");
    expect(await fetchFrom(id, 'http://localhost:8011')).toMatch(/^private/);
    expect(await fetchFrom(client, `http://${pod.ip}:8011`)).toBe('refused ECONNREFUSED');
    expect(await fetchFrom(client, 'http://localhost:8011')).toBe('refused ECONNREFUSED');
    // A port-forward reaches it, as it does in a real pod, and a probe does not.
    expect(await readAll(await get(await fixture.cluster.forward(pod.podUid, 8011)))).toContain('private');
    await expect(fixture.cluster.dial(pod.podUid, 8011)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('dials a pod’s port from outside and is refused where nobody listens', async () => {
    const { pod } = await serve('dialled', '8012');
    expect(await readAll(await get(await fixture.cluster.dial(pod.podUid, 8012)))).toContain('dialled');
    await expect(fixture.cluster.dial(pod.podUid, 8013)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(fixture.cluster.dial('nobody', 80)).rejects.toMatchObject({ code: 'UnknownPod' });
  });

  describe('Services', () => {
    it('answer by address and by every name, over all ready endpoints, and see who asks', async () => {
      const pods = [await serve('a', '8000'), await serve('b', '8000')];
      const endpoints = pods.map(({ pod }) => ({ ip: pod.ip, port: 8000 }));
      await program([service('web', clusterIp(20), endpoints)]);
      const seen = new Set<string>();
      for (let tries = 0; tries < 100 && seen.size < 2; tries++)
        seen.add((await fetchFromHere(`http://${clusterIp(20)}:8080`)).split(' ')[0] ?? '');
      expect([...seen].sort()).toEqual(['a', 'b']);
      for (const name of ['web', 'web.shop', 'web.shop.svc', 'web.shop.svc.cluster.local'])
        expect(await fetchFrom(client, `http://${name}:8080`)).toMatch(new RegExp(`^[ab] ${clientPod.ip}$`));
      const stranger = await fixture.run(['sleep', '1000'], { pod: await fixture.runPod('stranger', 'bank') });
      expect(await fetchFrom(stranger, 'http://web.shop:8080')).toMatch(/^[ab] /);
      expect(await fetchFrom(stranger, 'http://web:8080')).toMatch(/^refused (ENOTFOUND|EAI_AGAIN)$/);
    });

    it('refuse without endpoints, follow their endpoints, and end', async () => {
      const { pod } = await serve('late', '8000');
      await program([service('late', clusterIp(21), [])]);
      expect(await fetchFrom(client, 'http://late:8080')).toBe('refused ECONNREFUSED');
      await program([service('late', clusterIp(21), [{ ip: pod.ip, port: 8000 }])]);
      expect(await fetchFrom(client, 'http://late:8080')).toBe(`late ${clientPod.ip}`);
      await program([]);
      expect(await fetchFrom(client, 'http://late:8080')).toMatch(/^refused (ENOTFOUND|EAI_AGAIN)$/);
      await expect(refuses(clusterIp(21), 8080)).resolves.toBe(true);
    });

    it('without an address of their own resolve to their endpoints', async () => {
      const { pod } = await serve('peer', '8000');
      await program([service('peers', 'None', [{ ip: pod.ip, port: 8000, hostname: 'peer-0' }])]);
      expect(await fetchFrom(client, 'http://peers:8000')).toBe(`peer ${clientPod.ip}`);
      expect(await fetchFrom(client, 'http://peer-0.peers.shop.svc.cluster.local:8000')).toBe(`peer ${clientPod.ip}`);
    });

    it('are no names while the Service for names leads nowhere', async () => {
      await fixture.cluster.programServices([service('web', clusterIp(25), [{ ip: clientPod.ip, port: 1 }])]);
      expect(await fetchFrom(client, 'http://web:8080')).toMatch(/^refused (ENOTFOUND|EAI_AGAIN)$/);
    });

    if (isolated)
      it('have names that every resolver agrees on, and that nobody else answers', async () => {
        const ports = [{ name: 'http', port: 8080, protocol: 'TCP' as const, endpoints: [{ ip: clientPod.ip, port: 1 }] }];
        await program([{ namespace: 'shop', name: 'web', clusterIp: clusterIp(26), ports }]);
        const script = `const d=require('dns').promises;const say=(p)=>p.then(JSON.stringify,e=>e.code).then(console.log);(async()=>{
          await say(d.lookup('web'));await say(d.resolve4('web.shop.svc.cluster.local'));
          await say(d.resolveSrv('_http._tcp.web.shop.svc.cluster.local').then(([r])=>r.port));await say(d.lookup('example.com'));await say(d.resolve4('example.com'))})()`;
        expect((await fixture.exec(client, ['node', '-e', script])).stdout.trim().split('\n')).toEqual([
          `{"address":"${clusterIp(26)}","family":4}`,
          `["${clusterIp(26)}"]`,
          '8080',
          'ENOTFOUND',
          'ENOTFOUND',
        ]);
        expect((await fixture.exec(client, ['getent', 'hosts', 'nobody.shop'])).exitCode).toBe(2);
      });

    if (isolated)
      it('answer programs that are not Node', async () => {
        const { pod, id } = await serve('curled', '8000');
        await program([service('curled', clusterIp(23), [{ ip: pod.ip, port: 8000 }])]);
        const curl = async (from: string, url: string): Promise<string> =>
          (await fixture.exec(from, ['curl', '-sS', '--max-time', '5', url])).stdout;
        expect(await curl(client, 'http://curled:8080')).toMatch(/^curled /);
        // Nobody tells curl which address to come from, but localhost is its pod.
        expect(await curl(id, 'http://localhost:8000')).toMatch(/^curled /);
        expect((await fixture.exec(client, ['getent', 'hosts', 'curled.shop.svc'])).stdout).toContain(clusterIp(23));
        expect((await fixture.exec(client, ['cat', '/etc/resolv.conf'])).stdout).toContain('search shop.svc.cluster.local');
        expect((await fixture.exec(client, ['curl', '-sS', 'http://nobody.shop:1'])).stderr).toContain('Could not resolve host');
      });

    it('keep a half-closed connection and what is on its way', async () => {
      const pod = await fixture.runPod('slow', 'shop');
      const script = `require('net').createServer({allowHalfOpen:true},s=>{let n=0;s.on('data',d=>n+=d.length).on('end',()=>s.end('got '+n))}).listen(8000,()=>console.log('listening'))`;
      const id = await fixture.run(['node', '-e', script], { pod });
      for await (const { text } of fixture.cluster.logs(id, { follow: true })) if (text.toString() === 'listening') break;
      await program([service('slow', clusterIp(24), [{ ip: pod.ip, port: 8000 }])]);
      const send = `const s=require('net').connect({port:8080,host:'slow',allowHalfOpen:true},()=>s.end(Buffer.alloc(2000000)));s.on('data',d=>process.stdout.write(d))`;
      expect((await fixture.exec(client, ['node', '-e', send])).stdout).toBe('got 2000000');
    });
  });

  it('reaches the host’s loopback where the API server listens', async () => {
    const server = await listenOnHost();
    const { port } = server.address() as AddressInfo;
    await program([
      {
        namespace: 'default',
        name: 'kubernetes',
        clusterIp: clusterIp(1),
        ports: [{ port: 8443, protocol: 'TCP', endpoints: [{ ip: '127.0.0.1', port }] }],
      },
    ]);
    expect(await fetchFrom(client, 'http://kubernetes.default.svc:8443')).toBe('from the host');
    server.close();
  });
});

async function get(socket: Awaited<ReturnType<ProcessFixture['cluster']['dial']>>): Promise<typeof socket> {
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  return socket;
}

async function fetchFromHere(url: string): Promise<string> {
  return (await fetch(url, { headers: { connection: 'close' } })).text();
}

async function refuses(host: string, port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

async function listenOnHost(): Promise<Server> {
  const server = createServer((_, response) => void response.end('from the host'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
