import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type RedisServer } from '../../test/support/redis.ts';
import { AppError } from '../app-error.ts';
import { createLogger } from '../log.ts';
import { eventually } from '../testing/eventually.ts';
import { openRedisReplicas, type RedisReplicas } from './redis-replicas.ts';

const timing = { beatEveryMs: 100, livesMs: 800, answerWithinMs: 1_500 };
let redis: RedisServer;
let installations = 0;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

/** Two replicas of an installation of their own. */
async function openTwo(url = redis.url): Promise<{ a: RedisReplicas; b: RedisReplicas } & AsyncDisposable> {
  const secret = `secret-${(installations += 1)}`;
  const open = (): Promise<RedisReplicas> => openRedisReplicas({ url, secret, log: createLogger('silent'), timing });
  const [a, b] = [await open(), await open()];
  return {
    a,
    b,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()]);
    },
  };
}

function collect<T>(listen: (listener: (value: T) => void) => Disposable): T[] {
  const seen: T[] = [];
  listen((value) => seen.push(value));
  return seen;
}

describe('the bus', () => {
  it('carries messages to the others in order, and none to oneself', async () => {
    await using two = await openTwo();
    const [toA, toB] = [two.a, two.b].map((replica) => collect<unknown>((take) => replica.bus.subscribe('t', take)));
    for (let i = 0; i < 50; i += 1) two.a.bus.publish('t', { i, data: new Uint8Array([i]) });
    two.a.bus.send(two.b.id, 't', 'last');
    await eventually('the last message', () => toB?.includes('last'));
    expect(toB).toHaveLength(51);
    expect(toB?.[49]).toEqual({ i: 49, data: new Uint8Array([49]) });
    expect(toA).toEqual([]);
  });

  it('answers questions, with what was thrown', async () => {
    await using two = await openTwo();
    two.b.bus.answer('double', async (message, from) => [from, (message as number) * 2]);
    two.b.bus.answer('refuse', async () => {
      throw new AppError('ReadOnly', 'You may only look.', { remedy: 'Ask.' });
    });
    expect(await two.a.bus.ask(two.b.id, 'double', 21)).toEqual([two.a.id, 42]);
    expect(await two.b.bus.ask(two.b.id, 'double', 1)).toEqual([two.b.id, 2]);
    await expect(two.a.bus.ask(two.b.id, 'refuse', null)).rejects.toMatchObject({ code: 'ReadOnly', remedy: 'Ask.' });
    await expect(two.a.bus.ask(two.b.id, 'nobody answers this', null)).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(two.a.bus.ask('rp-unknown', 'double', 1)).rejects.toMatchObject({ code: 'Unavailable' });
  });

  it('does not hear another installation in the same Redis', async () => {
    await using one = await openTwo();
    await using other = await openTwo();
    const heard = collect<unknown>((take) => other.a.bus.subscribe('t', take));
    const control = collect<unknown>((take) => one.b.bus.subscribe('t', take));
    one.a.bus.publish('t', 1);
    await eventually('the message', () => control.length > 0);
    expect(heard).toEqual([]);
    expect(await other.a.leases.take('x')).toBe(true);
    expect(await one.a.leases.take('x')).toBe(true);
  });
});

