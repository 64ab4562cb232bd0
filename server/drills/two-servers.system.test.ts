import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres, type PostgresCluster } from '../../test/support/postgres.ts';
import { drillChangedSchema, drillViewSchema, type DrillView } from '../contract/drills.ts';
import { ask } from '../testing/client.ts';
import { DrillRoom, MINUTE_MS, type Cast, type Person } from '../testing/drill-room.ts';
import { eventually } from '../testing/eventually.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { TwoServers } from '../testing/two-servers.ts';

let postgres: PostgresCluster;
let two: TwoServers;
let clock: ManualClock;
let room: DrillRoom;
let fay: Person;
/** Fay with the same session, asking the other server. */
let fayAtA: Person;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());
beforeEach(async () => {
  clock = new ManualClock();
  two = await TwoServers.start({
    databaseUrl: await postgres.createDatabase(),
    clock,
    faults: [{ id: 'nothing-wrong', title: 'Nothing is wrong' }],
  });
  room = await DrillRoom.open(two.b, clock);
  ({ fay } = room);
  fayAtA = atA(fay);
});
afterEach(async () => {
  room.close();
  await two[Symbol.asyncDispose]();
});

function atA({ id, client }: Person): Person {
  const same = two.a.client();
  for (const [name, value] of client.cookies) same.cookies.set(name, value);
  same.csrfToken = client.csrfToken;
  return { id, client: same };
}

const words = ({ exercise }: DrillView, kind: string): readonly string[] =>
  exercise?.timeline.filter((entry) => entry.kind === kind).map((entry) => entry.words) ?? [];

const notesOf = ({ exercise }: DrillView): string[] =>
  exercise?.timeline.flatMap(({ kind, detail }) => (kind === 'noted' ? [detail] : [])) ?? [];

async function begun(): Promise<Cast> {
  const cast = await room.schedule();
  await room.move(fay, cast.id, { move: 'start' });
  return cast;
}

