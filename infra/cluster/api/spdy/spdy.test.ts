import { adler32 } from '../../testing/adler32.ts';
import { createHash, randomBytes } from 'node:crypto';
import { createInflate, constants } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { socketPair, SpdyClient } from '../../testing/spdy-client.ts';
import { spdyDictionary } from './dictionary.ts';
import { dataFrame, FrameReader, pingFrame, resetFrame, synStreamFrame, type SpdyFrame } from './frames.ts';
import { formatHeaders, HeaderReader, HeaderWriter, parseHeaders } from './header-block.ts';
import { SpdySession } from './spdy-session.ts';
import type { SpdyStream } from './spdy-stream.ts';

const headers = new Map([
  ['streamtype', 'data'],
  ['port', '8000'],
]);

it('has the dictionary of the protocol', () => {
  expect(spdyDictionary).toHaveLength(1_423);
  expect(adler32(spdyDictionary).toString(16)).toBe('e3c6a7c2');
});

describe('frames', () => {
  const stream = Buffer.concat([
    synStreamFrame(1, Buffer.from('block'), true),
    dataFrame(1, Buffer.from('hello'), false),
    pingFrame(7),
    dataFrame(1, Buffer.alloc(0), true),
    resetFrame(3, 5),
  ]);
  const read = (pieces: readonly Buffer[]): SpdyFrame[] => {
    const reader = new FrameReader();
    return pieces.flatMap((piece) => [...reader.read(piece)]);
  };
  const summary = (frames: readonly SpdyFrame[]): string =>
    frames
      .filter((frame) => frame.kind !== 'data' || frame.data.byteLength > 0 || frame.fin)
      .map((frame) => (frame.kind === 'data' ? `${frame.data.toString()}${frame.fin ? '.' : ''}` : `[${frame.kind}]`))
      .join('');

  it.each([1, 2, 3, 7, 8, 9, 1_000])('are the same however the bytes are cut, here by %i', (size) => {
    const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) => stream.subarray(index * size, (index + 1) * size));
    expect(summary(read(pieces))).toBe('[syn-stream]hello[ping].[reset]');
  });

  it('say who opens what', () => {
    expect(read([stream])[0]).toMatchObject({ kind: 'syn-stream', id: 1, fin: true, headers: Buffer.from('block') });
  });

  it.each([
    ['another version', Buffer.from('8002000100000000', 'hex')],
    ['a control frame past its limit', Buffer.from('8003000100ffffff', 'hex')],
    ['a type that there is not', Buffer.from('8003006300000000', 'hex')],
    ['a ping without its number', Buffer.from('8003000600000000', 'hex')],
    ['a stream without its head', Buffer.from('800300010000000100', 'hex')],
  ])('%s is refused', (_what, bytes) => {
    expect(() => read([bytes])).toThrow(expect.objectContaining({ name: 'SpdyError' }));
  });
});

describe('header blocks', () => {
  it('are read as one compressed stream over the connection', async () => {
    const [near, far] = await socketPair();
    const client = new SpdyClient(near);
    const reader = new HeaderReader();
    for (const value of ['1', '2', '3']) {
      const block = await client.compress(formatHeaders(new Map([...headers, ['requestID', value]])));
      expect([...(await reader.read(block))]).toEqual([...headers, ['requestid', value]]);
    }
    reader.close();
    near.destroy();
    far.destroy();
  });

  it('are written so that an ordinary decompressor has each whole when its frame is read', async () => {
    const writer = new HeaderWriter();
    const inflate = createInflate({ dictionary: spdyDictionary, flush: constants.Z_SYNC_FLUSH });
    const read: Buffer[] = [];
    inflate.on('data', (chunk: Buffer) => read.push(chunk));
    for (const block of [headers, new Map<string, string>(), headers]) {
      await new Promise((resolve) => inflate.write(writer.write(block), resolve));
      expect(parseHeaders(Buffer.concat(read.splice(0)))).toEqual(block);
    }
  });

  it.each([
    ['what is not compressed', async () => Buffer.from('hello')],
    ['what inflates past its limit', (client: SpdyClient) => client.compress(formatHeaders(new Map([['a', 'x'.repeat(1_000_000)]])))],
    ['what ends early', (client: SpdyClient) => client.compress(Buffer.from([0, 0, 0, 1, 0, 0, 0, 9, 65]))],
    ['more headers than there can be', (client: SpdyClient) => client.compress(Buffer.from([255, 255, 255, 255]))],
  ])('%s is refused, and so is everything after', async (_what, make) => {
    const [near, far] = await socketPair();
    const client = new SpdyClient(near);
    const reader = new HeaderReader();
    await expect(reader.read(await make(client))).rejects.toThrow(expect.objectContaining({ name: 'SpdyError' }));
    reader.close();
    await expect(reader.read(Buffer.from('x'))).rejects.toThrow();
    near.destroy();
    far.destroy();
  });
});

