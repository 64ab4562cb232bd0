import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appealViewSchema } from '../contract/certification.ts';
import {
  cohortManagersSchema,
  cohortSkillsSchema,
  dueSchema,
  figureEvidenceSchema,
  insightPeopleSchema,
  itemEvidenceSchema,
  itemsSchema,
  onCallSchema,
  personSkillsSchema,
} from '../contract/insight.ts';
import { attemptSchema, resultSchema } from '../contract/attempts.ts';
import { auditPageSchema, cohortsSchema } from '../contract/people.ts';
import { takeLab } from '../certification/testing/earning.ts';
import { DAY_MS } from '../clock.ts';
import { contentOf } from '../pdf/testing/pdf-content.ts';
import type { Client } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { seedQuarter } from '../testing/seed-history.ts';
import { TestServer } from '../testing/test-server.ts';

const reason = 'The probe had met a pod that was being replaced.';

/** Over HTTP, one after the other on one server: a seeded quarter of five people, and what the demo's trainee does. */
describe('insight', () => {
  const clock = new ManualClock(Date.now());
  let server: TestServer;
  let [trainee, instructor, manager, administrator]: Client[] = [];
  let personId = '';
  let autumn = '';
  let attemptId = '';

  beforeAll(async () => {
    server = await TestServer.start({ clock, seed: (store) => seedQuarter(store, clock.now()) });
    trainee = await server.signIn('trainee');
    instructor = await server.signIn('instructor');
    manager = await server.signIn('manager');
    administrator = await server.signIn('administrator');
    personId = (await trainee.session()).me?.id ?? '';
    autumn = (await manager.call('GET', '/api/cohorts', cohortsSchema)).cohorts.find(({ name }) => name === 'Autumn')!.id;
    attemptId = await takeLab(server, trainee, 'failed');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const opened = async (): Promise<readonly unknown[]> =>
    (await administrator!.call('GET', '/api/audit?action=evidence.opened', auditPageSchema)).entries.map(({ detail, actor }) => [
      actor?.name,
      detail,
    ]);

  /** Somebody of the other cohort. */
  const stranger = async (): Promise<{ readonly id: string }> =>
    (await instructor!.call('GET', '/api/insight/people', insightPeopleSchema)).people.find(({ name }) => name.startsWith('Person '))!;

  it('counts a regrade as a false fail of its check, and shows the attempt behind it', async () => {
    const falseFails = async (): Promise<unknown> => {
      const { items } = await instructor!.call('GET', '/api/insight/items?level=check&lab=endpoint', itemsSchema);
      return items.find(({ check }) => check?.id === 'auth')?.numbers.falseFail;
    };
    expect(await falseFails()).toEqual({ value: 0, of: 6, why: null });
    const seeded = await server.running.services.records.list({ endedOnly: true });
    const failed = seeded.find((attempt) => attempt.state === 'failed' && attempt.id !== attemptId)!;
    const appeal = await server.running.services.appeals.appeal(
      await server.running.services.accounts.people.require(failed.personId),
      failed.id,
      'It was closed the whole time.',
    );
    await instructor!.call('POST', `/api/appeals/${appeal.id}/decision`, appealViewSchema, {
      decision: 'regrade',
      answer: reason,
      corrections: { auth: 'pass' },
    });
    expect(await falseFails()).toMatchObject({ value: 1 / 6, of: 6 });
    const evidence = await instructor!.call(
      'GET',
      '/api/insight/items/evidence?level=check&lab=endpoint&check=auth&number=falseFail',
      itemEvidenceSchema,
    );
    expect(evidence).toMatchObject({ withheld: 0 });
    expect(evidence.rows.find((row) => row.attemptId === failed.id)?.words).toBe('It failed; a person counted it as a pass afterwards.');
    expect(await opened()).toMatchObject([['Ines Instructor', { number: 'falseFail', check: 'auth', attempts: 6 }]]);
  });

  it('gives items as a table, and never a name in it', async () => {
    const csv = await (await instructor!.fetch('GET', '/api/insight/items.csv?level=version')).text();
    expect(csv).toContain('Build and secure a model endpoint,1.0.0 00000000,,,16,');
    expect(csv).not.toContain('Person ');
  });

  it('keeps what was said of the same state when a verdict decided nothing at first', async () => {
    const { id } = await trainee!.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'incident' });
    const stateOf = async (): Promise<string> => (await trainee!.call('GET', `/api/attempts/${id}`, attemptSchema)).state;
    await eventually('the incident', async () => (await stateOf()) === 'incident');
    server.controls.outcome = 'inconclusive';
    await trainee!.call('POST', `/api/attempts/${id}/grade`, attemptSchema);
    await eventually('the first try', async () =>
      (await trainee!.call('GET', `/api/attempts/${id}`, attemptSchema)).progress.some(
        (entry) => entry.id === 'grading' && entry.state === 'failed',
      ),
    );
    server.controls.outcome = 'passed';
    await eventually('the verdict', async () => {
      clock.advance(5_000);
      return (await stateOf()) === 'passed';
    });
    const { items } = await instructor!.call('GET', '/api/insight/items', itemsSchema);
    expect(items[0]?.numbers.flaky).toEqual({ value: null, of: 1, why: 'Too few: 1 of at least 5.' });
  });

  it('shows a trainee their own skills only', async () => {
    const own = await trainee!.call('GET', '/api/insight/skills', personSkillsSchema);
    expect(own.person.name).toBe('Tess Trainee');
    expect(own.skills.map(({ dimension }) => dimension)).toHaveLength(8);
    const reliability = own.skills.find(({ dimension }) => dimension === 'observability-reliability')!;
    expect(reliability.evidence[0]?.lab).toBe('Build and secure a model endpoint');
    expect((await trainee!.call('GET', '/api/insight/people', insightPeopleSchema)).people.map(({ id }) => id)).toEqual([personId]);
    const other = await stranger();
    for (const path of ['skills', 'due'])
      expect((await trainee!.refused('GET', `/api/insight/${path}?person=${other.id}`)).error.code).toBe('NotFound');
    const { services, problems } = await trainee!.call('GET', '/api/insight/on-call', onCallSchema);
    expect(problems).toEqual([]);
    expect(services.map(({ id, people }) => [id, people.map(({ person }) => person.id)])).toEqual([
      ['incident-command', [personId]],
      ['inference', [personId]],
    ]);
  });

  it('shows a manager the people of their cohorts, and notes each look at somebody', async () => {
    const { people } = await manager!.call('GET', '/api/insight/people', insightPeopleSchema);
    expect(people.map(({ name }) => name)).toEqual(['Max Manager', 'Ines Instructor', 'Tess Trainee']);
    expect((await manager!.call('GET', `/api/insight/skills?person=${personId}`, personSkillsSchema)).person.id).toBe(personId);
    expect((await opened())[0]).toMatchObject(['Max Manager', { what: 'skills' }]);
    expect((await manager!.refused('GET', `/api/insight/skills?person=${(await stranger()).id}`)).error.code).toBe('NotFound');
  });

  it('shows a cohort as a distribution, and too few people not at all', async () => {
    const many = await manager!.call('GET', `/api/insight/skills/cohorts/${autumn}`, cohortSkillsSchema);
    expect(many.why).toBeNull();
    const { dimension: _, ...counts } = many.dimensions.find(({ dimension }) => dimension === 'cloud-kubernetes')!;
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(5);
    expect(JSON.stringify(many)).not.toContain('Person ');
    const demo = (await manager!.call('GET', '/api/cohorts', cohortsSchema)).cohorts.find(({ id }) => id !== autumn)!;
    expect(await manager!.call('GET', `/api/insight/skills/cohorts/${demo.id}`, cohortSkillsSchema)).toMatchObject({
      why: expect.stringContaining('too few') as string,
      dimensions: [],
    });
  });

  it('opens a point of the six numbers for the manager of its people only', async () => {
    const path = '/api/insight/figures/evidence?metric=passed&by=cohort&name=Autumn&day=60';
    const closed = await manager!.call('GET', path, figureEvidenceSchema);
    expect(closed).toMatchObject({
      rows: [],
      withheld: 5,
      figure: { value: 80 },
      why: expect.stringContaining('An administrator') as string,
    });
    const managerId = (await manager!.session()).me?.id ?? '';
    expect((await manager!.refused('PUT', `/api/insight/cohort-managers/${autumn}`, { personIds: [managerId] })).status).toBe(403);
    const traineeNamed = await administrator!.refused('PUT', `/api/insight/cohort-managers/${autumn}`, { personIds: [personId] });
    expect(traineeNamed.error.message).toBe('Only people with the role manager can be named.');
    await administrator!.call('PUT', `/api/insight/cohort-managers/${autumn}`, cohortManagersSchema, { personIds: [managerId] });
    const open = await manager!.call('GET', path, figureEvidenceSchema);
    expect(open).toMatchObject({ withheld: 0, why: null, of: 'Autumn', day: 60 });
    expect(open.rows).toHaveLength(5);
    expect(open.rows[0]).toMatchObject({ what: 'Build and secure a model endpoint' });
    await manager!.call('GET', `/api/attempts/${open.rows[0]!.attemptId!}/result`, resultSchema);
    const due = await manager!.call('GET', path.replace('passed', 'completion'), figureEvidenceSchema);
    expect(due.rows.map(({ value }) => value)).toEqual(Array(5).fill('done in time'));
    const imported = await manager!.call('GET', path.replace('passed', 'tickets'), figureEvidenceSchema);
    expect(imported.rows[0]).toMatchObject({ person: null, attemptId: null, value: 'opened' });
    expect((await opened())[2]).toMatchObject(['Max Manager', { metric: 'passed', day: 60, shown: 5, withheld: 0 }]);
    await administrator!.call('PUT', `/api/insight/cohort-managers/${autumn}`, cohortManagersSchema, { personIds: [] });
    expect((await manager!.call('GET', path, figureEvidenceSchema)).rows).toEqual([]);
  });

  it('prints a manager’s report', async () => {
    const response = await manager!.fetch('GET', '/api/insight/report.pdf?by=cohort&name=Autumn');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/pdf']);
    expect(contentOf(Buffer.from(await response.arrayBuffer())).pages).toBeGreaterThanOrEqual(2);
    expect((await manager!.refused('GET', '/api/insight/report.pdf?by=cohort&name=Nobody')).error.code).toBe('NotFound');
  });

  it('has lists of what is due, one’s own and for those with the right', async () => {
    clock.advance(100 * DAY_MS);
    await server.stop();
    await server.begin();
    [trainee, instructor, manager] = [await server.signIn('trainee'), await server.signIn('instructor'), await server.signIn('manager')];
    expect((await trainee.call('GET', '/api/insight/due', dueSchema)).items).toEqual([]);
    const { items } = await instructor.call('GET', `/api/insight/due?person=${(await stranger()).id}`, dueSchema);
    // Shown 16 days before the story began, good for 120 days.
    expect(items.find(({ title }) => title === 'Observability and reliability')).toMatchObject({ kind: 'skill', within: '30 days' });
    const all = await instructor.call('GET', '/api/insight/due/everybody', dueSchema);
    expect(new Set(all.items.map(({ person }) => person.id)).size).toBe(5);
    expect((await manager.call('GET', '/api/insight/due/everybody', dueSchema)).items).toEqual([]);
    const csv = await (await manager.fetch('GET', '/api/insight/on-call.csv')).text();
    expect(csv.split('\r\n')[0]).toContain('Service,Person,State');
  });
});
