import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  attemptSchema,
  gradeSchema,
  recordingSchema,
  resultSchema,
  rosterEntrySchema,
  terminalSchema,
  type AttemptView,
} from './contract/attempts.ts';
import { openedTerminalSchema } from './contract/events.ts';
import { catalogueSchema } from './contract/labs.ts';
import { auditEntrySchema, invitationSchema, personSchema, sandboxSchema, substrateSchema } from './contract/people.ts';
import { ask, type Client } from './testing/client.ts';
import { eventually } from './testing/eventually.ts';
import { TestServer } from './testing/test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

const read = (client: Client, id: string): Promise<AttemptView> => client.call('GET', `/api/attempts/${id}`, attemptSchema);

async function waitFor(client: Client, id: string, state: AttemptView['state']): Promise<AttemptView> {
  return eventually(`attempt in state ${state}`, async () => {
    const attempt = await read(client, id);
    if (attempt.state !== state && ['broken', 'failed', 'abandoned'].includes(attempt.state))
      throw new Error(`it is ${attempt.state}: ${String(attempt.trouble)}`);
    return attempt.state === state && attempt;
  });
}

async function start(client: Client, mode: 'guided' | 'incident', fault?: string): Promise<AttemptView> {
  return client.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode, ...(fault === undefined ? {} : { fault }) });
}

/** The sandbox of the only attempt there is, as a folder to work in. */
async function sandboxFolder(): Promise<string> {
  const [id] = await server.substrate.list();
  return server.substrate.folderOf(id ?? '');
}

