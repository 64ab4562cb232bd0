import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  artefactReviewsSchema,
  artefactsSchema,
  artefactViewSchema,
  type ArtefactReviews,
  type ArtefactView,
} from '../contract/artefacts.ts';
import { personCurriculumSchema } from '../contract/curriculum.ts';
import { attemptSchema } from '../contract/attempts.ts';
import { mentorPairSchema } from '../contract/mentoring.ts';
import { auditPageSchema } from '../contract/people.ts';
import { remindersSchema } from '../contract/reminders.ts';
import type { Client } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
let trainee: Client;
let instructor: Client;
let mentor: Client;
let stranger: Client;
let attemptId: string;
const scores = { clarity: 3, analysis: 2, blameless: 3, actions: 1 };
const at = (more = ''): string => `/api/attempts/${attemptId}/artefacts/postmortem${more}`;
const reviews = (client: Client): Promise<ArtefactReviews> => client.call('GET', at('/reviews'), artefactReviewsSchema);
const kinds = async (client: Client): Promise<string[]> =>
  (await client.call('GET', '/api/reminders', remindersSchema)).reminders.map(({ kind }) => kind);

async function postmortem(client: Client): Promise<ArtefactView> {
  const { artefacts } = await client.call('GET', `/api/attempts/${attemptId}/artefacts`, artefactsSchema);
  return artefacts.find(({ id }) => id === 'postmortem')!;
}

async function handIn(overview: string): Promise<ArtefactView> {
  const { revision, content } = await postmortem(trainee);
  const saved = await trainee.call('PUT', at(), artefactViewSchema, { basedOn: revision, content: { ...content, overview } });
  return trainee.call('POST', at('/submit'), artefactViewSchema, { basedOn: saved.revision });
}

beforeAll(async () => {
  server = await TestServer.start();
  trainee = await server.signIn('trainee');
  instructor = await server.signIn('instructor');
  mentor = await server.trainee('Mona');
  stranger = await server.trainee('Sam');
  attemptId = (await trainee.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'incident', fault: undefined })).id;
  await eventually(
    'the incident',
    async () => (await trainee.call('GET', `/api/attempts/${attemptId}`, attemptSchema)).state === 'incident',
  );
});
afterAll(() => server[Symbol.asyncDispose]());

