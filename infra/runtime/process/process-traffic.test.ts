import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findTool } from './host-tools.ts';
import type { PodSandbox, PodTraffic, WireEffect } from '../runtime.ts';
import { ProcessFixture, testedModes } from './testing/process-fixture.ts';

const SERVER = `require('http').createServer((q,s)=>{const n=Number(q.url.slice(1));s.end(n?Buffer.alloc(n):'pong '+q.socket.remoteAddress)}).listen(8000,()=>console.log('listening'))`;
/** Says what came, or the error's code, and how long it took, and waits for no connection that is still to be given up. */
const fetchScript = (url: string, patienceMs: number): string =>
  `const t=performance.now();const say=(w)=>{console.log(w,Math.round(performance.now()-t));process.exit()};
   fetch(${JSON.stringify(url)},{signal:AbortSignal.timeout(${patienceMs})}).then(r=>r.text()).then(t=>say(t.slice(0,40)),e=>say(e.cause?.code??e.name))`;

interface Box {
  readonly pod: PodSandbox;
  readonly id: string;
}

describe.each(testedModes)('traffic straight between pods (bubblewrap: $mode)', ({ mode }) => {
  let fixture: ProcessFixture;
  let client: Box;
  let other: Box;
  let server: Box;

  const start = async (name: string, command: readonly string[]): Promise<Box> => {
    const pod = await fixture.runPod(name, 'shop');
    return { pod, id: await fixture.run(command, { pod }) };
  };
  const serve = async (name: string): Promise<Box> => {
    const box = await start(name, ['node', '-e', SERVER]);
    for await (const { text } of fixture.cluster.logs(box.id, { follow: true })) if (text.toString() === 'listening') return box;
    throw new Error(`${name} ended`);
  };
  const get = async (
    from: Box,
    to: Box,
    { path = '', port = 8000, patienceMs = 10_000 } = {},
  ): Promise<[answer: string, tookMs: number]> => {
    const { stdout } = await fixture.exec(from.id, ['node', '-e', fetchScript(`http://${to.pod.ip}:${port}/${path}`, patienceMs)]);
    const words = stdout.trim().split(' ');
    return [words.slice(0, -1).join(' '), Number(words.at(-1))];
  };
  const answer = async (from: Box, patienceMs?: number): Promise<string> =>
    (await get(from, server, patienceMs === undefined ? {} : { patienceMs }))[0];
  const program = (...traffic: readonly PodTraffic[]): Promise<void> => fixture.cluster.programTraffic(traffic);
  const fault = (effect: WireEffect): Promise<void> => program({ podUid: server.pod.podUid, faults: [{ to: [client.pod.ip], effect }] });
  const peer = (box: Box) => ({ cidr: `${box.pod.ip}/32`, except: [] });

  beforeAll(async () => {
    fixture = await ProcessFixture.open(mode);
    [client, other, server] = await Promise.all([start('client', ['sleep', '1000']), start('other', ['sleep', '1000']), serve('server')]);
  });
  afterEach(() => program());
  afterAll(() => fixture[Symbol.asyncDispose]());

  it('lets in only whom a policy names, on the ports that it names, and the node always', async () => {
    await program({ podUid: server.pod.podUid, ingress: [{ peers: [peer(client)] }], faults: [] });
    expect(await answer(client)).toBe(`pong ${client.pod.ip}`);
    expect(await answer(other, 700)).toBe('TimeoutError');
    await expect((await fetch(`http://${server.pod.ip}:8000/`)).text()).resolves.toBe('pong 127.0.0.1');
    await program({ podUid: server.pod.podUid, ingress: [{ ports: [{ protocol: 'TCP', first: 80 }] }], faults: [] });
    expect(await answer(client, 700)).toBe('TimeoutError');
  });

  it('lets out only what a policy names, and refuses where nobody listens', async () => {
    await program({ podUid: client.pod.podUid, egress: [{ peers: [peer(server)] }], faults: [] });
    expect(await answer(client)).toBe(`pong ${client.pod.ip}`);
    expect((await get(client, server, { port: 8001 }))[0]).toBe('ECONNREFUSED');
    expect((await get(client, other, { port: 8001, patienceMs: 700 }))[0]).toBe('TimeoutError');
    expect(await answer(other)).toBe(`pong ${other.pod.ip}`);
  });

  it('finds through when a partition ends while somebody connects', async () => {
    await fault({ kind: 'partition' });
    const connecting = answer(client);
    expect(await answer(client, 700)).toBe('TimeoutError');
    expect(await answer(other)).toBe(`pong ${other.pod.ip}`);
    await program();
    expect(await connecting).toBe(`pong ${client.pod.ip}`);
  });

  it('makes the wire slow, narrow or broken between chosen pods only', async () => {
    await fault({ kind: 'latency', ms: 300, jitterMs: 0 });
    const [text, tookMs] = await get(client, server);
    expect(text).toBe(`pong ${client.pod.ip}`);
    // One way there and back to open the connection, one answer.
    expect(tookMs).toBeGreaterThan(590);
    await fault({ kind: 'bandwidth', bytesPerSecond: 200_000 });
    expect((await get(client, server, { path: '100000' }))[1]).toBeGreaterThan(450);
    await fault({ kind: 'reset' });
    expect(await answer(client)).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(await answer(other)).toBe(`pong ${other.pod.ip}`);
    expect((await get(client, server, { port: 8001 }))[0]).toBe('ECONNREFUSED');
  });

  it.runIf(findTool('curl') !== undefined)('holds for curl where it meets a Node program, as curl comes from its pod', async () => {
    const curl = async (from: Box): Promise<string> =>
      (await fixture.exec(from.id, ['curl', '-sS', '--max-time', '1', `http://${server.pod.ip}:8000`])).stdout;
    expect(await curl(client)).toBe(`pong ${client.pod.ip}`);
    await program({ podUid: server.pod.podUid, ingress: [{ peers: [peer(client)] }], faults: [] });
    expect(await curl(client)).toBe(`pong ${client.pod.ip}`);
    expect(await curl(other)).toBe('');
  });

  it('keeps a pod that starts closed closed until it is named', async () => {
    const pod = await fixture.runPod('late', 'shop', { startsClosed: true });
    const late: Box = { pod, id: await fixture.run(['sleep', '1000'], { pod }) };
    expect(await answer(late, 700)).toBe('TimeoutError');
    await program({ podUid: pod.podUid, faults: [] });
    expect(await answer(late)).toBe(`pong ${pod.ip}`);
    await program();
    expect(await answer(late)).toBe(`pong ${pod.ip}`);
  });
});
