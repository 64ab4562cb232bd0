import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Socket } from 'socket.io-client';
import { z } from 'zod';
import { attemptSchema, attemptSummarySchema, gradeSchema, resultSchema, terminalSchema, type AttemptView } from '../contract/attempts.ts';
import { attemptPresenceSchema } from '../contract/events.ts';
import { attemptStatusSchema, statusUpdateSchema, statusUpdatesSchema } from '../contract/incidents.ts';
import { catalogueSchema } from '../contract/labs.ts';
import { auditEntrySchema } from '../contract/people.ts';
import { ask, type Client } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import { firstNotice } from '../testing/first-notice.ts';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
let ana: Client;
let bo: Client;
let cy: Client;
const sockets: Socket[] = [];
beforeEach(async () => {
  server = await TestServer.start();
  [ana, bo, cy] = [await server.trainee('Ana'), await server.trainee('Bo'), await server.trainee('Cy')];
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await server[Symbol.asyncDispose]();
});

const others = [
  { email: 'bo@example.com', role: 'expert' },
  { email: 'CY@example.com', role: 'customer-liaison' },
];

async function socketOf(client: Client): Promise<Socket> {
  const socket = await client.socket();
  sockets.push(socket);
  return socket;
}

async function read(client: Client, id: string): Promise<AttemptView> {
  return client.call('GET', `/api/attempts/${id}`, attemptSchema);
}

async function begin(members: readonly object[] = others): Promise<AttemptView> {
  const body = { lab: 'endpoint', mode: 'incident', team: { role: 'commander', members } };
  const { id } = await ana.call('POST', '/api/attempts', attemptSchema, body);
  return eventually('the incident', async () => {
    const attempt = await read(bo, id);
    return attempt.state === 'incident' && attempt;
  });
}

async function codeOf(refused: Promise<{ error: { code: string } }>): Promise<string> {
  return (await refused).error.code;
}