describe('a review', () => {
  it('is for instructors and managers until a mentor is assigned, who then sees this and no other page of the attempt', async () => {
    await handIn('First line.\nSecond line.');
    expect((await mentor.refused('GET', `/api/attempts/${attemptId}/artefacts`)).error.code).toBe('NotFound');
    const idOf = async (client: Client): Promise<string> => (await client.session()).me!.id;
    const pair = { mentorId: await idOf(mentor), traineeId: await idOf(trainee) };
    await instructor.call('POST', '/api/mentoring/pairs', mentorPairSchema, pair);
    expect(await postmortem(mentor)).toMatchObject({ mayWrite: false, mayRate: true, state: 'handed-in' });
    expect((await mentor.refused('PUT', at(), { basedOn: 2, content: {} })).error.code).toBe('NotFound');
    for (const page of ['', '/result', '/recordings'])
      expect((await mentor.refused('GET', `/api/attempts/${attemptId}${page}`)).error.code, page).toBe('NotFound');
    expect((await stranger.refused('GET', at('/reviews'))).error.code).toBe('NotFound');
    expect(await kinds(mentor)).toEqual(['review']);
    const { work } = await mentor.call('GET', `/api/curriculum/people/${pair.traineeId}`, personCurriculumSchema);
    expect(work).toMatchObject([
      {
        attemptId,
        artefacts: [
          { id: 'postmortem', state: 'handed-in' },
          { id: 'runbook', state: 'open' },
        ],
      },
    ]);
  });

  it('begins threads at a line, with the words that stand there, by reviewers only', async () => {
    const comment = { version: 1, place: { field: 'overview', line: 2 }, text: 'Who was affected?' };
    const { threads } = await mentor.call('POST', at('/threads'), artefactReviewsSchema, comment);
    expect(threads).toMatchObject([{ version: 1, place: { field: 'overview', line: 2, quote: 'Second line.' }, resolved: null }]);
    expect((await trainee.refused('POST', at('/threads'), comment)).error.code).toBe('Forbidden');
    expect((await mentor.refused('POST', at('/threads'), { ...comment, version: 2 })).error.code).toBe('Conflict');
    expect((await mentor.refused('POST', at('/threads'), { ...comment, place: { field: 'overview', line: 9 } })).status).toBe(400);
    expect((await mentor.refused('POST', at('/threads'), { ...comment, text: ' ' })).status).toBe(400);
    expect((await stranger.refused('POST', at('/threads'), comment)).status).toBe(404);
  });

  it('is answered and resolved by writer and reviewer, and is open again with an answer', async () => {
    const { id } = (await reviews(trainee)).threads[0]!;
    expect(await reviews(trainee)).toMatchObject({ mayBegin: false, mayAnswer: true });
    const answered = await trainee.call('POST', at(`/threads/${id}`), artefactReviewsSchema, { text: 'Everybody who files claims.' });
    expect(answered.threads[0]?.comments.map(({ text }) => text)).toEqual(['Who was affected?', 'Everybody who files claims.']);
    const resolve = (resolved: boolean): Promise<ArtefactReviews> =>
      mentor.call('PUT', at(`/threads/${id}/resolution`), artefactReviewsSchema, { resolved });
    expect((await resolve(true)).threads[0]?.resolved?.by.name).toBe('Mona');
    expect(
      (await trainee.call('POST', at(`/threads/${id}`), artefactReviewsSchema, { text: 'One more thing.' })).threads[0]?.resolved,
    ).toBeNull();
    await resolve(true);
    expect((await stranger.refused('POST', at(`/threads/${id}`), { text: 'x' })).status).toBe(404);
    expect((await trainee.refused('POST', at('/threads/cm_aaaaaaaaaaaaaaaaaaaa'), { text: 'x' })).status).toBe(404);
    const other = `/api/attempts/${attemptId}/artefacts/runbook/threads/${id}`;
    expect((await trainee.refused('POST', other, { text: 'x' })).status).toBe(404);
  });

  it('returns with a word or not at all, reminds the writer, and keeps every decision beside its version', async () => {
    const rating = { version: 1, scores, comment: '', accepted: false };
    expect((await mentor.call('POST', at('/rating'), artefactViewSchema, rating)).state).toBe('returned');
    expect(await kinds(trainee)).toEqual(['returned']);
    expect(await kinds(mentor)).toEqual([]);

    await handIn('First line.\nSecond line: everybody who files claims.');
    expect(await kinds(trainee)).toEqual([]);
    expect(await kinds(mentor)).toEqual(['review']);
    const refused = await mentor.refused('POST', at('/rating'), { ...rating, version: 2 });
    expect(refused.error).toMatchObject({ code: 'InvalidRequest', issues: [{ path: 'comment' }] });
    expect((await trainee.refused('POST', at('/rating'), { ...rating, version: 2, comment: 'Good.', accepted: true })).error.code).toBe(
      'Forbidden',
    );
    await instructor.call('POST', at('/rating'), artefactViewSchema, { ...rating, version: 2, comment: 'Good.', accepted: true });
    const { ratings, threads } = await reviews(trainee);
    expect(ratings.map(({ version, accepted, by }) => [version, accepted, by.name])).toEqual([
      [2, true, 'Ines Instructor'],
      [1, false, 'Mona'],
    ]);
    expect(threads.map(({ version, place }) => [version, place?.quote])).toEqual([[1, 'Second line.']]);
    expect(await postmortem(trainee)).toMatchObject({ state: 'accepted', mayWrite: false });
  });

  it('is in the audit log without what was said', async () => {
    const administrator = await server.signIn('administrator');
    const { entries } = await administrator.call('GET', '/api/audit?limit=100&action=artefact.', auditPageSchema);
    const actions = entries.map(({ action }) => action);
    expect(actions.filter((action) => action === 'artefact.commented')).toHaveLength(3);
    expect(actions.filter((action) => action === 'artefact.thread-resolved')).toHaveLength(2);
    expect(JSON.stringify(entries)).not.toContain('Who was affected');
  });
});
