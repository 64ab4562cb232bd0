import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  drillChangedSchema,
  drillReviewSchema,
  drillScriptsSchema,
  drillSummarySchema,
  drillViewSchema,
  scriptViewSchema,
  type DrillMove,
} from '../contract/drills.ts';
import { ask } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { MINUTE_MS, DrillRoom, type Person } from '../testing/drill-room.ts';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
let clock: ManualClock;
let room: DrillRoom;
let fay: Person;

beforeEach(async () => {
  clock = new ManualClock();
  server = await TestServer.start({ clock });
  room = await DrillRoom.open(server, clock);
  ({ fay } = room);
});
afterEach(async () => {
  room.close();
  await server[Symbol.asyncDispose]();
});

const invite: DrillRoom['invite'] = (...given) => room.invite(...given);
const schedule: DrillRoom['schedule'] = (...given) => room.schedule(...given);
const move: DrillRoom['move'] = (...given) => room.move(...given);
const refused: DrillRoom['refused'] = (...given) => room.refused(...given);
const read: DrillRoom['read'] = (...given) => room.read(...given);
const connect: DrillRoom['connect'] = (...given) => room.connect(...given);
const pass: DrillRoom['pass'] = (...given) => room.pass(...given);

describe('scripts', () => {
  it('are for instructors, with what is wrong with those that do not load', async () => {
    const { scripts, problems } = await fay.client.call('GET', '/api/drill-scripts', drillScriptsSchema);
    expect(scripts).toMatchObject([{ slug: 'printer', lab: 'endpoint', injects: 6 }]);
    expect(problems).toMatchObject([{ file: 'broken.yaml', line: 3, remedy: 'Name one of: endpoint.' }]);
    const whole = await fay.client.call('GET', '/api/drill-scripts/printer', scriptViewSchema);
    expect(whole.list[1]).toMatchObject({ number: 2, notes: 'SECRET-NOTES', dueMs: 2 * MINUTE_MS });
    const trainee = await server.signIn('trainee');
    for (const path of ['/api/drill-scripts', '/api/drill-scripts/printer'])
      expect((await trainee.refused('GET', path)).error.code).toBe('Forbidden');
    expect((await fay.client.refused('GET', '/api/drill-scripts/none')).error.code).toBe('NotFound');
  });
});

describe('scheduling', () => {
  it('refuses roles that do not fit, each with a word', async () => {
    const cara = await invite('Cara');
    const members = [
      { personId: cara.id, role: 'commander' },
      { personId: cara.id, role: 'expert' },
      { personId: fay.id, role: 'commander' },
    ];
    const { error } = await fay.client.refused('POST', '/api/drills', { script: 'printer', mode: 'tabletop', members });
    expect(error.code).toBe('InvalidRequest');
    const told = (error.issues ?? []).map(({ message }) => message);
    expect(told).toContain('Cara is incident commander and expert. Give each person one role.');
    expect(told).toContain('Nobody is customer liaison, whom this script needs.');
    expect(told).toContain('Nobody is facilitator. Somebody has to run it.');
    expect(told.some((text) => text.includes('are both incident commander'))).toBe(true);
  });

  it('is for instructors, and shows a drill to those who have a part in it', async () => {
    const { id, cara } = await schedule();
    const stranger = await invite('Stan');
    const list = z.object({ drills: z.array(drillSummarySchema) });
    expect((await cara.client.call('GET', '/api/drills', list)).drills).toMatchObject([{ id, role: 'commander', state: 'scheduled' }]);
    expect((await stranger.client.call('GET', '/api/drills', list)).drills).toEqual([]);
    expect((await fay.client.call('GET', '/api/drills', list)).drills).toHaveLength(1);
    const ways: readonly (readonly [string, string, unknown?])[] = [
      ['GET', `/api/drills/${id}`],
      ['GET', `/api/drills/${id}/review`],
      ['POST', `/api/drills/${id}/moves`, { move: 'start' }],
    ];
    for (const [method, path, body] of ways) expect((await stranger.client.refused(method, path, body)).error.code).toBe('NotFound');
    await expect(ask(await connect(stranger), 'drill:watch', { drillId: id })).rejects.toThrow('NotFound');
    expect((await cara.client.refused('POST', '/api/drills', {})).error.code).toBe('Forbidden');
  });
});

