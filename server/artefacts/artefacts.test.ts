import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  artefactContentSchema,
  artefactsSchema,
  artefactVersionSchema,
  artefactViewSchema,
  type Artefacts,
  type ArtefactView,
} from '../contract/artefacts.ts';
import { attemptSchema, resultSchema } from '../contract/attempts.ts';
import { auditEntrySchema } from '../contract/people.ts';
import type { Client } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
let trainee: Client;
let instructor: Client;
let manager: Client;
let id: string;

const list = (client: Client): Promise<Artefacts> => client.call('GET', `/api/attempts/${id}/artefacts`, artefactsSchema);
const at = (more = ''): string => `/api/attempts/${id}/artefacts/postmortem${more}`;

async function postmortem(client: Client): Promise<ArtefactView> {
  const found = (await list(client)).artefacts.find((artefact) => artefact.id === 'postmortem');
  if (found === undefined) throw new Error('There is no postmortem.');
  return found;
}

async function save(content: object, basedOn?: number): Promise<ArtefactView> {
  const revision = basedOn ?? (await postmortem(trainee)).revision;
  return trainee.call('PUT', at(), artefactViewSchema, { basedOn: revision, content });
}

async function waitFor(state: string): Promise<void> {
  await eventually(`the attempt ${state}`, async () => {
    const attempt = await trainee.call('GET', `/api/attempts/${id}`, attemptSchema);
    return attempt.state === state;
  });
}

const scores = { clarity: 3, analysis: 2, blameless: 3, actions: 1 };

beforeAll(async () => {
  server = await TestServer.start();
  trainee = await server.signIn('trainee');
  instructor = await server.signIn('instructor');
  manager = await server.signIn('manager');
  const attempt = await trainee.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'incident', fault: undefined });
  id = attempt.id;
  await waitFor('incident');
});
afterAll(() => server[Symbol.asyncDispose]());

