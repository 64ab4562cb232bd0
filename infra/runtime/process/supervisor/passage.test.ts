import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { PodTraffic, WireEffect } from '../../runtime.ts';
import { planPassage } from './passage.ts';
import { WireStream } from './wire-stream.ts';

const ips: Readonly<Record<string, string>> = { web: '127.9.4.2', api: '127.9.4.3' };
const passage = (traffic: readonly PodTraffic[], source = '127.9.4.2') =>
  planPassage(traffic, (uid) => ips[uid], source, { ip: '127.9.4.3', port: 8080 }).kind;
const range = (cidr: string, except: string[] = []) => ({ cidr, except });

test.each<[string, PodTraffic, 'open' | 'silence']>([
  ['nothing said', { podUid: 'other', faults: [] }, 'open'],
  ['closed on the way in', { podUid: 'api', ingress: [], faults: [] }, 'silence'],
  ['closed on the way out', { podUid: 'web', egress: [], faults: [] }, 'silence'],
  ['the other direction closed', { podUid: 'web', ingress: [], faults: [] }, 'open'],
  ['source let in', { podUid: 'api', ingress: [{ peers: [range('127.9.4.2/32')] }], faults: [] }, 'open'],
  ['source excepted', { podUid: 'api', ingress: [{ peers: [range('127.9.4.0/24', ['127.9.4.2/32'])] }], faults: [] }, 'silence'],
  ['port in range', { podUid: 'api', ingress: [{ ports: [{ protocol: 'TCP', first: 8000, last: 8080 }] }], faults: [] }, 'open'],
  ['port of another protocol', { podUid: 'api', ingress: [{ ports: [{ protocol: 'UDP' }] }], faults: [] }, 'silence'],
  ['partition of the replies', { podUid: 'api', faults: [{ to: ['127.9.4.2'], effect: { kind: 'partition' } }] }, 'silence'],
  ['partition from another pod', { podUid: 'api', faults: [{ to: ['127.9.4.9'], effect: { kind: 'partition' } }] }, 'open'],
  ['partition of another port', { podUid: 'web', faults: [{ to: ['127.9.4.3'], port: 9, effect: { kind: 'partition' } }] }, 'open'],
])('a connection with %s', (_, traffic, expected) => {
  expect(passage([traffic])).toBe(expected);
});

test('the node is never held back', () => {
  expect(passage([{ podUid: 'api', ingress: [], faults: [] }], '127.0.0.1')).toBe('open');
});

const through = (effects: readonly WireEffect[], onReset = () => undefined) =>
  buffer(Readable.from([Buffer.alloc(100_000, 'a'), Buffer.from('end')]).pipe(new WireStream(effects, onReset)));

test('a slow wire carries everything in order, in the time that its rate takes', async () => {
  const startedAt = performance.now();
  const carried = await through([{ kind: 'bandwidth', bytesPerSecond: 500_000 }]);
  expect(carried.equals(Buffer.concat([Buffer.alloc(100_000, 'a'), Buffer.from('end')]))).toBe(true);
  expect(performance.now() - startedAt).toBeGreaterThan(180);
});

test('a reset wire carries nothing', async () => {
  await new Promise<void>((resolve) => {
    const wire = new WireStream([{ kind: 'reset' }], resolve);
    wire.on('data', () => expect.unreachable()).write('x');
  });
});
