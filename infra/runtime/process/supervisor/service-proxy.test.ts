import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServiceRoute } from '../../runtime.ts';
import { planForwardings, ServiceProxies, type Forwarding } from './service-proxy.ts';

const route = (clusterIp: string, ports: ServiceRoute['ports']): ServiceRoute => ({ namespace: 'n', name: 's', clusterIp, ports });
const endpoint = { ip: '127.0.0.1', port: 1 };

describe('which addresses listen', () => {
  it('are those of TCP ports with ready endpoints', () => {
    const wanted = planForwardings([
      route('10.0.0.1', [
        { port: 80, protocol: 'TCP', endpoints: [endpoint] },
        { port: 81, protocol: 'TCP', endpoints: [] },
        { port: 53, protocol: 'UDP', endpoints: [endpoint] },
      ]),
      route('None', [{ port: 80, protocol: 'TCP', endpoints: [endpoint] }]),
      route('', [{ port: 80, protocol: 'TCP', endpoints: [endpoint] }]),
    ]);
    expect([...wanted.keys()]).toEqual(['10.0.0.1:80']);
  });
});

describe('the proxy', () => {
  const servers: Server[] = [];
  const problems: string[] = [];
  const proxies = new ServiceProxies(({ port }, error) => problems.push(`${port} ${error.code ?? ''}`));
  // A range that no supervisor uses: claims begin at 127.1.
  const host = '127.0.77.1';

  afterEach(async () => {
    await proxies.program(new Map());
    for (const server of servers.splice(0)) server.close();
    problems.length = 0;
  });

  async function serve(onConnection: (socket: Socket) => void): Promise<{ ip: string; port: number }> {
    const server = createServer({ allowHalfOpen: true }, onConnection);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { ip: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }

  const forward = (port: number, endpoints: Forwarding['endpoints']): ReadonlyMap<string, Forwarding> =>
    new Map([[`${host}:${port}`, { host, port, endpoints }]]);

  async function ask(port: number, words = ''): Promise<string> {
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.end(words);
    let answer = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) answer += chunk.toString();
    return answer;
  }

  it('answers after the client has ended its side', async () => {
    const echo = await serve((socket) => {
      let seen = '';
      socket.on('data', (chunk: Buffer) => (seen += chunk.toString())).on('end', () => socket.end(`you said ${seen}`));
    });
    await proxies.program(forward(18_080, [echo]));
    expect(await ask(18_080, 'hello')).toBe('you said hello');
  });

  it('moves to other endpoints without touching what is connected', async () => {
    const [old, fresh] = [
      await serve((socket) => socket.once('data', () => socket.end('old'))),
      await serve((socket) => socket.end('fresh')),
    ];
    await proxies.program(forward(18_081, [old]));
    const early = connect({ host, port: 18_081 });
    await once(early, 'connect');
    await new Promise((resolve) => servers[0]?.once('connection', resolve));
    await proxies.program(forward(18_081, [fresh]));
    expect(await ask(18_081)).toBe('fresh');
    await proxies.program(new Map());
    early.write('now');
    expect(String((await once(early, 'data'))[0])).toBe('old');
    await expect(ask(18_081)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('resets a client whose endpoint refuses', async () => {
    await proxies.program(forward(18_082, [{ ip: '127.0.0.1', port: 1 }]));
    await expect(ask(18_082)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('tells why a port cannot listen and takes it when it becomes free', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(18_083, host, resolve));
    const target = await serve((socket) => socket.end('served'));
    await proxies.program(forward(18_083, [target]));
    expect(problems).toEqual(['18083 EADDRINUSE']);
    await new Promise((resolve) => squatter.close(resolve));
    await proxies.program(forward(18_083, [target]));
    expect(await ask(18_083)).toBe('served');
  });
});