describe('an artefact of an attempt', () => {
  it('is offered empty, with what is asked of it but not what would give the answer away', async () => {
    const { artefacts, attempt, record } = await list(trainee);
    expect(artefacts.map((artefact) => artefact.id)).toEqual(['postmortem', 'runbook']);
    expect(attempt).toMatchObject({ id, ended: false });
    expect(record[0]?.what).toBe('The incident began.');
    expect(artefacts[0]).toMatchObject({ revision: 0, version: null, submitted: null, rating: null, mayWrite: true, mayRate: false });
    expect(artefacts[0]?.findings.map((finding) => [finding.id, finding.ok])).toEqual([['told', false]]);
    expect(artefacts[1]?.content['text']).toContain('## Mitigate');
  });

  it('keeps drafts as they are saved, says what is still missing, and leaves out what does not fit', async () => {
    const first = await save({ overview: 'It broke.', stranger: 'x', timeline: [{ at: '09:14', what: 'It began' }] });
    expect(first).toMatchObject({ revision: 1, version: 1 });
    expect(first.content).not.toHaveProperty('stranger');
    const overview = 'Requests failed for nine minutes.';
    const second = await save({ ...first.content, overview, impact: 'Nobody could file claims online.' });
    expect(second).toMatchObject({ revision: 2, version: 1 });
    expect(second.findings).toEqual([expect.objectContaining({ id: 'told', ok: true, reason: null })]);
    expect(await save(second.content)).toMatchObject({ revision: 2 });
  });

  it('refuses a window that is behind, and loses nothing', async () => {
    const refused = await trainee.refused('PUT', at(), { basedOn: 1, content: { overview: 'old window' } });
    expect(refused.error).toMatchObject({ code: 'Conflict', remedy: expect.stringContaining('Copy') as string });
    expect((await postmortem(trainee)).content['overview']).toContain('nine minutes');
  });

  it.each<[string, unknown, number]>([
    ['a field of the prototype', { basedOn: 2, content: { __proto__x: 'x' } }, 400],
    ['too long a text', { basedOn: 2, content: { overview: 'x'.repeat(20_001) } }, 400],
    ['too much in all', { basedOn: 2, content: Object.fromEntries(['a', 'b', 'c', 'd'].map((key) => [key, 'x'.repeat(19_000)])) }, 400],
    ['too many rows', { basedOn: 2, content: { timeline: Array.from({ length: 61 }, () => ({ at: '1' })) } }, 400],
    ['no revision', { content: {} }, 400],
  ])('refuses %s', async (_, body, status) => {
    expect((await trainee.refused('PUT', at(), body)).status).toBe(status);
  });

  it('is read by instructors and managers, who cannot write it, and by no other trainee', async () => {
    for (const reader of [instructor, manager]) {
      expect(await postmortem(reader)).toMatchObject({ mayWrite: false, mayRate: true, version: 1 });
      expect((await reader.refused('PUT', at(), { basedOn: 2, content: {} })).error.code).toBe('ReadOnly');
    }
    const invited = await server.running.services.accounts.invite({ email: 'other@example.com', name: 'Other', role: 'trainee' });
    const other = server.client();
    await other.acceptLink(`/welcome/${invited.link.token}`, { name: 'Other', password: 'a good password' });
    for (const [method, address] of [
      ['GET', `/api/attempts/${id}/artefacts`],
      ['GET', at('/versions')],
      ['GET', at('/versions/1')],
    ] as const)
      expect((await other.refused(method, address)).status).toBe(404);
    expect((await other.refused('PUT', at(), { basedOn: 2, content: {} })).status).toBe(404);
    expect((await server.client().refused('GET', `/api/attempts/${id}/artefacts`)).status).toBe(401);
  });

  it('is not rated as a draft; once submitted it is never written over', async () => {
    const draft = { version: 1, scores, comment: '', accepted: false };
    expect((await instructor.refused('POST', at('/rating'), draft)).error.code).toBe('Conflict');
    const submitted = await trainee.call('POST', at('/submit'), artefactViewSchema, { basedOn: 2 });
    expect(submitted).toMatchObject({ revision: 3, submitted: { version: 1 } });
    const next = await save({ ...submitted.content, impact: 'Nobody could file claims for nine minutes.' });
    expect(next).toMatchObject({ version: 2, submitted: { version: 1 } });
    const kept = await manager.call('GET', at('/versions/1'), z.strictObject({ content: artefactContentSchema }));
    expect(kept.content['impact']).toBe('Nobody could file claims online.');
    expect((await trainee.refused('GET', at('/versions/0'))).status).toBe(404);
    expect((await trainee.refused('GET', at('/versions/99'))).status).toBe(404);
  });

  it('counts in the verdict as it was kept, and is submitted with it', async () => {
    await save({ ...(await postmortem(trainee)).content, classification: 'governance' });
    const [sandboxId = ''] = await server.substrate.list();
    await rm(path.join(server.substrate.folderOf(sandboxId), 'broken'));
    await trainee.call('POST', `/api/attempts/${id}/grade`, attemptSchema);
    await waitFor('passed');
    const result = await trainee.call('GET', `/api/attempts/${id}/result`, resultSchema);
    expect(result.checks.map((check) => check.id)).toContain('postmortem');
    const ended = await postmortem(trainee);
    expect(ended).toMatchObject({ submitted: { version: 2 }, mayWrite: true });
    expect(ended.findings.map((finding) => [finding.id, finding.ok])).toEqual([
      ['told', true],
      ['classified', false],
    ]);
    expect((await list(trainee)).record.map(({ what }) => what)).toContain('The service was well again, as seen from outside.');
    const { versions } = await trainee.call('GET', at('/versions'), z.strictObject({ versions: z.array(artefactVersionSchema) }));
    expect(versions.map(({ version, submitted }) => [version, submitted])).toEqual([
      [2, true],
      [1, true],
    ]);
  });

  it('is rated by its rubric, with name and time, on record; what was accepted is closed', async () => {
    const rating = { version: 2, scores, comment: 'Read it aloud once.', accepted: false };
    expect((await instructor.refused('POST', at('/rating'), { ...rating, version: 1 })).error.code).toBe('Conflict');
    expect((await instructor.refused('POST', at('/rating'), { ...rating, scores: { clarity: 3, charm: 1 } })).error.issues).toHaveLength(4);
    expect((await instructor.refused('POST', at('/rating'), { ...rating, scores: { ...scores, clarity: 4 } })).status).toBe(400);
    expect((await trainee.refused('POST', at('/rating'), rating)).error.code).toBe('Forbidden');
    const rated = await instructor.call('POST', at('/rating'), artefactViewSchema, rating);
    expect(rated.rating).toMatchObject({ version: 2, scores, accepted: false, comment: 'Read it aloud once.' });
    expect(rated.rating?.by.name).not.toBe('');

    const better = await save({ ...(await postmortem(trainee)).content, classification: 'platform' });
    expect(better.version).toBe(3);
    expect(better.findings.every((finding) => finding.ok)).toBe(true);
    await trainee.call('POST', at('/submit'), artefactViewSchema, { basedOn: better.revision });
    await manager.call('POST', at('/rating'), artefactViewSchema, { ...rating, version: 3, accepted: true });
    const closed = await postmortem(trainee);
    expect(closed).toMatchObject({ mayWrite: false, rating: { accepted: true, version: 3 } });
    expect((await trainee.refused('PUT', at(), { basedOn: closed.revision, content: {} })).error.code).toBe('ReadOnly');

    const administrator = await server.signIn('administrator');
    const audit = await administrator.call(
      'GET',
      '/api/audit?limit=100&action=artefact.',
      z.object({ entries: z.array(auditEntrySchema) }),
    );
    expect(audit.entries.map((entry) => entry.action)).toEqual([
      'artefact.rated',
      'artefact.submitted',
      'artefact.rated',
      'artefact.submitted',
    ]);
    expect(audit.entries[0]?.actor?.name).not.toBe(audit.entries[2]?.actor?.name);
  });

  it('is still there after a restart', async () => {
    const before = await postmortem(manager);
    await server.stop();
    await server.begin();
    const again = await server.signIn('manager');
    expect((await list(again)).artefacts[0]).toEqual(before);
  });
});
