import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '../clock.ts';
import { calendarLinkSchema, newCalendarLinkSchema } from '../contract/calendar.ts';
import { cohortCurriculumSchema, personCurriculumSchema } from '../contract/curriculum.ts';
import { drillViewSchema } from '../contract/drills.ts';
import { mentoringSchema, mentorNotesSchema, mentorPairSchema, mentorPairsSchema } from '../contract/mentoring.ts';
import { auditPageSchema, cohortsSchema } from '../contract/people.ts';
import { figuresSchema, programmeSchema } from '../contract/program.ts';
import { placedPeopleSchema, placementSchema, readinessSchema, type Readiness } from '../contract/readiness.ts';
import { remindersSchema } from '../contract/reminders.ts';
import type { Client } from '../testing/client.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { readCalendar } from '../testing/read-calendar.ts';
import { TestServer } from '../testing/test-server.ts';
import { questionnaire } from './readiness-questions.ts';

const clock = new ManualClock();
let server: TestServer;
let trainee: Client;
let instructor: Client;
let manager: Client;
let mentor: Client;
let stranger: Client;
let cohortId: string;
const ids = { trainee: '', instructor: '', manager: '', mentor: '' };
const idOf = async (client: Client): Promise<string> => (await client.session()).me!.id;

beforeAll(async () => {
  server = await TestServer.start({ clock });
  trainee = await server.signIn('trainee');
  instructor = await server.signIn('instructor');
  manager = await server.signIn('manager');
  mentor = await server.trainee('Mona');
  stranger = await server.trainee('Sam');
  for (const [name, client] of Object.entries({ trainee, instructor, manager, mentor })) ids[name as keyof typeof ids] = await idOf(client);
  cohortId = (await manager.call('GET', '/api/cohorts', cohortsSchema)).cohorts[0]!.id;
  const startsAt = new Date(clock.now() - 13 * DAY_MS).toISOString();
  const curriculum = [{ lab: 'endpoint', dueDay: 12, tracks: ['administrator', 'platform-engineer'] }];
  const plan = { startsAt, track: 'technical-lead', team: 'ops', curriculum, baselines: {}, targets: {} };
  await manager.call('PUT', `/api/programmes/${cohortId}`, programmeSchema, plan);
});
afterAll(() => server[Symbol.asyncDispose]());

/** The same browser at the server's new address. */
function again(client: Client): Client {
  const next = server.client();
  for (const [name, value] of client.cookies) next.cookies.set(name, value);
  next.csrfToken = client.csrfToken;
  return next;
}

/** Answers everything as somebody who knows it and likes to run things. */
const best = questionnaire.questions.map(({ id, kind, options }) => {
  const liked = options.filter(({ leans }) => leans === 'administrator');
  const worth = options.filter(({ points = 0 }) => points > 0).toSorted((a, b) => (b.points ?? 0) - (a.points ?? 0));
  const chosen = liked.length > 0 ? liked : kind === 'one' ? worth.slice(0, 1) : worth;
  return { version: questionnaire.version, question: id, options: chosen.map((option) => option.id) };
});
const answer = (client: Client, body: (typeof best)[number]): Promise<Readiness> =>
  client.call('PUT', '/api/readiness/answers', readinessSchema, body);