describe('a team', () => {
  it('is refused when a role is missing or given twice, and when somebody is busy', async () => {
    const start = (members: readonly object[]): ReturnType<Client['refused']> =>
      ana.refused('POST', '/api/attempts', { lab: 'endpoint', mode: 'incident', team: { role: 'commander', members } });
    const twice = await start([
      { email: 'bo@example.com', role: 'expert' },
      { email: 'bo@example.com', role: 'commander' },
    ]);
    expect(twice.error.message).toMatch(/Bo is named twice, as expert and as commander.*2 are commander.*Nobody is customer liaison/);
    expect(twice.error.issues?.map(({ path }) => path)).toEqual(['team.members.1', 'team.members', 'team.members']);
    await bo.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint' });
    expect((await start(others)).error).toMatchObject({ code: 'AlreadyRunning', message: expect.stringContaining('Bo has an attempt') });
    expect((await read(bo, (await bo.call('GET', '/api/labs', catalogueSchema)).labs[0]!.mine.runningAttemptId!)).members).toMatchObject([
      { role: 'solo' },
    ]);
  });

  it('is found by each member, who does what the role is for and sees the rest', async () => {
    const { id } = await begin();
    for (const client of [ana, bo, cy]) {
      const { labs } = await client.call('GET', '/api/labs', catalogueSchema);
      expect(labs[0]?.mine.runningAttemptId).toBe(id);
      const list = await client.call('GET', '/api/attempts', z.strictObject({ attempts: z.array(attemptSummarySchema) }));
      expect(list.attempts.map((attempt) => [attempt.id, attempt.team.length])).toEqual([[id, 3]]);
    }
    expect(await codeOf(ana.refused('POST', `/api/attempts/${id}/terminals`))).toBe('ReadOnly');
    const terminal = await bo.call('POST', `/api/attempts/${id}/terminals`, terminalSchema);
    const open = { terminalId: terminal.id, columns: 80, rows: 24, fromSeq: 0 };
    const watching = await socketOf(cy);
    await expect(ask(watching, 'terminal:open', { ...open, access: 'write' })).rejects.toThrow('Experts type');
    await ask(watching, 'terminal:open', { ...open, access: 'observe' });
    expect(await codeOf(bo.refused('POST', `/api/attempts/${id}/status`, firstNotice))).toBe('ReadOnly');
    expect(await codeOf(cy.refused('POST', `/api/attempts/${id}/grade`))).toBe('ReadOnly');
    const stranger = await server.trainee('Di');
    expect(await codeOf(stranger.refused('GET', `/api/attempts/${id}`))).toBe('NotFound');
    expect(await codeOf(stranger.refused('GET', `/api/attempts/${id}/status`))).toBe('NotFound');
  });

  it('sees who is there, as what, also when they leave and come back', async () => {
    const { id } = await begin();
    const seen: string[][] = [];
    const socket = await socketOf(ana);
    socket.on('attempt:presence', (payload: unknown) =>
      seen.push(attemptPresenceSchema.parse(payload).present.map(({ person, role }) => `${person.name} ${role ?? 'watches'}`)),
    );
    await ask(socket, 'attempt:watch', { attemptId: id });
    const second = await socketOf(bo);
    await ask(second, 'attempt:watch', { attemptId: id });
    const instructor = await socketOf(await server.signIn('instructor'));
    await ask(instructor, 'attempt:watch', { attemptId: id });
    await eventually('all three', () => seen.at(-1)?.join() === 'Ana commander,Bo expert,Ines Instructor watches');
    second.close();
    await eventually('that Bo left', () => seen.at(-1)?.join() === 'Ana commander,Ines Instructor watches');
    await ask(await socketOf(bo), 'attempt:watch', { attemptId: id });
    await eventually('that Bo is back', () => seen.at(-1)?.includes('Bo expert') === true);
    expect((await read(ana, id)).members.map(({ joinedAt }) => joinedAt !== null)).toEqual([true, true, false]);
  });

  it('may be declined by whoever has not come, whose role somebody else takes, and who is free for another attempt', async () => {
    const { id } = await begin();
    expect((await cy.fetch('POST', `/api/attempts/${id}/leave`)).status).toBe(204);
    expect(await codeOf(cy.refused('GET', `/api/attempts/${id}`))).toBe('NotFound');
    expect(await codeOf(ana.refused('POST', `/api/attempts/${id}/leave`))).toBe('Conflict');
    const di = await server.trainee('Di');
    const wanted = { email: 'di@example.com', role: 'customer-liaison' };
    expect(await codeOf(bo.refused('POST', `/api/attempts/${id}/team`, wanted))).toBe('ReadOnly');
    const { members } = await ana.call('POST', `/api/attempts/${id}/team`, attemptSchema, wanted);
    expect(members.map(({ person, role }) => `${person.name} ${role}`)).toContain('Di customer-liaison');
    expect((await read(di, id)).id).toBe(id);
    expect((await cy.fetch('POST', '/api/attempts', { lab: 'endpoint', mode: 'incident' })).ok).toBe(true);
  });

  it('hands roles over: who typed types no longer, at once', async () => {
    const { id, members } = await begin();
    const idOf = (role: string): string => members.find((member) => member.role === role)!.person.id;
    const terminal = await bo.call('POST', `/api/attempts/${id}/terminals`, terminalSchema);
    const socket = await socketOf(bo);
    await ask(socket, 'terminal:open', { terminalId: terminal.id, columns: 80, rows: 24, fromSeq: 0, access: 'write' });
    const shell = await eventually('a shell', () => server.shells.opened[0]);
    const refusals: unknown[] = [];
    socket.on('terminal:refused', (refusal: unknown) => refusals.push(refusal));
    socket.emit('terminal:input', { terminalId: terminal.id, data: Buffer.from('before') });
    await eventually('the input', () => shell.typedText === 'before');
    const swap = { from: idOf('expert'), to: idOf('commander') };
    expect(await codeOf(bo.refused('POST', `/api/attempts/${id}/hand-over`, swap))).toBe('ReadOnly');
    await ana.call('POST', `/api/attempts/${id}/hand-over`, attemptSchema, swap);
    socket.emit('terminal:input', { terminalId: terminal.id, data: Buffer.from('after') });
    await eventually('the refusal', () => refusals.length === 1);
    expect(shell.typedText).toBe('before');
    await ana.call('POST', `/api/attempts/${id}/terminals`, terminalSchema);
    await bo.call('POST', `/api/attempts/${id}/grade`, attemptSchema);
  });

  it('gets one verdict, which counts for each who came, and is audited', async () => {
    const { id } = await begin();
    for (const client of [ana, bo]) await ask(await socketOf(client), 'attempt:watch', { attemptId: id });
    await cy.call('POST', `/api/attempts/${id}/status`, statusUpdateSchema, firstNotice);
    await ana.call('POST', `/api/attempts/${id}/grade`, attemptSchema);
    await eventually('the verdict', async () => (await read(bo, id)).endedAt !== null);
    const result = await bo.call('GET', `/api/attempts/${id}/result`, resultSchema);
    expect(result.attempt.team.map(({ person, role }) => `${person.name} ${role}`)).toEqual([
      'Ana commander',
      'Bo expert',
      'Cy customer-liaison',
    ]);
    expect(result.timeline.map(({ kind }) => kind)).toContain('status');
    const manager = await server.signIn('manager');
    const { grades } = await manager.call('GET', '/api/grades', z.strictObject({ grades: z.array(gradeSchema) }));
    expect(grades.map(({ person, teamRole }) => `${person.name} ${teamRole ?? ''}`)).toEqual(['Ana commander', 'Bo expert']);
    expect((await (await manager.fetch('GET', '/api/grades.csv')).text()).split('\r\n')).toHaveLength(4);
    expect((await bo.call('GET', '/api/labs', catalogueSchema)).labs[0]?.mine).toMatchObject({ runningAttemptId: null, attempts: 1 });
    expect((await cy.call('GET', '/api/labs', catalogueSchema)).labs[0]?.mine).toMatchObject({ runningAttemptId: null, attempts: 0 });
    const admin = await server.signIn('administrator');
    const audit = await admin.call('GET', '/api/audit?action=attempt', z.object({ entries: z.array(auditEntrySchema) }));
    expect(audit.entries.map(({ action }) => action)).toEqual(['attempt.verdict-asked', 'attempt.status-posted', 'attempt.started']);
    expect(audit.entries.at(-1)?.detail).toMatchObject({ team: [{ role: 'commander' }, { role: 'expert' }, { role: 'customer-liaison' }] });
  });
});