describe('a drill on two servers', () => {
  it('is the same on both at once, and pages of either are told', async () => {
    const { id, cara, lia, eve } = await begun();
    const told: number[] = [];
    const caras = await room.connect(atA(cara));
    caras.on('drill:changed', (message: unknown) => told.push(drillChangedSchema.parse(message).revision));
    await ask(caras, 'drill:watch', { drillId: id });
    await room.move(fay, id, { move: 'note', text: 'Made at b.' });
    expect(notesOf(await room.read(fayAtA, id))).toEqual(['Made at b.']);
    const { revision } = await room.move(fayAtA, id, { move: 'note', text: 'Made at a.' });
    expect(notesOf(await room.read(fay, id))).toEqual(['Made at b.', 'Made at a.']);
    await eventually('the word of it', () => told.includes(revision));
    const members = [
      { personId: fay.id, role: 'facilitator' },
      { personId: cara.id, role: 'commander' },
      { personId: lia.id, role: 'customer-liaison' },
      { personId: eve.id, role: 'expert' },
    ];
    const made = await fayAtA.client.call('POST', '/api/drills', drillViewSchema, { script: 'printer', mode: 'tabletop', members });
    expect((await room.read(fay, made.id)).state).toBe('scheduled');
  });

  it('is one also for a server that is cut off from the other, whose pages are told once it is back', async () => {
    const { id, cara } = await begun();
    const told: number[] = [];
    const caras = await room.connect(atA(cara));
    caras.on('drill:changed', (message: unknown) => told.push(drillChangedSchema.parse(message).revision));
    await ask(caras, 'drill:watch', { drillId: id });
    two.network.cut('a');
    await room.move(fay, id, { move: 'note', text: 'Made at b.' });
    const { revision } = await room.move(fayAtA, id, { move: 'note', text: 'Made at a.' });
    for (const who of [fay, fayAtA]) expect(notesOf(await room.read(who, id))).toEqual(['Made at b.', 'Made at a.']);
    const last = await room.move(fay, id, { move: 'note', text: 'Made at b again.' });
    expect(last.revision).toBeGreaterThan(revision);
    expect(told).not.toContain(last.revision);
    two.network.heal('a');
    await eventually('the word of it', () => told.includes(last.revision));
  });

  it('takes what is done at both in the same moment, one after the other, and fires what is due once', async () => {
    const { id } = await begun();
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => room.move(index % 2 === 0 ? fay : fayAtA, id, { move: 'note', text: `Note ${index}` })),
    );
    clock.advance(3 * MINUTE_MS);
    for (const who of [fay, fayAtA])
      await eventually('inject 3', async () => words(await room.read(who, id), 'inject-fired').some((said) => said.includes('Inject 3')));
    const [one, other] = await Promise.all([room.read(fay, id), room.read(fayAtA, id)]);
    expect(one.revision).toBe(other.revision);
    expect(notesOf(one).sort()).toEqual(Array.from({ length: 12 }, (_, index) => `Note ${index}`).sort());
    const fired = words(one, 'inject-fired');
    expect(new Set(fired).size).toBe(fired.length);
    expect(words(other, 'inject-fired')).toEqual(fired);
  });

  it('goes on without a pause when one of them dies: whose pages come to the other in time never went', async () => {
    const { id, cara, eve } = await begun();
    for (const who of [cara, eve]) await ask(await room.connect(atA(who)), 'drill:watch', { drillId: id });
    const presenceOf = async (who: Person): Promise<string | undefined> =>
      (await room.read(fay, id)).members.find(({ person }) => person.id === who.id)?.presence;
    await eventually('both', async () => (await presenceOf(cara)) === 'here' && (await presenceOf(eve)) === 'here');
    two.kill('a');
    await ask(await room.connect(cara), 'drill:watch', { drillId: id });
    clock.advance(21_000);
    await eventually('her leaving', async () => (await presenceOf(eve)) === 'away');
    expect(await presenceOf(cara)).toBe('here');
    await room.pass(id, 2, 2);
    const view = await room.read(fay, id);
    expect([view.state, words(view, 'paused'), words(view, 'resumed')]).toEqual(['running', [], []]);
  });

  it('is taken up by a server that starts while another serves, and stands still only for a time without any', async () => {
    const { id } = await begun();
    await two.a.stop();
    clock.advance(90_000);
    await two.a.begin();
    expect(words(await room.read(fay, id), 'paused')).toEqual([]);
    await two.a.stop();
    await two.b.stop();
    clock.advance(30_000);
    await two.b.begin();
    await two.a.begin();
    const after = await room.read(await room.comeBack(fay), id);
    expect(words(after, 'paused')).toHaveLength(1);
    expect(words(after, 'resumed')).toHaveLength(1);
    expect(after.state).toBe('running');
  });

  it('of live fire does in its sandbox what is asked for, once, also when the server that had it in hand dies', async () => {
    const injections: string[] = [];
    for (const server of [two.a, two.b])
      server.controls.before = async (method) => {
        if (method === 'injectFault') injections.push(method);
      };
    const { id } = await room.schedule([], { mode: 'live-fire' });
    await room.move(fay, id, { move: 'start' });
    const sandboxOf = async (who: Person): Promise<string | undefined> => (await room.read(who, id)).sandbox?.words;
    await eventually('the sandbox', async () => (await sandboxOf(fay)) === 'The sandbox is ready, and the service is well.');
    const before = injections.length;
    const holder = two.network.holderOf(`drill/${id}`);
    const survivor = holder === 'a' ? fay : fayAtA;
    two.kill(holder === 'a' ? 'a' : 'b');
    for (const minutes of [2, 1]) {
      clock.advance(minutes * MINUTE_MS);
      const due = minutes === 2 ? 2 : 3;
      await eventually(`inject ${due}`, async () =>
        (await room.read(survivor, id)).exercise?.list.some(({ number, firedAt }) => number === due && firedAt !== null),
      );
    }
    await eventually('the fault', async () => (await sandboxOf(survivor)) === 'The fault bad-image is live.');
    expect(injections.length - before).toBe(1);
    const view = await room.read(survivor, id);
    expect(words(view, 'sandbox').filter((said) => said.includes('is being injected'))).toHaveLength(1);
    expect(words(view, 'paused')).toEqual([]);
    expect(two.network.holderOf(`drill/${id}`)).toBe(holder === 'a' ? 'b' : 'a');
  });
});
