import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditPageSchema, cohortsSchema } from '../contract/people.ts';
import { figuresSchema, importPreviewSchema, importSchema, importsSchema, programmeSchema, programmesSchema } from '../contract/program.ts';
import { newTokenSchema } from '../contract/tokens.ts';
import type { Client } from '../testing/client.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
let manager: Client;
let cohortId: string;
const tickets = {
  kind: 'tickets',
  source: 'Helpdesk',
  csv: 'id,opened_at,team\nT-1,2026-11-02,ops\nT-2,2026-11-03,ops\nT-1,2026-11-02,ops\n',
};
const plan = {
  startsAt: '2026-11-01T00:00:00.000Z',
  track: 'administrator',
  team: 'ops',
  curriculum: [{ lab: 'endpoint', dueDay: 14 }],
  baselines: { tickets: 150 },
  targets: {},
};
beforeAll(async () => {
  server = await TestServer.start({ clock: new ManualClock() });
  manager = await server.signIn('manager');
  cohortId = (await manager.call('GET', '/api/cohorts', cohortsSchema)).cohorts[0]!.id;
});
afterAll(() => server[Symbol.asyncDispose]());

describe('a programme', () => {
  it('is there for each cohort, empty until it is planned', async () => {
    const { programmes } = await manager.call('GET', '/api/programmes', programmesSchema);
    expect(programmes.map(({ startsAt }) => startsAt)).toEqual([null]);
    expect((await manager.call('GET', '/api/programmes/figures', figuresSchema)).day).toBeNull();
  });

  it('is planned, and refuses labs that do not exist and labs twice', async () => {
    expect(await manager.call('PUT', `/api/programmes/${cohortId}`, programmeSchema, plan)).toMatchObject({ team: 'ops' });
    const unknown = await manager.refused('PUT', `/api/programmes/${cohortId}`, { ...plan, curriculum: [{ lab: 'nope', dueDay: 1 }] });
    expect(unknown.error).toMatchObject({ code: 'InvalidRequest', message: 'There is no lab nope.' });
    const twice = { ...plan, curriculum: [1, 2].map((dueDay) => ({ lab: 'endpoint', dueDay })) };
    expect((await manager.refused('PUT', `/api/programmes/${cohortId}`, twice)).error.issues?.[0]?.message).toBe(
      'Each lab can be asked for once',
    );
    expect((await manager.refused('PUT', '/api/programmes/co_aaaaaaaaaaaaaaaaaaaa', plan)).error.code).toBe('NotFound');
  });

  it('is looked at by cohort, track and team, and not by what does not exist', async () => {
    const all = await manager.call('GET', '/api/programmes/figures', figuresSchema);
    expect(all.groups.map(({ by, label }) => `${by} ${label}`)).toEqual([
      expect.stringMatching(/^cohort /) as string,
      'track System administrators',
      'team ops',
    ]);
    expect(await manager.call('GET', '/api/programmes/figures?by=team&name=ops', figuresSchema)).toMatchObject({ of: 'ops' });
    expect((await manager.refused('GET', '/api/programmes/figures?by=team&name=nobody')).error.code).toBe('NotFound');
    expect((await manager.refused('GET', '/api/programmes/figures?by=team')).error.code).toBe('InvalidRequest');
  });

  it('survives a restart', async () => {
    await server.stop();
    await server.begin();
    manager = await server.signIn('manager');
    expect((await manager.call('GET', '/api/programmes', programmesSchema)).programmes[0]).toMatchObject({
      team: 'ops',
      baselines: { tickets: 150 },
    });
  });
});

describe('an import', () => {
  it('is looked at first, and then keeps each row once', async () => {
    expect(await manager.call('POST', '/api/imports/preview', importPreviewSchema, tickets)).toMatchObject({
      rows: 3,
      known: 1,
      problemCount: 0,
    });
    expect((await manager.call('GET', '/api/imports', importsSchema)).imports).toEqual([]);
    expect(await manager.call('POST', '/api/imports', importSchema, tickets)).toMatchObject({ rows: 2, known: 1 });
    expect(await manager.call('POST', '/api/imports', importSchema, tickets)).toMatchObject({ rows: 0, known: 3 });
    expect(await manager.call('POST', '/api/imports', importSchema, { ...tickets, source: 'Another' })).toMatchObject({
      rows: 2,
      known: 1,
    });
  });

  it('changes the figure of its team, and can be taken back', async () => {
    const ticketsNow = async (): Promise<number | null | undefined> =>
      (await manager.call('GET', '/api/programmes/figures', figuresSchema)).figures.find(({ metric }) => metric === 'tickets')?.now.value;
    expect(await ticketsNow()).toBe(4);
    const { imports } = await manager.call('GET', '/api/imports', importsSchema);
    const newest = imports.find(({ source }) => source === 'Another');
    expect((await manager.fetch('DELETE', `/api/imports/${newest!.id}`)).status).toBe(204);
    expect(await ticketsNow()).toBe(2);
    expect((await manager.refused('DELETE', `/api/imports/${newest!.id}`)).error.code).toBe('NotFound');
  });

  it('keeps nothing when a line is wrong, and names the line', async () => {
    const csv = 'id,deployed_at,failed\nC-1,2026-11-02,no\nC-2,2026-11-03,maybe\n';
    const refused = await manager.refused('POST', '/api/imports', { kind: 'changes', source: 'Pipeline', csv });
    expect(refused.error).toMatchObject({ code: 'InvalidRequest', message: 'One line is wrong; nothing was imported.' });
    expect(refused.error.issues).toEqual([{ path: 'line 3', message: 'failed is "maybe", which is neither yes nor no. Write yes or no.' }]);
    expect(
      (await manager.call('POST', '/api/imports/preview', importPreviewSchema, { kind: 'changes', source: 'Pipeline', csv })).known,
    ).toBe(0);
  });

  it('is made by a program with a token, and is in the audit log', async () => {
    const wish = { name: 'Helpdesk', scopes: ['imports:write'], expiresInDays: 30 };
    const { secret } = await manager.call('POST', '/api/tokens', newTokenSchema, wish);
    const body = {
      kind: 'changes',
      source: 'Pipeline',
      csv: 'id,deployed_at,failed,team\nC-1,2026-11-02,no,ops\nC-2,2026-11-03,yes,ops\n',
    };
    const response = await server.client().fetch('POST', '/api/imports', body, { authorization: `Bearer ${secret}` });
    expect(response.status).toBe(201);
    const { figures } = await manager.call('GET', '/api/programmes/figures', figuresSchema);
    expect(figures.find(({ metric }) => metric === 'change-failures')?.now).toEqual({ value: 50, of: 2, why: null });
    const administrator = await server.signIn('administrator');
    const { entries } = await administrator.call('GET', '/api/audit?action=import', auditPageSchema);
    expect(entries[0]).toMatchObject({ action: 'import.made', detail: { kind: 'changes', source: 'Pipeline', rows: 2 } });
  });

  it('exports the six numbers as a table', async () => {
    const csv = await (await manager.fetch('GET', '/api/programmes/figures.csv')).text();
    expect(csv).toContain('Everybody,Internal support tickets,a month,150,');
    expect(csv.trim().split('\r\n')).toHaveLength(7);
  });
});
