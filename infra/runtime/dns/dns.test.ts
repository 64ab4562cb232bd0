import { Resolver } from 'node:dns/promises';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { decode, encode, streamDecode, streamEncode } from 'dns-packet';
import type { RecordType } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServiceRoute } from '../runtime.ts';
import { DnsResponder } from './dns-responder.ts';
import { Zone } from './zone.ts';

const port = (name: string, number: number, endpoints: readonly { ip: string; port: number; hostname?: string }[]) => ({
  name,
  port: number,
  protocol: 'TCP' as const,
  endpoints,
});
const services: readonly ServiceRoute[] = [
  { namespace: 'shop', name: 'web', clusterIp: '10.96.0.5', ports: [port('http', 80, []), port('', 81, [])] },
  {
    namespace: 'shop',
    name: 'db',
    clusterIp: 'None',
    ports: [
      port('sql', 5432, [
        { ip: '10.0.0.7', port: 5433, hostname: 'db-0' },
        { ip: '10.0.0.8', port: 5433 },
      ]),
    ],
  },
  { namespace: 'shop', name: 'portless', clusterIp: 'None', ports: [], addresses: [{ ip: '10.0.0.9', hostname: 'one' }] },
  { namespace: 'shop', name: 'nobody', clusterIp: 'None', ports: [port('sql', 1, [])] },
  { namespace: 'bank', name: 'outside', clusterIp: '', externalName: 'example.org', ports: [] },
  { namespace: 'bank', name: 'alias', clusterIp: '', externalName: 'web.shop.svc.cluster.local', ports: [] },
  { namespace: 'secret', name: 'prober', clusterIp: '10.96.0.9', isHidden: true, ports: [port('http', 80, [])] },
];
const zone = new Zone(services);

test.each<[string, RecordType, unknown]>([
  ['web.shop.svc.cluster.local', 'A', ['10.96.0.5']],
  ['WEB.shop.svc.Cluster.local.', 'A', ['10.96.0.5']],
  ['web.shop.svc.cluster.local', 'AAAA', 'empty'],
  ['db.shop.svc.cluster.local', 'A', ['10.0.0.7', '10.0.0.8']],
  ['db-0.db.shop.svc.cluster.local', 'A', ['10.0.0.7']],
  ['10-0-0-8.db.shop.svc.cluster.local', 'A', ['10.0.0.8']],
  ['one.portless.shop.svc.cluster.local', 'A', ['10.0.0.9']],
  ['nobody.shop.svc.cluster.local', 'A', 'empty'],
  ['_http._tcp.web.shop.svc.cluster.local', 'SRV', [{ priority: 0, weight: 100, port: 80, target: 'web.shop.svc.cluster.local' }]],
  ['_http._udp.web.shop.svc.cluster.local', 'SRV', 'unknown'],
  [
    '_sql._tcp.db.shop.svc.cluster.local',
    'SRV',
    [
      { priority: 0, weight: 100, port: 5433, target: 'db-0.db.shop.svc.cluster.local' },
      { priority: 0, weight: 100, port: 5433, target: '10-0-0-8.db.shop.svc.cluster.local' },
    ],
  ],
  ['5.0.96.10.in-addr.arpa', 'PTR', ['web.shop.svc.cluster.local']],
  ['7.0.0.10.in-addr.arpa', 'PTR', ['db-0.db.shop.svc.cluster.local']],
  ['9.0.96.10.in-addr.arpa', 'PTR', 'unknown'],
  ['10-0-0-7.shop.pod.cluster.local', 'A', ['10.0.0.7']],
  ['10-0-0-777.shop.pod.cluster.local', 'A', 'unknown'],
  ['alias.bank.svc.cluster.local', 'A', ['web.shop.svc.cluster.local', '10.96.0.5']],
  ['outside.bank.svc.cluster.local', 'CNAME', ['example.org']],
  ['outside.bank.svc.cluster.local', 'A', 'unknown'],
  ['shop.svc.cluster.local', 'A', 'empty'],
  ['secret.svc.cluster.local', 'A', 'unknown'],
  ['prober.secret.svc.cluster.local', 'A', 'unknown'],
  ['web.bank.svc.cluster.local', 'A', 'unknown'],
  ['example.org', 'A', 'unknown'],
  ['web', 'A', 'unknown'],
])('%s, %s', (name, type, expected) => {
  const answer = zone.answer(name, type, () => 0);
  expect(answer.kind === 'found' ? answer.answers.map((record) => 'data' in record && record.data) : answer.kind).toEqual(expected);
});