describe('status updates', () => {
  it('are told to all who watch, keep the server’s time, and survive a restart', async () => {
    const { id } = await begin();
    const told: string[][] = [];
    const socket = await socketOf(ana);
    socket.on('attempt:status', (payload: unknown) => told.push(attemptStatusSchema.parse(payload).updates.map(({ kind }) => kind)));
    await ask(socket, 'attempt:watch', { attemptId: id });
    const path = `/api/attempts/${id}/status`;
    const first = await cy.call('POST', path, statusUpdateSchema, firstNotice);
    expect(Date.parse(first.nextAt!) - Date.parse(first.at)).toBe(600_000);
    expect(await codeOf(cy.refused('POST', path, { ...firstNotice, corrects: 5 }))).toBe('InvalidRequest');
    await cy.call('POST', path, statusUpdateSchema, { ...firstNotice, kind: 'scope', audience: 'internal', corrects: 1 });
    await eventually('both', () => told.at(-1)?.join() === 'first-notice,scope');
    await server.stop();
    await server.begin();
    const back = server.client();
    await back.signIn('bo@example.com', 'a long password');
    const { updates } = await back.call('GET', path, statusUpdatesSchema);
    expect(updates.map(({ seq, by, corrects }) => [seq, by.name, corrects])).toEqual([
      [1, 'Cy', null],
      [2, 'Cy', 1],
    ]);
  });

  it('have what they claim looked at, and are refused before the incident', async () => {
    const tess = await server.signIn('trainee');
    const { id } = await tess.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint' });
    await eventually('ready', async () => (await read(tess, id)).state === 'ready');
    expect(await codeOf(tess.refused('POST', `/api/attempts/${id}/status`, firstNotice))).toBe('AttemptNotRunning');
    const team = await begin();
    await cy.call('POST', `/api/attempts/${team.id}/status`, statusUpdateSchema, { ...firstNotice, kind: 'resolved', nextInMinutes: null });
    await eventually('the look', async () => {
      const { accounts, incidents } = server.running.services;
      const record = await incidents.fetchRecord((await accounts.people.findByEmail('ana@example.com'))!, team.id);
      return record?.samples.length === 1 && record.samples[0]?.failing.join() === 'The endpoint answers';
    });
  });
});