describe('an attempt from the first page to the grade', () => {
  it('walks a trainee through a guided lab to a passed verdict, under the eyes of instructor and manager', async () => {
    const trainee = await server.signIn('trainee');
    const catalogue = await trainee.call('GET', '/api/labs', catalogueSchema);
    expect(catalogue.labs[0]).toMatchObject({ slug: 'endpoint', faults: [], mine: { runningAttemptId: null } });
    expect(catalogue.problems).toEqual([]);

    const { id } = await start(trainee, 'guided');
    const ready = await waitFor(trainee, id, 'ready');
    expect(ready.clock).toMatchObject({ running: true, totalMs: 3_600_000, extensionsLeft: 2 });
    expect(ready.steps.map((step) => step.state)).toEqual(['open', 'locked', 'locked']);
    expect(ready.steps[1]).toMatchObject({ markdown: null, checks: [], hints: [] });
    expect(ready.progress.map((entry) => entry.state)).not.toContain('failed');
    expect(ready.canStartIncident).toBe(false);

    const socket = await trainee.socket();
    const changes: AttemptView[] = [];
    socket.on('attempt:changed', ({ attempt }: { attempt: unknown }) => changes.push(attemptSchema.parse(attempt)));
    await ask(socket, 'attempt:watch', { attemptId: id });

    const terminal = await trainee.call('POST', `/api/attempts/${id}/terminals`, terminalSchema);
    const opened = openedTerminalSchema.parse(
      await ask(socket, 'terminal:open', { terminalId: terminal.id, columns: 100, rows: 30, fromSeq: 0, access: 'write' }),
    );
    expect(opened).toEqual({ seq: 0, restarted: false, columns: 100, rows: 30, ended: false });
    const shell = await eventually('a shell', () => server.shells.opened[0]);
    expect(shell.sizes[0]).toEqual({ columns: 100, rows: 30 });
    const shown: Buffer[] = [];
    socket.on('terminal:data', ({ data }: { data: Buffer }) => shown.push(data));
    socket.emit('terminal:input', { terminalId: terminal.id, data: Buffer.from('kubectl get pods\r') });
    await eventually('input', () => shell.typedText === 'kubectl get pods\r');
    shell.say('NAME   READY\r\n');
    await eventually('output', () => Buffer.concat(shown).toString() === 'NAME   READY\r\n');

    const folder = await sandboxFolder();
    await writeFile(path.join(folder, 'deployed'), '');
    const checked = await trainee.call('POST', `/api/attempts/${id}/steps/deploy/check`, attemptSchema);
    expect(checked.steps.map((step) => step.state)).toEqual(['passed', 'open', 'locked']);
    expect(checked.steps[0]?.checks[0]).toMatchObject({ state: 'pass', seen: ['deployed is as it should be'] });
    expect((await trainee.refused('POST', `/api/attempts/${id}/incident`, {})).error.code).toBe('AttemptNotRunning');

    await trainee.call('POST', `/api/attempts/${id}/steps/token/skip`, attemptSchema);
    const skipped = await eventually('the step skipped', async () => {
      const attempt = await read(trainee, id);
      return attempt.steps[1]?.state === 'skipped' && attempt;
    });
    expect(skipped.canStartIncident).toBe(true);

    await trainee.call('POST', `/api/attempts/${id}/incident`, attemptSchema, {});
    const incident = await waitFor(trainee, id, 'incident');
    expect(incident.clock).toMatchObject({ running: true, totalMs: 20 * 60_000 });
    expect(incident.steps[2]).toMatchObject({ state: 'open' });
    expect(await readdir(folder)).toContain('broken');

    const instructor = await server.signIn('instructor');
    const roster = await instructor.call('GET', '/api/roster', z.strictObject({ attempts: z.array(rosterEntrySchema) }));
    expect(roster.attempts[0]).toMatchObject({ connected: true, lastLines: ['NAME   READY'], step: { index: 2, of: 3 } });
    expect(roster.attempts[0]?.liveFault).not.toBeNull();

    await trainee.call('POST', `/api/attempts/${id}/steps/restore/hints/0`, attemptSchema);
    const { rm } = await import('node:fs/promises');
    await rm(path.join(folder, 'broken'));
    await trainee.call('POST', `/api/attempts/${id}/grade`, attemptSchema);
    const passed = await waitFor(trainee, id, 'passed');
    expect(passed.clock).toMatchObject({ running: false });
    await eventually('sandbox released', async () => (await server.substrate.list()).length === 0);
    await eventually('the change told', () => changes.some((attempt) => attempt.state === 'passed'));
    expect(changes.map((attempt) => attempt.revision)).toEqual([...changes.map((attempt) => attempt.revision)].sort((a, b) => a - b));

    const result = await trainee.call('GET', `/api/attempts/${id}/result`, resultSchema);
    expect(result).toMatchObject({ outcome: 'passed', hintsUsed: 1, stepsSkipped: 1, passMark: 70 });
    expect(result.restoredAfterMs).toBeGreaterThanOrEqual(0);
    expect(result.checks.find((check) => check.id === 'hidden-auth')?.evidence).toEqual([]);
    expect(result.checks.find((check) => check.id === 'token')).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('skipped'),
    });
    expect(result.timeline.map((entry) => entry.kind)).toEqual(
      expect.arrayContaining(['requested', 'step-passed', 'fault-live', 'hint', 'passed']),
    );

    const recordings = await trainee.call(
      'GET',
      `/api/attempts/${id}/recordings`,
      z.strictObject({ recordings: z.array(recordingSchema) }),
    );
    const cast = await (await trainee.fetch('GET', `/api/recordings/${recordings.recordings[0]?.id ?? ''}`)).text();
    expect(cast.split('\n')[0]).toContain('"version":2');
    expect(cast).toContain('NAME   READY');
    expect(cast).not.toContain('kubectl get pods');

    const manager = await server.signIn('manager');
    const full = await manager.call('GET', `/api/attempts/${id}/result`, resultSchema);
    expect(full.checks.find((check) => check.id === 'hidden-auth')?.evidence).not.toEqual([]);
    const overridden = await manager.call('POST', `/api/attempts/${id}/override`, resultSchema, {
      outcome: 'failed',
      reason: 'Seen to copy the answer from a colleague.',
    });
    expect(overridden).toMatchObject({ outcome: 'failed', score: result.score, override: { outcome: 'failed' } });
    const grades = await manager.call('GET', '/api/grades', z.strictObject({ grades: z.array(gradeSchema) }));
    expect(grades.grades).toMatchObject([{ attemptId: id, outcome: 'failed', overridden: true, cohorts: ['Demo cohort'] }]);
    const csv = await (await manager.fetch('GET', '/api/grades.csv')).text();
    expect(csv).toContain(id);
    socket.close();
  });

  it('starts an incident alone with the fault an instructor chose, and refuses that choice to a trainee', async () => {
    const trainee = await server.signIn('trainee');
    expect((await trainee.refused('POST', '/api/attempts', { lab: 'endpoint', mode: 'incident', fault: 'bad-image' })).error.code).toBe(
      'Forbidden',
    );
    const instructor = await server.signIn('instructor');
    const { id } = await start(instructor, 'incident', 'memory-exhausted');
    const attempt = await waitFor(instructor, id, 'incident');
    expect(attempt.steps.map((step) => step.id)).toEqual(['restore']);
    const roster = await instructor.call('GET', '/api/roster', z.strictObject({ attempts: z.array(rosterEntrySchema) }));
    expect(roster.attempts[0]?.liveFault).toBe('memory-exhausted');
  });

  it('allows one running attempt a person and lab, and names it in the catalogue', async () => {
    const trainee = await server.signIn('trainee');
    const { id } = await start(trainee, 'guided');
    expect((await trainee.refused('POST', '/api/attempts', { lab: 'endpoint' })).error.code).toBe('AlreadyRunning');
    const catalogue = await trainee.call('GET', '/api/labs', catalogueSchema);
    expect(catalogue.labs[0]?.mine.runningAttemptId).toBe(id);
  });

  it('resets to the healthy state, where the clock stands, and back to the fault', async () => {
    const trainee = await server.signIn('trainee');
    const { id } = await start(trainee, 'incident');
    await waitFor(trainee, id, 'incident');
    await trainee.call('POST', `/api/attempts/${id}/reset`, attemptSchema, { to: 'healthy' });
    const healthy = await waitFor(trainee, id, 'ready');
    expect(healthy.clock).toMatchObject({ running: false });
    expect(healthy.canStartIncident).toBe(true);
    await trainee.call('POST', `/api/attempts/${id}/incident`, attemptSchema, {});
    await waitFor(trainee, id, 'incident');
    await trainee.call('POST', `/api/attempts/${id}/reset`, attemptSchema, { to: 'fault' });
    const again = await eventually('the fault again', async () => {
      const attempt = await read(trainee, id);
      return attempt.state === 'incident' && attempt.clock?.running === true && attempt;
    });
    expect(await readdir(await sandboxFolder())).toContain('broken');
    expect(again.incidentStartedAt).not.toBeNull();
  });

  it('abandons: the sandbox goes, the result says so', async () => {
    const trainee = await server.signIn('trainee');
    const { id } = await start(trainee, 'guided');
    await waitFor(trainee, id, 'ready');
    await trainee.call('POST', `/api/attempts/${id}/abandon`, attemptSchema);
    await eventually('sandbox released', async () => (await server.substrate.list()).length === 0);
    const result = await trainee.call('GET', `/api/attempts/${id}/result`, resultSchema);
    expect(result).toMatchObject({ outcome: 'abandoned', score: null, checks: [] });
    expect((await trainee.refused('POST', `/api/attempts/${id}/grade`)).error.code).toBe('AttemptNotRunning');
  });
});