describe('a session', () => {
  let opened: SpdyStream[] = [];
  const ends: { destroy(): void }[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end.destroy();
    opened = [];
  });

  async function start(accept: (stream: SpdyStream) => boolean = () => true): Promise<{ client: SpdyClient; session: SpdySession }> {
    const [near, far] = await socketPair();
    ends.push(near, far);
    const session = new SpdySession(far, {
      onStream: (stream) => {
        opened.push(stream);
        return accept(stream);
      },
    });
    return { client: new SpdyClient(near), session };
  }
  const echo = (stream: SpdyStream): boolean => {
    stream.pipe(stream);
    return true;
  };

  it('carries bytes both ways, to the end', async () => {
    const { client } = await start(echo);
    const id = await client.open({ streamType: 'data' });
    client.send(id, 'hello ');
    client.send(id, 'there', true);
    await expect.poll(() => client.ended.has(id)).toBe(true);
    expect(client.received(id).toString()).toBe('hello there');
    expect(client.replied.has(id)).toBe(true);
    await expect.poll(() => opened[0]?.destroyed).toBe(true);
    expect(client.reset.size).toBe(0);
  });

  it('carries megabytes over many streams at once, each its own', async () => {
    const { client } = await start(echo);
    const bodies = Array.from({ length: 20 }, () => randomBytes(200_000 + Math.floor(Math.random() * 100_000)));
    const ids = await Promise.all(bodies.map(async (body) => ({ id: await client.open({}), body })));
    for (let at = 0; at < 300_000; at += 10_000)
      for (const { id, body } of ids) if (at < body.length) client.send(id, body.subarray(at, at + 10_000), at + 10_000 >= body.length);
    await expect.poll(() => ids.every(({ id }) => client.ended.has(id)), { timeout: 10_000 }).toBe(true);
    const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(ids.map(({ id }) => sum(client.received(id)))).toEqual(bodies.map(sum));
  });

  it('holds no more than its bound of what nobody reads', async () => {
    const { client } = await start();
    const id = await client.open({});
    let sent = 0;
    while (client.send(id, Buffer.alloc(64 * 1_024)) || sent < 4_000_000) {
      sent += 64 * 1_024;
      if (sent > 60_000_000) break;
    }
    await expect.poll(() => opened[0]?.readableLength ?? 0).toBeGreaterThan(200_000);
    expect(opened[0]?.readableLength).toBeLessThan(1_000_000);
    opened[0]?.resume();
    client.send(id, '', true);
    await expect.poll(() => opened[0]?.readableEnded, { timeout: 10_000 }).toBe(true);
  });

  it('answers pings, and only those of the client', async () => {
    const { client } = await start();
    client.ping(1);
    client.ping(2);
    client.ping(3);
    await expect.poll(() => client.pongs).toEqual([1, 3]);
  });

  it('resets streams that are unwanted, out of order or too many', async () => {
    const { client } = await start((stream) => stream.headers.get('wanted') === 'yes');
    const unwanted = await client.open({ wanted: 'no' });
    await expect.poll(() => client.reset.has(unwanted)).toBe(true);
    client.raw(synStreamFrame(2, await client.compress(formatHeaders(headers))));
    client.raw(synStreamFrame(1, await client.compress(formatHeaders(headers))));
    await expect.poll(() => [...client.reset]).toEqual([1, 2]);
    const ids: number[] = [];
    for (let count = 0; count < 520; count += 1) ids.push(await client.open({ wanted: 'yes' }));
    await expect.poll(() => client.reset.size).toBe(2 + 8);
    expect(client.reset.has(ids[511]!)).toBe(false);
  });

  it('ends its streams when the client goes or talks nonsense', async () => {
    for (const leave of [(client: SpdyClient) => client.close(), (client: SpdyClient) => client.raw(Buffer.alloc(100, 0xff))]) {
      opened = [];
      const { client, session } = await start();
      await client.open({});
      await expect.poll(() => opened.length).toBe(1);
      leave(client);
      await session.closed;
      expect(opened[0]?.destroyed).toBe(true);
    }
  });

  it('lets a stream be given up from either side without hurting the others', async () => {
    const { client } = await start(echo);
    const [first, second] = [await client.open({}), await client.open({})];
    await expect.poll(() => opened.length).toBe(2);
    client.cancel(first);
    await expect.poll(() => opened[0]?.destroyed).toBe(true);
    client.send(first, 'late');
    client.send(second, 'still here', true);
    await expect.poll(() => client.received(second).toString()).toBe('still here');
    expect(client.reset.size).toBe(0);
  });
});