describe('the readiness check', () => {
  it('tells nobody what an answer is worth', async () => {
    const text = JSON.stringify(await (await trainee.fetch('GET', '/api/readiness')).json());
    expect(text).not.toContain('"points"');
    expect(text).not.toContain('"leans"');
  });

  it('keeps each answer at once, and says what is still open', async () => {
    await answer(trainee, best[0]!);
    expect(await answer(trainee, best[1]!)).toMatchObject({ current: null, answers: { [best[0]!.question]: best[0]!.options } });
    const refused = (await trainee.refused('POST', '/api/readiness/submit')).error;
    expect(refused).toMatchObject({ code: 'Conflict', message: '18 questions are still open.' });
    expect(refused.issues?.map(({ path }) => path)).not.toContain(best[0]!.question);
    await server.stop();
    await server.begin();
    [trainee, instructor, manager, mentor, stranger] = [trainee, instructor, manager, mentor, stranger].map(again) as [
      Client,
      Client,
      Client,
      Client,
      Client,
    ];
    expect(Object.keys((await trainee.call('GET', '/api/readiness', readinessSchema)).answers)).toHaveLength(2);
  });

  it('refuses what is no answer and questions of another version', async () => {
    const [first] = best;
    for (const wrong of [{ options: ['stranger'] }, { options: ['inodes', 'cache'] }, { question: 'stranger' }])
      expect((await trainee.refused('PUT', '/api/readiness/answers', { ...first, ...wrong })).error.code).toBe('InvalidRequest');
    expect((await trainee.refused('PUT', '/api/readiness/answers', { ...first, version: 99 })).error.code).toBe('Conflict');
  });

  it('places the person, says why, and is closed for a month', async () => {
    for (const one of best) await answer(trainee, one);
    const done = await trainee.call('POST', '/api/readiness/submit', readinessSchema);
    expect(done).toMatchObject({ current: { track: 'administrator', kind: 'check', version: 1, by: { id: ids.trainee } }, answers: {} });
    expect(done.current?.reasons[0]).toContain('4 of your 4 answers');
    expect(done.opensAt).toBe(new Date(clock.now() + 30 * DAY_MS).toISOString());
    expect((await trainee.refused('PUT', '/api/readiness/answers', best[0]!)).error.code).toBe('Conflict');
    expect((await trainee.refused('POST', '/api/readiness/submit')).error.code).toBe('Conflict');
  });

  it('is overruled with a reason that the person reads, by somebody else, on record', async () => {
    const at = (id: string): string => `/api/readiness/people/${id}/placement`;
    const said = { track: 'platform-engineer', reason: 'Builds our deployment tooling since spring.' };
    expect((await trainee.refused('POST', at(ids.trainee), said)).error.code).toBe('Forbidden');
    expect((await instructor.refused('POST', at(ids.instructor), said)).error.code).toBe('Forbidden');
    expect((await instructor.refused('POST', at(ids.trainee), { ...said, reason: 'short' })).error.code).toBe('InvalidRequest');
    expect((await instructor.refused('POST', at('pr_aaaaaaaaaaaaaaaaaaaa'), said)).error.code).toBe('NotFound');
    await instructor.call('POST', at(ids.trainee), placementSchema, said);
    const { current, history } = await trainee.call('GET', '/api/readiness', readinessSchema);
    expect(current).toMatchObject({ track: 'platform-engineer', kind: 'overruled', by: { id: ids.instructor }, reasons: [said.reason] });
    expect(history.map(({ kind }) => kind)).toEqual(['overruled', 'check']);
    const { people } = await manager.call('GET', '/api/readiness/people', placedPeopleSchema);
    expect(people.find(({ person }) => person.id === ids.trainee)).toMatchObject({
      current: { track: 'platform-engineer' },
      check: { track: 'administrator' },
    });
    const administrator = await server.signIn('administrator');
    const { entries } = await administrator.call('GET', '/api/audit?action=readiness', auditPageSchema);
    expect(entries.map(({ action, detail }) => [action, detail['from'], detail['to']])).toEqual([
      ['readiness.overruled', 'administrator', 'platform-engineer'],
      ['readiness.submitted', undefined, undefined],
    ]);
  });
});

describe('the curriculum', () => {
  it('is that of the person’s track, with what is due by when', async () => {
    const own = await trainee.call('GET', '/api/curriculum', personCurriculumSchema);
    expect(own).toMatchObject({ track: 'platform-engineer', trackFrom: 'placement', programmes: [{ day: expect.any(Number) as number }] });
    expect(own.programmes[0]!.items.map(({ id }) => id)).toEqual(['readiness', 'lab:endpoint', 'certificate']);
    const staff = await instructor.call('GET', '/api/curriculum', personCurriculumSchema);
    expect(staff).toMatchObject({ track: 'technical-lead', trackFrom: 'cohort' });
    expect(staff.programmes[0]!.items.map(({ id }) => id)).toEqual(['readiness', 'certificate']);
    expect((await stranger.call('GET', '/api/curriculum', personCurriculumSchema)).programmes).toEqual([]);
  });

  it('of a cohort is for staff, person by person', async () => {
    expect((await trainee.refused('GET', `/api/curriculum/cohorts/${cohortId}`)).error.code).toBe('Forbidden');
    const cohort = await instructor.call('GET', `/api/curriculum/cohorts/${cohortId}`, cohortCurriculumSchema);
    expect(cohort.columns.map(({ id }) => id)).toEqual(['readiness', 'lab:endpoint', 'certificate']);
    expect(cohort.people.find(({ person }) => person.id === ids.trainee)?.items.find(({ id }) => id === 'readiness')?.state).toBe(
      'done-late',
    );
  });

  it('makes the figures of a track those of the people on it', async () => {
    const { groups } = await manager.call('GET', '/api/programmes/figures', figuresSchema);
    expect(groups.filter(({ by }) => by === 'track').map(({ name }) => name)).toEqual(['platform-engineer', 'technical-lead']);
    expect(await manager.call('GET', '/api/programmes/figures?by=track&name=platform-engineer', figuresSchema)).toMatchObject({
      people: 1,
    });
  });
});

