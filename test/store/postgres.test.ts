import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../server/log.ts';
import { openStore } from '../../server/store/store.ts';
import { describeRecordings, describeSharedRecordings } from '../../server/testing/recording-store-suite.ts';
import { describeStore } from '../../server/testing/store-suite.ts';
import { openTestStore } from '../../server/testing/test-store.ts';
import { StoredRecordings } from '../../server/terminals/stored-recordings.ts';
import { TestServer } from '../../server/testing/test-server.ts';
import { attemptSchema } from '../../server/contract/attempts.ts';
import { eventually } from '../../server/testing/eventually.ts';
import { findPostgres, startPostgres, type PostgresCluster } from '../support/postgres.ts';

/** In CI it must be there: starting it then fails with the command that installs it. */
const isThere = process.env.CI === 'true' || (await findPostgres()) !== undefined;

describe.skipIf(!isThere)("PostgreSQL from Debian's packages", () => {
  let postgres: PostgresCluster;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  describeStore('PostgreSQL', () => postgres.createDatabase());

  describeSharedRecordings('in PostgreSQL', async () => openTestStore(await postgres.createDatabase()));

  describeRecordings('in PostgreSQL', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    return { store: new StoredRecordings(store.db, store.engine), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
  });

  it('is refused to a second server, with a data folder of its own or not, and free again after the first', async () => {
    const databaseUrl = await postgres.createDatabase();
    const folders = await Promise.all([1, 2].map(() => mkdtemp(path.join(tmpdir(), 'drillhouse-pg-'))));
    const open = (dataDir: string): ReturnType<typeof openStore> =>
      openStore({ dataDir, databaseUrl, log: createLogger('silent'), onLockLost: () => undefined });
    const first = await open(folders[0]!);
    await expect(open(folders[1]!)).rejects.toMatchObject({ name: 'DataInUseError', message: expect.stringContaining('DATABASE_URL') });
    await first[Symbol.asyncDispose]();
    const second = await open(folders[1]!);
    await second[Symbol.asyncDispose]();
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
  });

  it('carries a whole attempt, over a restart', async () => {
    await using server = await TestServer.start({ environment: { DATABASE_URL: await postgres.createDatabase() } });
    const trainee = await server.signIn('trainee');
    const { id } = await trainee.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'incident' });
    const read = async (): Promise<string> =>
      (await (await server.signIn('trainee')).call('GET', `/api/attempts/${id}`, attemptSchema)).state;
    await eventually('the incident', async () => (await trainee.call('GET', `/api/attempts/${id}`, attemptSchema)).state === 'incident');
    await server.stop();
    await server.begin();
    expect(await read()).toBe('incident');
  });
});