describe('a lease', () => {
  it('is one replica’s at a time, until it is released', async () => {
    await using two = await openTwo();
    const both = await Promise.all([two.a.leases.take('y'), two.b.leases.take('y')]);
    expect(both.filter((taken) => taken)).toHaveLength(1);
    expect([await two.a.leases.take('x'), await two.b.leases.take('x')]).toEqual([true, false]);
    expect([two.a.leases.isHeld('x'), two.b.leases.isHeld('x')]).toEqual([true, false]);
    expect(await two.b.leases.holderOf('x')).toBe(two.a.id);
    const free = collect<string | undefined>((listener) => two.b.leases.onFree(listener));
    await two.a.leases.release('x');
    await eventually('the word that it is free', () => free.includes('x'));
    expect(await two.b.leases.take('x')).toBe(true);
  });

  it('is free at once when its holder leaves', async () => {
    await using two = await openTwo();
    const gone = collect<string>((listener) => two.b.bus.onGone(listener));
    const free = collect<string | undefined>((listener) => two.b.leases.onFree(listener));
    await two.a.leases.take('x');
    await two.a[Symbol.asyncDispose]();
    await eventually('the word that it went', () => gone.includes(two.a.id) && free.includes(undefined));
    expect(await two.b.leases.take('x')).toBe(true);
  });

  it('is kept by heartbeats for longer than one of them lasts', async () => {
    await using two = await openTwo();
    await two.a.leases.take('x');
    const begun = Date.now();
    await eventually('time to pass', () => Date.now() - begun > timing.livesMs * 2);
    expect(two.a.leases.isHeld('x')).toBe(true);
    expect(await two.b.leases.take('x')).toBe(false);
  });
});

describe('when Redis goes', () => {
  it('lets go before another can take, and goes on when it is back, empty', async () => {
    await using own = await startRedis();
    await using two = await openTwo(own.url);
    const lost = collect<readonly string[]>((listener) => two.a.leases.onLost(listener));
    const rejoined = collect<undefined>((listener) => two.b.bus.onRejoined(() => listener(undefined)));
    const gone = collect<string>((listener) => two.b.bus.onGone(listener));
    await two.a.leases.take('x');
    await own.stop();
    two.a.bus.publish('t', 'is dropped');
    await expect(two.a.bus.ask(two.b.id, 't', 1)).rejects.toMatchObject({ code: 'Unavailable' });
    await eventually('a to let go', () => lost.flat().includes('x'));
    expect(two.a.leases.isHeld('x')).toBe(false);
    expect(await two.b.leases.take('x')).toBe(false);
    expect(two.a.trouble).toContain('Redis');
    await own.start();
    await eventually('both to be back', () => two.a.trouble === undefined && two.b.trouble === undefined && rejoined.length > 0);
    expect(await eventually('b to take it', () => two.b.leases.take('x'))).toBe(true);
    expect(await two.a.leases.take('x')).toBe(false);
    expect(gone).toEqual([]);
  });

  it('keeps its leases through a short absence that made Redis forget them', async () => {
    await using own = await startRedis();
    await using two = await openTwo(own.url);
    const lost = collect<readonly string[]>((listener) => two.a.leases.onLost(listener));
    await two.a.leases.take('x');
    await own.stop();
    await own.start();
    await eventually('both to be back', async () => (await two.b.leases.holderOf('x').catch(() => undefined)) === two.a.id);
    expect(await two.b.leases.take('x')).toBe(false);
    expect([two.a.leases.isHeld('x'), lost]).toEqual([true, []]);
  });

  it('notices silence on connections that do not break', async () => {
    await using own = await startRedis();
    await using two = await openTwo(own.url);
    const lost = collect<readonly string[]>((listener) => two.a.leases.onLost(listener));
    await two.a.leases.take('x');
    own.freeze();
    await eventually('a to let go', () => lost.flat().includes('x'));
    await eventually('both to say so', () => two.a.trouble !== undefined && two.b.trouble !== undefined);
    own.thaw();
    await eventually('both to be back', () => two.a.trouble === undefined && two.b.trouble === undefined);
    const heard = collect<unknown>((take) => two.b.bus.subscribe('t', take));
    await eventually('a message to arrive', () => {
      two.a.bus.publish('t', 'again');
      return heard.length > 0;
    });
    expect(await eventually('it to be had again', () => two.b.leases.take('x'))).toBe(true);
    expect(two.a.leases.isHeld('x')).toBe(false);
  });

  it('is told at the start, with what to look at', async () => {
    const own = await startRedis();
    await own[Symbol.asyncDispose]();
    const opening = openRedisReplicas({ url: own.url, secret: 's', log: createLogger('silent'), timing });
    await expect(opening).rejects.toMatchObject({ name: 'RedisError', message: expect.stringContaining('REDIS_URL') as string });
  });
});