describe('what a role sees', () => {
  it('is its own inbox, and nothing that is for those who run it', async () => {
    const { id, cara, lia, eve } = await schedule();
    await move(fay, id, { move: 'start' });
    await pass(id, 3.1, 3);
    const inboxOf = async (who: Person): Promise<number[]> => (await read(who, id)).inbox.map(({ number }) => number);
    expect(await inboxOf(cara)).toEqual([1, 2]);
    expect(await inboxOf(lia)).toEqual([1]);
    expect(await inboxOf(eve)).toEqual([1, 2]);
    await move(fay, id, { move: 'note', text: 'SECRET-NOTE' });
    await move(fay, id, { move: 'say', to: 'exercise', text: 'SECRET-BACKSTAGE' });
    for (const who of [cara, lia, eve]) {
      const view = await read(who, id);
      expect(JSON.stringify(view)).not.toMatch(/SECRET|It burns/);
      expect(view.exercise).toBeNull();
      expect((await who.client.refused('GET', `/api/drills/${id}/review`)).error.code).toBe('Conflict');
    }
    expect(JSON.stringify(await read(fay, id))).toMatch(/SECRET-GUIDE.*SECRET-NOTES/s);
  });

  it('leaves out for observers what is to come and what evaluators think', async () => {
    const [olga, mia] = [await invite('Olga'), await invite('Mia', 'manager')];
    const { id, cara, eve } = await schedule([{ personId: olga.id, role: 'observer' }]);
    await move(fay, id, { move: 'start' });
    await pass(id, 2, 2);
    await move(cara, id, { move: 'say', to: eve.id, text: 'SECRET-WHISPER' });
    await move(fay, id, { move: 'rate-objective', objective: 'notice', rating: 'unable', comment: 'SECRET-RATING' });
    for (const who of [olga, mia]) {
      const view = await read(who, id);
      expect(view.exercise?.list.map(({ number }) => number)).toEqual([1, 2]);
      expect(JSON.stringify({ ...view, exercise: { ...view.exercise, objectives: [] } })).not.toMatch(/SECRET/);
      expect(view.me.rights).toEqual([]);
      expect(await refused(who, id, { move: 'say', to: 'everyone', text: 'Hello' })).toContain('Forbidden');
    }
    expect((await read(cara, id)).messages.map(({ text }) => text)).toEqual(['SECRET-WHISPER']);
    expect((await read(fay, id)).messages).toHaveLength(1);
    expect((await read(eve, id)).messages).toHaveLength(1);
  });

  it('decides what it may do', async () => {
    const vera = await invite('Vera', 'instructor');
    const { id, cara, lia, eve } = await schedule([{ personId: vera.id, role: 'evaluator' }]);
    await move(fay, id, { move: 'start' });
    const status: DrillMove = {
      move: 'status',
      update: {
        kind: 'first-notice',
        audience: 'users',
        text: 'We know.',
        impact: 'No printing for anybody.',
        scope: '',
        nextInMinutes: null,
        corrects: null,
      },
    };
    expect(await refused(eve, id, status)).toContain('Forbidden: This is not for the role expert in this drill.');
    expect((await move(lia, id, status)).status).toMatchObject([{ seq: 1, by: { name: 'Lia' }, text: 'We know.' }]);
    for (const made of [
      { move: 'fire', inject: 5 },
      { move: 'end' },
      { move: 'confirm', entry: 1 },
      { move: 'give-role', personId: eve.id, role: 'facilitator' },
    ])
      expect(await refused(cara, id, made)).toContain('Forbidden');
    expect(await refused(vera, id, { move: 'fire', inject: 5 })).toContain('Forbidden');
    await move(vera, id, { move: 'rate-objective', objective: 'notice', rating: 'performed', comment: '' });
    expect(await refused(fay, id, { move: 'give-role', personId: eve.id, role: 'evaluator' })).toContain(
      'is a trainee and cannot be evaluator',
    );
    expect(await refused(fay, id, { move: 'dance' })).toContain('InvalidRequest');
  });

  it('is told to sockets only as that something changed', async () => {
    const { id, eve } = await schedule();
    const socket = await connect(eve);
    const heard: unknown[] = [];
    socket.on('drill:changed', (payload: unknown) => heard.push(drillChangedSchema.parse(payload)));
    await ask(socket, 'drill:watch', { drillId: id });
    await eventually('presence', async () =>
      (await read(fay, id)).members.some(({ person, presence }) => person.id === eve.id && presence === 'here'),
    );
    await move(fay, id, { move: 'start' });
    await eventually('the change', () => heard.length >= 2);
    await ask(socket, 'drill:unwatch', { drillId: id });
    clock.advance(21_000);
    await eventually('absence', async () =>
      (await read(fay, id)).members.some(({ person, presence }) => person.id === eve.id && presence === 'away'),
    );
  });
});