describe('mentoring', () => {
  const pairs = '/api/mentoring/pairs';

  it('lets a mentor, who need not be staff, see the one person, and nobody else', async () => {
    const progress = `/api/curriculum/people/${ids.trainee}`;
    expect((await mentor.refused('GET', progress)).error.code).toBe('NotFound');
    const wish = { mentorId: ids.mentor, traineeId: ids.trainee };
    expect((await trainee.refused('POST', pairs, wish)).error.code).toBe('Forbidden');
    expect((await instructor.refused('POST', pairs, { ...wish, mentorId: ids.trainee })).error.code).toBe('InvalidRequest');
    await instructor.call('POST', pairs, mentorPairSchema, wish);
    expect((await instructor.refused('POST', pairs, wish)).error.code).toBe('Conflict');
    expect((await mentor.call('GET', progress, personCurriculumSchema)).person.id).toBe(ids.trainee);
    expect((await mentor.refused('GET', `/api/curriculum/people/${ids.manager}`)).error.code).toBe('NotFound');
    expect((await stranger.refused('GET', progress)).error.code).toBe('NotFound');
    expect(await mentor.call('GET', '/api/mentoring', mentoringSchema)).toMatchObject({
      mentors: [],
      trainees: [{ trainee: { id: ids.trainee } }],
    });
  });

  it('keeps notes between the two, whom not even staff read', async () => {
    const { id } = (await instructor.call('GET', pairs, mentorPairsSchema)).pairs[0]!;
    await mentor.call('POST', `${pairs}/${id}/notes`, mentorNotesSchema, { text: 'How did the drill go?' });
    const { notes } = await trainee.call('POST', `${pairs}/${id}/notes`, mentorNotesSchema, { text: 'I froze for a minute.' });
    expect(notes.map(({ by, text }) => [by.id, text])).toEqual([
      [ids.mentor, 'How did the drill go?'],
      [ids.trainee, 'I froze for a minute.'],
    ]);
    for (const other of [instructor, manager, stranger]) {
      expect((await other.refused('GET', `${pairs}/${id}/notes`)).error.code).toBe('NotFound');
      expect((await other.refused('POST', `${pairs}/${id}/notes`, { text: 'Hello' })).error.code).toBe('NotFound');
    }
    expect((await mentor.refused('POST', `${pairs}/${id}/notes`, { text: '  ' })).error.code).toBe('InvalidRequest');
  });

  it('ends: the mentor sees the person no more, and both still read what was written', async () => {
    const { id } = (await instructor.call('GET', pairs, mentorPairsSchema)).pairs[0]!;
    expect((await manager.refused('DELETE', `${pairs}/${id}`)).error.code).toBe('Forbidden');
    expect((await instructor.fetch('DELETE', `${pairs}/${id}`)).status).toBe(204);
    expect((await mentor.refused('GET', `/api/curriculum/people/${ids.trainee}`)).error.code).toBe('NotFound');
    expect((await mentor.call('GET', `${pairs}/${id}/notes`, mentorNotesSchema)).notes).toHaveLength(2);
    expect((await mentor.refused('POST', `${pairs}/${id}/notes`, { text: 'One more' })).error.code).toBe('Conflict');
    await instructor.call('POST', pairs, mentorPairSchema, { mentorId: ids.mentor, traineeId: ids.trainee });
  });
});

