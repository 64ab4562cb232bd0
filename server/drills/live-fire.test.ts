import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Attempt } from '../attempts/attempt.ts';
import type { DrillView } from '../contract/drills.ts';
import { ask } from '../testing/client.ts';
import { DrillRoom, MINUTE_MS, type Cast, type Person } from '../testing/drill-room.ts';
import { eventually } from '../testing/eventually.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
let clock: ManualClock;
let room: DrillRoom;
let fay: Person;

beforeEach(async () => {
  clock = new ManualClock();
  server = await TestServer.start({ clock, faults: [{ id: 'nothing-wrong', title: 'Nothing is wrong' }] });
  room = await DrillRoom.open(server, clock);
  ({ fay } = room);
});
afterEach(async () => {
  room.close();
  await server[Symbol.asyncDispose]();
});

const attemptOf = async ({ sandbox }: DrillView): Promise<Attempt> => server.running.services.supervisor.read(sandbox?.attemptId ?? '');
const rolesOf = ({ members }: Attempt): Record<string, string> => Object.fromEntries(members.map(({ personId, role }) => [personId, role]));

async function until(what: string, id: string, holds: (view: DrillView) => boolean): Promise<DrillView> {
  return eventually(what, async () => {
    const view = await room.read(fay, id);
    return holds(view) && view;
  });
}

/** Live fire that has begun, its sandbox ready. */
async function begin(): Promise<Cast & { readonly attemptId: string }> {
  const cast = await room.schedule([], { mode: 'live-fire' });
  await room.move(fay, cast.id, { move: 'start' });
  const { sandbox } = await until('the sandbox', cast.id, (view) => view.sandbox?.ready === true);
  return { ...cast, attemptId: sandbox?.attemptId ?? '' };
}

it('a role that is given or taken in the middle of it is a role in its sandbox at once, terminals included', async () => {
  const { id, eve, attemptId } = await begin();
  const ivo = await room.invite('Ivo');
  const eves = await room.connect(eve);
  const ended: string[] = [];
  eves.on('terminal:ended', ({ reason }: { reason: string }) => ended.push(reason));
  const refusals: string[] = [];
  eves.on('terminal:refused', ({ error }: { error: { code: string } }) => refusals.push(error.code));
  const made = await eve.client.fetch('POST', `/api/attempts/${attemptId}/terminals`);
  const { id: terminalId } = (await made.json()) as { id: string };
  const open = { terminalId, columns: 80, rows: 24, fromSeq: 0, access: 'write' };
  await ask(eves, 'attempt:watch', { attemptId });
  await ask(eves, 'terminal:open', open);

  await room.move(fay, id, { move: 'give-role', personId: eve.id, role: 'scribe' });
  await eventually('the scribe', async () => rolesOf(await attemptOf(await room.read(fay, id)))[eve.id] === 'scribe');
  eves.emit('terminal:input', { terminalId, data: new TextEncoder().encode('ls\n') });
  await eventually('the refusal', () => refusals.includes('ReadOnly'));

  await room.move(fay, id, { move: 'give-role', personId: ivo.id, role: 'expert' });
  await eventually('the new expert', async () => (await ivo.client.fetch('POST', `/api/attempts/${attemptId}/terminals`)).status === 201);

  await room.move(fay, id, { move: 'take-part-away', personId: eve.id });
  await eventually('the end of her terminal', () => ended.length === 1);
  expect(ended).toEqual(['You have no part in this attempt any more.']);
  expect((await eve.client.refused('GET', `/api/attempts/${attemptId}`)).error.code).toBe('NotFound');
  await expect(ask(eves, 'terminal:open', { ...open, access: 'observe' })).rejects.toThrow('NotFound');
  // Her next attempt at the lab is not in the way of a part that she has no more.
  expect((await eve.client.fetch('POST', '/api/attempts', { lab: 'endpoint', mode: 'incident' })).ok).toBe(true);
});

it('whoever runs an attempt of their own may be given a role all the same', async () => {
  const { id } = await begin();
  const ivo = await room.invite('Ivo');
  await ivo.client.fetch('POST', '/api/attempts', { lab: 'endpoint', mode: 'incident' });
  await room.move(fay, id, { move: 'give-role', personId: ivo.id, role: 'expert' });
  await eventually('the new expert', async () => rolesOf(await attemptOf(await room.read(fay, id)))[ivo.id] === 'expert');
});

it('goes on after a restart where it stood: nothing is injected twice, nothing is made twice, and its service is looked at again', async () => {
  const { id, attemptId } = await begin();
  const injected: string[] = [];
  // The server goes down while the fault is on its way in.
  let giveUp: (error: Error) => void = () => undefined;
  const down = new Promise<never>((_resolve, reject) => (giveUp = reject));
  // Whether anybody waits for it when the server goes down is a matter of moments.
  down.catch(() => undefined);
  server.controls.before = async (method) => {
    if (method === 'injectFault') injected.push(method);
    if (method === 'awaitLive') await down;
  };
  await room.pass(id, 2, 2);
  await room.pass(id, 1, 3);
  await eventually('the injection', () => injected.length === 1);
  await until('word of it', id, ({ sandbox }) => sandbox?.words === 'The fault bad-image is being injected.');
  const stopped = server.stop();
  server.controls.before = async (method) => {
    if (method === 'injectFault') injected.push(method);
  };
  giveUp(new Error('the server ended'));
  await stopped;
  clock.advance(30_000);
  await server.begin();
  fay = await room.comeBack(fay);
  const after = await eventually('the fault', async () => {
    const view = await room.read(fay, id);
    return view.sandbox?.words === 'The fault bad-image is live.' && view;
  });
  expect(after.state).toBe('running');
  expect(after.sandbox?.attemptId).toBe(attemptId);
  const told = after.exercise?.timeline.filter(({ kind, words }) => kind === 'inject-fired' && words.includes('Inject 3')) ?? [];
  expect(told).toHaveLength(1);
  const orders = after.exercise?.timeline.filter(({ words }) => words.endsWith('is being injected.')) ?? [];
  expect(orders).toHaveLength(1);
  const all = server.running.services.supervisor.running;
  expect(all.map(({ actor }) => actor.attempt.id)).toEqual([attemptId]);
  expect(all[0]?.actor.attempt.injection?.fault).toBe('bad-image');
  // Inject 4 was due one minute after the fault; it comes once the minute is played, whatever time the server was away.
  clock.advance(4 * MINUTE_MS);
  await until(
    'the contingency',
    id,
    ({ exercise }) => exercise?.list.some(({ number, firedAt }) => number === 4 && firedAt !== null) === true,
  );
});

it('lets go of the sandbox of a drill that ended just before the server did', async () => {
  const { id, attemptId } = await begin();
  server.controls.before = async (method) => {
    if (method === 'resetTo') throw new Error('not now');
  };
  await room.move(fay, id, { move: 'end' });
  await server.stop();
  server.controls.before = async () => undefined;
  await server.begin();
  await eventually('the verdict', async () => (await server.running.services.supervisor.read(attemptId)).score !== null);
});