describe('two who run it at once', () => {
  it('fire an inject once, and the second is told who was first', async () => {
    const ivo = await invite('Ivo', 'instructor');
    const { id } = await schedule([{ personId: ivo.id, role: 'controller' }]);
    await move(fay, id, { move: 'start' });
    const outcomes = await Promise.allSettled([fay, ivo].map((who) => move(who, id, { move: 'fire', inject: 5 })));
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(/409 Conflict: Inject 5 was fired by \w+.* at 0:00 of scenario time\./);
    expect(
      (await read(fay, id)).exercise?.timeline.filter(({ kind, words }) => kind === 'inject-fired' && words.includes('Inject 5')),
    ).toHaveLength(1);
  });

  it('an instructor without a part may step in, and one who plays may not', async () => {
    const [pat, sam] = [await invite('Pat', 'instructor'), await invite('Sam', 'instructor')];
    const { id } = await schedule([{ personId: pat.id, role: 'scribe' }]);
    expect(await refused(pat, id, { move: 'start' })).toContain('Forbidden');
    expect((await read(pat, id)).exercise).toBeNull();
    expect((await move(sam, id, { move: 'start' })).state).toBe('running');
  });
});

describe('a restart in the middle of a drill', () => {
  it('loses nothing, and the clock stood meanwhile', async () => {
    const { id, eve } = await schedule();
    await move(fay, id, { move: 'start' });
    await pass(id, 2, 2);
    await move(eve, id, { move: 'suppose', text: 'The toner.' });
    const before = await read(fay, id);
    await server.stop();
    clock.advance(30_000);
    await server.begin();
    const again = server.client();
    for (const [name, value] of fay.client.cookies) again.cookies.set(name, value);
    await again.session();
    const after = await again.call('GET', `/api/drills/${id}`, drillViewSchema);
    expect(after.exercise?.timeline.slice(0, before.exercise?.timeline.length)).toEqual(before.exercise?.timeline);
    expect(after.state).toBe('running');
    expect(after.clock.scenarioMs).toBeLessThanOrEqual(before.clock.scenarioMs + 5_000);
    expect(after.exercise?.timeline.at(-1)?.words).toBe('The clock went on.');
    clock.advance(MINUTE_MS);
    const look = () => again.call('GET', `/api/drills/${id}`, drillViewSchema);
    await eventually('the next inject', async () =>
      (await look()).exercise?.list.some(({ number, firedAt }) => number === 3 && firedAt !== null),
    );
  });
});

describe('the review', () => {
  it('has times, status rules, answers, objectives and a postmortem from the record', async () => {
    const { id, cara, lia, eve } = await schedule();
    await move(fay, id, { move: 'start' });
    await pass(id, 2, 2);
    clock.advance(MINUTE_MS);
    await move(eve, id, { move: 'acknowledge', inject: 2 });
    clock.advance(MINUTE_MS);
    const supposed = await move(eve, id, { move: 'suppose', text: 'The toner burns | badly.' });
    const entry = supposed.log.find(({ kind }) => kind === 'supposed')?.seq ?? 0;
    await move(fay, id, { move: 'confirm', entry });
    await move(lia, id, {
      move: 'status',
      update: {
        kind: 'first-notice',
        audience: 'users',
        text: 'We know.',
        impact: 'Nobody can print at all.',
        scope: 'Everybody in the house.',
        nextInMinutes: 6,
        corrects: null,
      },
    });
    clock.advance(4 * MINUTE_MS);
    await move(fay, id, { move: 'service', state: 'up', seen: 'People print.' });
    clock.advance(MINUTE_MS);
    await move(cara, id, { move: 'declare', what: 'verified', text: 'Three pages came.' });
    await move(fay, id, { move: 'end' });
    await move(fay, id, { move: 'rate-objective', objective: 'notice', rating: 'some-challenges', comment: 'Late.' });
    await move(fay, id, { move: 'rate-communication', scores: { clarity: 3, audience: 2, rationale: 1, blamelessness: 3 }, comment: '' });
    await move(cara, id, { move: 'hot-wash', about: 'action', text: 'Buy a detector.', owner: 'Facilities' });
    const review = await cara.client.call('GET', `/api/drills/${id}/review`, drillReviewSchema);
    expect(review.times.map(({ id: which, ms }) => `${which} ${(ms ?? -1) / MINUTE_MS}`)).toEqual([
      'detect 1',
      'diagnose 2',
      'mitigate 6',
      'verify 7',
    ]);
    expect(review.status.filter(({ met }) => !met)).toEqual([]);
    expect(review.answers).toMatchObject({ expected: 1, came: 1, inTime: 1 });
    expect(review.objectives).toMatchObject([
      { id: 'notice', rating: 'some-challenges', comments: ['Late.'] },
      { id: 'tell', rating: null },
    ]);
    expect(review.communication).toContainEqual({ item: 'rationale', mean: 1, ratedBy: 1 });
    expect(review.postmortem).toContain('| 09:04:00 | Hypothesis: The toner burns \\| badly. |');
    expect(review.postmortem).toContain('Buy a detector. (owner: Facilities)');
    expect(review.postmortem).not.toMatch(/\b(Cara|Lia|Eve)\b/);
    const facts = await server.running.services.drills.listEnded(cara.id);
    expect(facts).toEqual([]);
  });
});