describe('the calendar', () => {
  const program = async (url: string): Promise<Response> => fetch(url.replace(/^https?:\/\/[^/]+/, server.url));

  it('is read by whoever has the link, without signing in, until it is renewed or revoked', async () => {
    expect(await trainee.call('GET', '/api/calendar', calendarLinkSchema)).toEqual({ link: null });
    const { url } = await trainee.call('POST', '/api/calendar', newCalendarLinkSchema);
    const response = await program(url);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/calendar; charset=utf-8']);
    const { events } = readCalendar(await response.text());
    expect(events.map(({ summary }) => summary)).toEqual([expect.stringMatching(/^Due: /) as string, 'Due: A certificate']);
    expect((await trainee.call('GET', '/api/calendar', calendarLinkSchema)).link?.lastFetchedAt).not.toBeNull();

    const renewed = await trainee.call('POST', '/api/calendar', newCalendarLinkSchema);
    expect((await program(url)).status).toBe(404);
    expect((await program(renewed.url)).status).toBe(200);
    expect((await trainee.fetch('DELETE', '/api/calendar')).status).toBe(204);
    expect((await program(renewed.url)).status).toBe(404);
  });

  it('ends with the account, and its link is in no record', async () => {
    const { url } = await stranger.call('POST', '/api/calendar', newCalendarLinkSchema);
    expect((await program(url)).status).toBe(200);
    await server.running.services.accounts.people.change(await idOf(stranger), { disabled: true });
    expect((await program(url)).status).toBe(404);
    const records = await server.running.services.audit.list({ limit: 200, action: 'calendar.' });
    expect(records.entries.length).toBeGreaterThan(0);
    expect(JSON.stringify(records)).not.toContain(url.split('/').at(-1)!.replace('.ics', ''));
  });
});

describe('reminders', () => {
  it('say what is late, are dismissed for good, and only one’s own', async () => {
    const { reminders } = await trainee.call('GET', '/api/reminders', remindersSchema);
    expect(reminders.map(({ kind }) => kind)).toEqual(['overdue']);
    const { id } = reminders[0]!;
    expect(await trainee.call('POST', '/api/reminders/dismissed', remindersSchema, { id })).toEqual({ reminders: [] });
    expect((await trainee.call('GET', '/api/reminders', remindersSchema)).reminders).toEqual([]);
    expect((await instructor.call('GET', '/api/reminders', remindersSchema)).reminders.map((one) => one.kind)).toEqual(['overdue']);
    await instructor.call('POST', '/api/reminders/dismissed', remindersSchema, { id: 'overdue:of-nobody' });
    expect((await instructor.call('GET', '/api/reminders', remindersSchema)).reminders).toHaveLength(1);
  });
});

describe('a drill', () => {
  it('is in the reminders and the calendars of those who have a part in it', async () => {
    const startsAt = new Date(clock.now() + 5 * 3_600_000).toISOString();
    const members = [
      { personId: ids.trainee, role: 'commander' },
      { personId: ids.instructor, role: 'facilitator' },
      { personId: ids.mentor, role: 'customer-liaison' },
      { personId: await idOf(await server.trainee('Eve')), role: 'expert' },
    ];
    const { id } = await instructor.call('POST', '/api/drills', drillViewSchema, {
      script: 'printer',
      mode: 'tabletop',
      startsAt,
      members,
    });
    for (const client of [trainee, instructor]) {
      const { reminders } = await client.call('GET', '/api/reminders', remindersSchema);
      expect(reminders.find(({ kind }) => kind === 'drill')).toMatchObject({ at: startsAt, path: `/drills/${id}` });
      const { url } = await client.call('POST', '/api/calendar', newCalendarLinkSchema);
      const { events } = readCalendar(await (await fetch(url)).text());
      expect(
        events
          .find(({ uid }) => uid === `drill.${id}@drillhouse`)
          ?.startDate.toJSDate()
          .toISOString(),
      ).toBe(startsAt);
    }
    expect((await manager.call('GET', '/api/reminders', remindersSchema)).reminders.map(({ kind }) => kind)).not.toContain('drill');
  });
});

describe('a month later', () => {
  it('the check can be taken again, and what was overruled still holds', async () => {
    clock.advance(30 * DAY_MS);
    await server.stop();
    await server.begin();
    trainee = await server.signIn('trainee');
    for (const one of best) await answer(trainee, one);
    const twice = await Promise.all([1, 2].map(() => trainee.fetch('POST', '/api/readiness/submit')));
    expect(twice.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const { current, history } = await trainee.call('GET', '/api/readiness', readinessSchema);
    expect(current).toMatchObject({ kind: 'overruled', track: 'platform-engineer' });
    expect(history.map(({ kind }) => kind)).toEqual(['check', 'overruled', 'check']);
  });
});
