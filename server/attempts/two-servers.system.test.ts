import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import pg from 'pg';
import { z } from 'zod';
import { startPostgres, type PostgresCluster } from '../../test/support/postgres.ts';
import { startRedis } from '../../test/support/redis.ts';
import { attemptSchema, type AttemptView } from '../contract/attempts.ts';
import { createLogger } from '../log.ts';
import { lockDatabase } from '../store/data-lock.ts';
import { openStore } from '../store/store.ts';
import { eventually } from '../testing/eventually.ts';
import { TwoServers } from '../testing/two-servers.ts';

let postgres: PostgresCluster;
let two: TwoServers;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());
type Both = Awaited<ReturnType<TwoServers['signIn']>>;

const begin = ({ a }: Both): Promise<AttemptView> => a.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'guided' });
const until = ({ b }: Both, id: string, state: AttemptView['state']): Promise<AttemptView> =>
  eventually(`the attempt to be ${state} at the other server`, async () => {
    const view = await b.call('GET', `/api/attempts/${id}`, attemptSchema);
    return view.state === state && view;
  });

describe('people with two servers', () => {
  beforeAll(async () => {
    two = await TwoServers.start({ databaseUrl: await postgres.createDatabase() });
  });
  afterAll(() => two[Symbol.asyncDispose]());

  it('begin at one, go on at the other, and are heard on both', async () => {
    const trainee = await two.signIn('trainee');
    const { id } = await begin(trainee);
    await until(trainee, id, 'ready');
    await trainee.b.call('POST', `/api/attempts/${id}/steps/deploy/skip`, attemptSchema);
    await eventually('the step to be solved', async () => {
      const { steps } = await trainee.b.call('GET', `/api/attempts/${id}`, attemptSchema);
      return steps[0]?.state === 'skipped';
    });
    expect((await two.a.running.services.supervisor.read(id)).steps[0]?.state).toBe('skipped');
    await trainee.b.call('POST', `/api/attempts/${id}/abandon`, attemptSchema);
    await eventually('its sandbox to be let go', () => two.a.running.services.supervisor.find(id) === undefined);
  });

  it('whose sessions are ended at one are put out at the other at once', async () => {
    const trainee = await two.signIn('trainee');
    const socket = await trainee.a.socket();
    const closed = new Promise<void>((resolve) => socket.once('disconnect', () => resolve()));
    await trainee.b.call('DELETE', '/api/session', z.unknown());
    await closed;
    await expect(trainee.a.socket()).rejects.toThrow();
  });

  it('may fail to sign in so many times in all, not so many at each', async () => {
    const [a, b] = [two.a.client(), two.b.client()];
    const fail = (client: typeof a): Promise<unknown> =>
      client.signIn('trainee@demo.drillhouse.local', 'not the password').catch((error: unknown) => error);
    for (const client of [a, b, a, b, a]) expect(await fail(client)).toMatchObject({ error: { code: 'WrongCredentials' } });
    await eventually('both to refuse', async () => {
      const codes = (await Promise.all([fail(a), fail(b)])) as { error: { code: string } }[];
      return codes.every(({ error }) => error.code === 'TooManyRequests');
    });
  });

  it('go on with the other one when theirs dies', async () => {
    const trainee = await two.signIn('trainee');
    const { id } = await begin(trainee);
    await until(trainee, id, 'ready');
    two.kill('a');
    await eventually('the other to hold it', () => two.b.running.services.supervisor.isHeld(id));
    expect((await trainee.b.call('POST', `/api/attempts/${id}/abandon`, attemptSchema)).state).toBe('abandoned');
  });
});