describe('administration', () => {
  it('lets the first administrator in, invites, disables, and keeps a log', async () => {
    const admin = await server.signIn('administrator');
    const invitation = await admin.call('POST', '/api/people', invitationSchema, {
      email: 'Nina@Example.com',
      name: 'Nina',
      role: 'trainee',
    });
    expect(invitation.person).toMatchObject({ email: 'nina@example.com', state: 'invited' });
    const nina = server.client();
    await nina.acceptLink(new URL(invitation.link).pathname, { password: 'correct horse battery' });
    expect((await nina.session()).me).toMatchObject({ name: 'Nina', role: 'trainee' });
    const again = server.client();
    await again.session();
    expect(
      (await again.refused('POST', new URL(invitation.link).pathname.replace('/welcome/', '/api/links/'), { password: 'another password' }))
        .error.code,
    ).toBe('LinkExpired');

    const { sandboxes, substrate } = await admin.call(
      'GET',
      '/api/sandboxes',
      z.strictObject({ sandboxes: z.array(sandboxSchema), substrate: substrateSchema }),
    );
    expect(sandboxes).toEqual([]);
    expect(substrate).toMatchObject({ isBoundary: false, healthy: true, capacity: 5, inUse: 0 });

    await admin.call('PATCH', `/api/people/${invitation.person.id}`, personSchema, { disabled: true });
    expect((await nina.session()).me).toBeNull();
    const log = await admin.call(
      'GET',
      '/api/audit?limit=100',
      z.strictObject({ entries: z.array(auditEntrySchema), nextBefore: z.number().nullable() }),
    );
    expect(log.entries.map((entry) => entry.action)).toEqual(
      expect.arrayContaining(['session.created', 'person.invited', 'person.changed']),
    );
    expect(JSON.stringify(log)).not.toContain('correct horse');
  });

  it('does not offer the first link again once it was used, and renews it while it was not', async () => {
    const first = server.running.links.find((link) => link.role === 'administrator');
    await server.stop();
    await server.begin();
    const second = server.running.links.find((link) => link.role === 'administrator');
    expect(second?.path).not.toBe(first?.path);
    const stale = server.client();
    await stale.session();
    expect(
      (await stale.refused('POST', (first?.path ?? '').replace('/welcome/', '/api/links/'), { password: 'a good password' })).error.code,
    ).toBe('LinkExpired');
    await server.signIn('administrator');
    await server.stop();
    await server.begin();
    expect(server.running.links.some((link) => link.role === 'administrator')).toBe(false);
  });
});
