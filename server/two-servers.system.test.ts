import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startPostgres, type PostgresCluster } from '../test/support/postgres.ts';
import { FolderVersions } from '../labs/lab-versions.ts';
import { storedLabVersions } from './attempts/stored-lab-versions.ts';
import { attemptSchema } from './contract/attempts.ts';
import { statusUpdateSchema } from './contract/incidents.ts';
import { interviewsSchema } from './contract/interviews.ts';
import { measurementRunSchema, measurementsSchema, type MeasurementRun } from './contract/measurements.ts';
import { createLogger } from './log.ts';
import { openDatabase } from './store/store.ts';
import { ask, type Client } from './testing/client.ts';
import { eventually } from './testing/eventually.ts';
import { firstNotice } from './testing/first-notice.ts';
import { enter, makeInterview } from './testing/interviews.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { TwoServers } from './testing/two-servers.ts';

let postgres: PostgresCluster;
let databaseUrl: string;
let two: TwoServers;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());
beforeEach(async () => {
  databaseUrl = await postgres.createDatabase();
  two = await TwoServers.start({ databaseUrl });
});
afterEach(() => two[Symbol.asyncDispose]());

it('a measurement is one at a time over both servers, seen at either, and ended by the other when its server dies', async () => {
  const trainee = await two.signIn('trainee');
  const { id } = await trainee.a.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'incident' });
  await eventually('the incident', async () => (await trainee.a.call('GET', `/api/attempts/${id}`, attemptSchema)).state === 'incident');
  const at = `/api/attempts/${id}/measurements`;
  const runs = async (client: Client): Promise<readonly MeasurementRun[]> => (await client.call('GET', at, measurementsSchema)).runs;
  let go: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  two.a.controls.before = async (method) => (method === 'measure' ? held : undefined);
  await trainee.a.call('POST', at, measurementRunSchema, { label: 'at a' });
  expect((await trainee.b.refused('POST', at, { label: 'at b' })).error).toMatchObject({ code: 'Conflict' });
  expect(await runs(trainee.b)).toMatchObject([{ label: 'at a', state: 'running' }]);
  two.kill('a');
  await eventually('its end', async () => (await runs(trainee.b))[0]?.state !== 'running');
  expect((await runs(trainee.b))[0]?.reason).toContain('stopped while it measured');
  await trainee.b.call('POST', at, measurementRunSchema, { label: 'at b' });
  await eventually('the next one', async () => (await runs(trainee.b))[1]?.state === 'done');
  // What the dead one still says of its run comes too late.
  go();
  expect((await runs(trainee.b))[0]?.reason).toContain('stopped while it measured');
});

it('a status update that is written at one server is told once to the pages of each', async () => {
  const trainee = await two.signIn('trainee');
  const { id } = await trainee.a.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'incident' });
  await eventually('the incident', async () => (await trainee.a.call('GET', `/api/attempts/${id}`, attemptSchema)).state === 'incident');
  const told: string[] = [];
  const sockets = await Promise.all([trainee.a.socket(), trainee.b.socket()]);
  for (const [index, socket] of sockets.entries()) {
    socket.on('attempt:status', () => told.push(['a', 'b'][index] ?? ''));
    await ask(socket, 'attempt:watch', { attemptId: id });
  }
  await trainee.a.call('POST', `/api/attempts/${id}/status`, statusUpdateSchema, firstNotice);
  await eventually('both', () => told.length >= 2);
  // Whatever is told after this was told after the updates.
  await Promise.all(sockets.map((socket) => ask(socket, 'attempt:unwatch', { attemptId: id })));
  expect(told.sort()).toEqual(['a', 'b']);
  for (const socket of sockets) socket.close();
});

it('an interview whose link is opened at both servers at once has one attempt and one candidate who is let in', async () => {
  const instructor = await two.signIn('instructor');
  const made = await makeInterview(instructor.b);
  const candidates = [two.a.client(), two.b.client()];
  const attempts = await Promise.all(candidates.map((candidate) => enter(candidate, made)));
  expect(attempts[0]).toBe(attempts[1]);
  const sessions = await Promise.all(candidates.map(async (candidate) => (await candidate.session()).me !== null));
  expect(sessions.filter(Boolean)).toHaveLength(1);
  const { interviews } = await instructor.a.call('GET', '/api/interviews', interviewsSchema);
  expect(interviews).toHaveLength(1);
});

it('versions of labs that one server began are there for the other, until nobody needs them and they are old', async () => {
  const clock = new ManualClock();
  const log = createLogger('silent');
  const databases = [1, 2].map(() => openDatabase({ databaseUrl, dataDir: '', log }));
  const [one, other] = databases.map((db, index) =>
    storedLabVersions({ db, clock, earlier: new FolderVersions(`${two.a.dataDir}/labs-${index}`) }),
  );
  if (one === undefined || other === undefined) throw new Error('There are two.');
  await new FolderVersions(`${two.a.dataDir}/labs-0`).keep('aa', 'from one server');
  expect(await other.find('aa')).toBeUndefined();
  expect(await one.find('aa')).toBe('from one server');
  expect(await other.find('aa')).toBe('from one server');
  await Promise.all([one.keep('bb', 'new'), other.keep('bb', 'new')]);
  clock.advance(1_000);
  // Whoever begins it once more makes it young.
  await one.keep('bb', 'new');
  const age = { nowMs: clock.now(), olderThanMs: 1_000 };
  expect(await other.prune(new Set(['aa']), age)).toBe(0);
  expect(await other.prune(new Set(), age)).toBe(1);
  expect([await one.find('bb'), await other.find('bb')]).toEqual(['new', 'new']);
  await Promise.all(databases.map((db) => db.destroy()));
});
