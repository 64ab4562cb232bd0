import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServiceRoute, WireEffect } from '../../runtime.ts';
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
    const server = createServer({ allowHalfOpen: true }, (socket) => onConnection(socket.on('error', () => undefined)));
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

  it('keeps a client at one endpoint where affinity is wanted', async () => {
    const both = [await serve((socket) => socket.end('one')), await serve((socket) => socket.end('two'))];
    await proxies.program(new Map([['sticky', { host, port: 18_087, endpoints: both, isSticky: true }]]));
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(18_087)));
    expect(new Set(answers).size).toBe(1);
    await proxies.program(new Map([['sticky', { host, port: 18_087, endpoints: both }]]));
    const spread = await Promise.all(Array.from({ length: 60 }, () => ask(18_087)));
    expect(new Set(spread).size).toBe(2);
  });

  it('resets a client whose endpoint refuses', async () => {
    await proxies.program(forward(18_082, [{ ip: '127.0.0.1', port: 1 }]));
    await expect(ask(18_082)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  describe('on a bad wire', () => {
    const web = () => serve((socket) => socket.once('data', (data: Buffer) => socket.end(Buffer.alloc(Number(data.toString()), 'x'))));
    const timed = async (port: number, bytes: number): Promise<{ readonly bytes: number; readonly tookMs: number }> => {
      const startedAt = performance.now();
      const { length } = await ask(port, String(bytes));
      return { bytes: length, tookMs: performance.now() - startedAt };
    };
    /** A busy machine may be slower now and then, but never faster than the wire. */
    const onceWithin = (limitMs: number, port: number, bytes: number): Promise<void> =>
      expect.poll(async () => (await timed(port, bytes)).tookMs, { timeout: 30_000 }).toBeLessThan(limitMs);
    const suffer = (sent: readonly WireEffect[], received: readonly WireEffect[] = []): void =>
      proxies.setPassage(() => ({ kind: 'open', sent, received }));
    afterEach(() => suffer([]));

    it('adds the latency of each way to the handshake and to the request, and loses nothing', async () => {
      await proxies.program(forward(18_084, [await web()]));
      const latency = { kind: 'latency' as const, ms: 100, jitterMs: 0 };
      await onceWithin(90, 18_084, 5);
      suffer([latency]);
      const oneWay = await timed(18_084, 3_000_000);
      expect(oneWay.bytes).toBe(3_000_000);
      expect(oneWay.tookMs).toBeGreaterThan(199);
      await onceWithin(390, 18_084, 3_000_000);
      suffer([latency], [{ ...latency, jitterMs: 20 }]);
      const bothWays = await timed(18_084, 3_000_000);
      expect(bothWays.bytes).toBe(3_000_000);
      expect(bothWays.tookMs).toBeGreaterThan(359);
      suffer([]);
      await onceWithin(90, 18_084, 5);
    });

    it('holds a rate within a fifth', async () => {
      await proxies.program(forward(18_085, [await web()]));
      suffer([], [{ kind: 'bandwidth', bytesPerSecond: 2_000_000 }]);
      const { bytes, tookMs } = await timed(18_085, 2_000_000);
      expect(bytes).toBe(2_000_000);
      expect(tookMs).toBeGreaterThan(800);
      await onceWithin(1_200, 18_085, 2_000_000);
    });

    it('resets when data flows, and stays silent behind a partition', async () => {
      await proxies.program(forward(18_086, [await web()]));
      suffer([{ kind: 'reset' }]);
      await expect(ask(18_086, '5')).rejects.toMatchObject({ code: 'ECONNRESET' });
      proxies.setPassage(() => ({ kind: 'silence' }));
      const silent = connect({ host, port: 18_086 }).on('error', () => undefined);
      await once(silent, 'connect');
      silent.write('5');
      const heard = await Promise.race([once(silent, 'data'), new Promise((resolve) => setTimeout(() => resolve('nothing'), 300))]);
      silent.destroy();
      expect(heard).toBe('nothing');
    });
  });

  it('makes the wire of open connections slow, cuts it, mends it and breaks it, and loses nothing', async () => {
    const echo = await serve((socket) => socket.pipe(socket));
    await proxies.program(forward(18_087, [echo]));
    const socket = connect({ host, port: 18_087 }).on('error', () => undefined);
    let heard = '';
    socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
    const say = async (word: string): Promise<number> => {
      const startedAt = performance.now();
      socket.write(word);
      await expect.poll(() => heard, { timeout: 10_000, interval: 5 }).toContain(word);
      return performance.now() - startedAt;
    };
    const change = (sent: readonly WireEffect[], received: readonly WireEffect[] = []): void =>
      proxies.setEffects((_, target) => (target.port === echo.port ? { sent, received } : { sent: [], received: [] }));
    await say('one');
    const latency = { kind: 'latency' as const, ms: 150, jitterMs: 0 };
    change([latency], [latency]);
    expect(await say('two')).toBeGreaterThan(299);
    change([{ kind: 'partition' }]);
    socket.write('three');
    // What would come without the cut comes before this does on another connection.
    expect(await ask(18_087, 'elsewhere').catch(() => '')).toBe('elsewhere');
    expect(heard).toBe('onetwo');
    change([]);
    await expect.poll(() => heard, { timeout: 10_000 }).toBe('onetwothree');
    // Listening no more takes nothing from what is open.
    await proxies.program(new Map());
    change([{ kind: 'reset' }]);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('four');
    await closed;
    expect(heard).toBe('onetwothree');
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