test('an alias that leads out is told, and that its target does not exist', () => {
  expect(zone.answer('outside.bank.svc.cluster.local', 'A')).toMatchObject({
    kind: 'unknown',
    answers: [{ type: 'CNAME', data: 'example.org' }],
  });
});

describe('the responder', () => {
  let responder: DnsResponder;
  let resolver: Resolver;
  beforeAll(async () => {
    responder = await DnsResponder.listen('127.0.0.1');
    responder.setServices(services);
    resolver = new Resolver({ timeout: 2_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${responder.port}`]);
  });
  afterAll(() => responder[Symbol.asyncDispose]());

  test('answers a resolver in every kind of question', async () => {
    expect(await resolver.resolve4('web.shop.svc.cluster.local')).toEqual(['10.96.0.5']);
    expect((await resolver.resolve4('db.shop.svc.cluster.local')).sort()).toEqual(['10.0.0.7', '10.0.0.8']);
    expect(await resolver.resolveSrv('_http._tcp.web.shop.svc.cluster.local')).toMatchObject([
      { port: 80, name: 'web.shop.svc.cluster.local' },
    ]);
    expect(await resolver.reverse('10.96.0.5')).toEqual(['web.shop.svc.cluster.local']);
    expect(await resolver.resolveCname('outside.bank.svc.cluster.local')).toEqual(['example.org']);
    await expect(resolver.resolve6('web.shop.svc.cluster.local')).rejects.toMatchObject({ code: 'ENODATA' });
    for (const name of ['nothing.shop.svc.cluster.local', 'example.org', 'prober.secret.svc.cluster.local'])
      await expect(resolver.resolve4(name)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('follows the Services at once', async () => {
    responder.setServices([{ namespace: 'shop', name: 'web', clusterIp: '10.96.0.6', ports: [] }]);
    expect(await resolver.resolve4('web.shop.svc.cluster.local')).toEqual(['10.96.0.6']);
    await expect(resolver.resolve4('db.shop.svc.cluster.local')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    responder.setServices(services);
  });

  test('sends by TCP what a datagram does not hold', async () => {
    const addresses = Array.from({ length: 100 }, (_, index) => ({ ip: `10.0.1.${index + 1}` }));
    responder.setServices([{ namespace: 'shop', name: 'many', clusterIp: 'None', ports: [], addresses }]);
    const question = { type: 'query' as const, id: 7, questions: [{ type: 'A' as const, name: 'many.shop.svc.cluster.local' }] };
    const datagrams = createSocket('udp4');
    datagrams.send(encode(question), responder.port, '127.0.0.1');
    const [short] = (await once(datagrams, 'message')) as [Buffer];
    datagrams.close();
    expect(short.length).toBeLessThanOrEqual(512);
    expect(decode(short)).toMatchObject({ id: 7, flag_tc: true, answers: [] });
    const socket = connect(responder.port, '127.0.0.1');
    // In two pieces, as a wire may cut it.
    const bytes = streamEncode(question);
    socket.write(bytes.subarray(0, 1));
    socket.write(bytes.subarray(1));
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      if (all.length >= 2 + all.readUInt16BE(0)) break;
    }
    expect(streamDecode(Buffer.concat(chunks)).answers).toHaveLength(100);
    responder.setServices(services);
  });

  test('is silent to noise, and goes on', async () => {
    const datagrams = createSocket('udp4');
    for (const noise of [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(600, 255), encode({ type: 'response', id: 1, questions: [] })])
      datagrams.send(noise, responder.port, '127.0.0.1');
    const socket = connect(responder.port, '127.0.0.1').on('error', () => undefined);
    socket.write(Buffer.alloc(70_000, 255));
    await new Promise((resolve) => socket.once('close', resolve));
    datagrams.close();
    expect(await resolver.resolve4('web.shop.svc.cluster.local')).toEqual(['10.96.0.5']);
  });

  test('refuses what is no plain question', async () => {
    const datagrams = createSocket('udp4');
    const both = ['a.cluster.local', 'b.cluster.local'].map((name) => ({ type: 'A' as const, name }));
    datagrams.send(encode({ type: 'query', id: 9, questions: both }), responder.port, '127.0.0.1');
    const [answer] = (await once(datagrams, 'message')) as [Buffer];
    datagrams.close();
    expect(decode(answer)).toMatchObject({ id: 9, rcode: 'FORMERR' });
  });
});