describe('the database of several servers', () => {
  it('is made by one of two that find it empty in the same moment', async () => {
    await using both = await TwoServers.start({ databaseUrl: await postgres.createDatabase(), atOnce: true });
    const trainee = await both.signIn('trainee');
    const { id } = await begin(trainee);
    await until(trainee, id, 'ready');
    expect([both.a.running.links.length, both.b.running.links.length].sort()).toEqual([0, 4]);
  });

  it('lets no server in that shares with nobody, and the other way round', async () => {
    const databaseUrl = await postgres.createDatabase();
    const folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-lock-'));
    const open = (several: boolean, dataDir: string): ReturnType<typeof openStore> =>
      openStore({ databaseUrl, dataDir: path.join(folder, dataDir), several, log: createLogger('silent'), onLockLost: () => undefined });
    {
      await using _first = await open(true, 'x');
      await using _second = await open(true, 'y');
      await expect(open(false, 'z')).rejects.toMatchObject({
        name: 'DataInUseError',
        message: expect.stringContaining('REDIS_URL') as string,
      });
    }
    {
      await using _alone = await open(false, 'x');
      await expect(open(true, 'y')).rejects.toMatchObject({
        name: 'DataInUseError',
        message: expect.stringContaining('without REDIS_URL') as string,
      });
    }
    await rm(folder, { recursive: true });
  });
});

describe('the lock on the database, when its connection breaks,', () => {
  const lock = (mode: 'alone' | 'several', lost: string[]): ReturnType<typeof lockDatabase> =>
    lockDatabase(databaseUrl, { mode, onLost: ({ message }) => lost.push(message) });
  let databaseUrl: string;
  let admin: pg.Client;
  beforeEach(async () => {
    databaseUrl = await postgres.createDatabase();
    admin = new pg.Client({ connectionString: databaseUrl });
    await admin.connect();
  });
  afterEach(() => admin.end());
  const here = 'database = (select oid from pg_database where datname = current_database())';
  const held = async (): Promise<number> =>
    (await admin.query(`select 1 from pg_locks where locktype = 'advisory' and granted and ${here}`)).rows.length;
  const breakAll = (): Promise<unknown> =>
    admin.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and ${here}`);

  it('is lost to a server that is alone', async () => {
    const lost: string[] = [];
    await using _lock = await lock('alone', lost);
    await breakAll();
    await eventually('it to be told', () => lost.length > 0);
  });

  it('is taken again by one of several, or lost to one that is alone by then', async () => {
    const lost: string[] = [];
    await using _lock = await lock('several', lost);
    await breakAll();
    await eventually('it to be free', async () => (await held()) === 0);
    await eventually('it to be held again', async () => (await held()) === 1);
    expect(lost).toEqual([]);
    await breakAll();
    await eventually('it to be free', async () => (await held()) === 0);
    await using _alone = await lock('alone', []);
    await eventually('it to be told', () => lost.length > 0);
    expect(lost[0]).toContain('without REDIS_URL');
  });
});

describe('over a real Redis', () => {
  it('one goes on at once where the other stops in order, and says when Redis is away', async () => {
    await using redis = await startRedis();
    await using real = await TwoServers.start({ databaseUrl: await postgres.createDatabase(), redisUrl: redis.url });
    const trainee = await real.signIn('trainee');
    const { id } = await begin(trainee);
    await until(trainee, id, 'ready');
    expect(real.a.running.services.supervisor.isHeld(id)).toBe(true);
    await real.a.stop();
    await eventually('the other to hold it', () => real.b.running.services.supervisor.isHeld(id), 2_000);
    await redis.stop();
    const standing = async (): Promise<unknown> => (await fetch(`${real.b.url}/readyz`)).json();
    const degraded = 'Redis, by which the servers find each other, does not answer.';
    await eventually('it to say so', async () => isDeepStrictEqual(await standing(), { ok: true, degraded }));
    expect((await fetch(`${real.b.url}/livez`)).status).toBe(200);
    expect((await trainee.b.call('GET', `/api/attempts/${id}`, attemptSchema)).state).toBe('ready');
    await redis.start();
    await eventually(
      'it to be whole and to hold the attempt again',
      async () => isDeepStrictEqual(await standing(), { ok: true }) && real.b.running.services.supervisor.isHeld(id),
    );
  });
});
