import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../clock.ts';
import { artefactsSchema, artefactViewSchema } from '../contract/artefacts.ts';
import { attemptSchema, attemptSummariesSchema, gradesSchema, rosterSchema, terminalSchema } from '../contract/attempts.ts';
import { candidateViewSchema, interviewReviewsSchema, interviewSchema, interviewsSchema } from '../contract/interviews.ts';
import { newInterviewSchema, type NewInterview } from '../contract/interviews.ts';
import { peopleSchema } from '../contract/people.ts';
import { runEvidenceCommand } from '../evidence/cli.ts';
import { allRoutes } from '../http/routes.ts';
import { allSocketEvents } from '../realtime/realtime.ts';
import { ask, type Client } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import { enter, linkPath, makeInterview } from '../testing/interviews.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { TestServer } from '../testing/test-server.ts';

const stateOf = async (client: Client, id: string): Promise<string> =>
  (await client.call('GET', `/api/attempts/${id}`, attemptSchema)).state;

async function takeInterview(server: TestServer, made: NewInterview, outcome: 'passed' | 'failed' = 'passed'): Promise<string> {
  const candidate = server.client();
  const id = await enter(candidate, made);
  await eventually('the incident', async () => (await stateOf(candidate, id)) === 'incident');
  await candidate.call('POST', `/api/attempts/${id}/terminals`, terminalSchema);
  server.controls.outcome = outcome;
  await candidate.call('POST', `/api/attempts/${id}/grade`, attemptSchema);
  await eventually('the verdict', async () => (await stateOf(candidate, id)) === outcome);
  return id;
}

describe('what a candidate reaches', () => {
  let server: TestServer;
  let staff: Client;
  let candidate: Client;
  let attemptId: string;
  let foreignId: string;
  beforeAll(async () => {
    server = await TestServer.start();
    staff = await server.signIn('instructor');
    const trainee = await server.signIn('trainee');
    foreignId = (await trainee.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'incident' })).id;
    candidate = server.client();
    attemptId = await enter(candidate, await makeInterview(staff));
    await eventually('the incident', async () => (await stateOf(candidate, attemptId)) === 'incident');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('is its own attempt, and of the whole table of routes nothing else', async () => {
    const open: string[] = [];
    for (const { method, path: pattern, access } of allRoutes(server.running.services)) {
      if (access === 'public') continue;
      const name = `${method} ${pattern}`;
      const url = pattern
        .replace('{/*path}', '/')
        .replace(':id', foreignId)
        .replace(/:(person|cohort|terminal)/, foreignId)
        .replace(/:(step|service|artefact|slug)/, 'restore')
        .replace(/:(n|version)/, '1');
      const body = method === 'GET' ? undefined : {};
      const { status, error } = await candidate.refused(method === 'ANY' ? 'GET' : method, url, body).catch((thrown: unknown) => {
        open.push(`${name}: ${String(thrown)}`);
        return { status: 0, error: { code: 'Internal' as const } };
      });
      if (access.includes('candidate')) {
        if (name !== 'DELETE /api/session') expect([name, [400, 404].includes(status)], error.code).toEqual([name, true]);
      } else expect([name, error.code]).toEqual([name, 'Forbidden']);
      if (name === 'DELETE /api/session') break;
    }
    expect(open.filter((line) => !line.startsWith('DELETE /api/session'))).toEqual([]);
  });

  it('refuses its socket every event that is not about its own attempt', async () => {
    const fresh = server.client();
    const id = await enter(fresh, await makeInterview(staff));
    const socket = await fresh.socket();
    await expect(ask(socket, 'attempt:watch', { attemptId: id })).resolves.toBeDefined();
    await expect(ask(socket, 'attempt:watch', { attemptId: foreignId })).rejects.toThrow('NotFound');
    for (const event of allSocketEvents(server.running.services))
      if (event.acknowledged && !event.roles.includes('candidate')) await expect(ask(socket, event.name, {})).rejects.toThrow('Forbidden');
    socket.close();
  });

  it('is not seen where people are: neither in lists, nor on the roster, nor in metrics', async () => {
    const admin = await server.signIn('administrator');
    const { people } = await admin.call('GET', '/api/people', peopleSchema);
    expect(people.map(({ role }) => role).sort()).not.toContain('candidate');
    const { attempts } = await staff.call('GET', '/api/roster', rosterSchema);
    expect(attempts.map(({ attempt }) => attempt.id)).toEqual([foreignId]);
    const listed = await staff.call('GET', '/api/attempts', attemptSummariesSchema);
    expect(listed.attempts.map(({ id }) => id)).toEqual([foreignId]);
  });

  it('cannot be begun in the name of somebody who is signed in', async () => {
    const made = await makeInterview(staff);
    const { error } = await staff.refused('POST', linkPath(made), { consents: true, acknowledges: 'none' });
    expect([error.code, error.message]).toEqual(['Conflict', expect.stringContaining('is signed in as')]);
  });
});

describe('one link, one attempt', () => {
  let server: TestServer;
  let staff: Client;
  const clock = new ManualClock(Date.now());
  beforeEach(async () => {
    server = await TestServer.start({ clock });
    staff = await server.signIn('manager');
  });
  afterEach(() => server[Symbol.asyncDispose]());
  const wordsOf = async (token: string): Promise<string> =>
    (await server.client().refused('GET', `/api/interview-links/${token}`)).error.message;
  const tokenOf = (made: NewInterview): string => linkPath(made).split('/').at(-1) ?? '';

  it('goes on in another browser and tells the first; two at once begin one attempt', async () => {
    const made = await makeInterview(staff);
    const [one, two] = [server.client(), server.client()];
    const [first, second] = await Promise.all([enter(one, made), enter(two, made)]);
    expect(first).toBe(second);
    const alive = await Promise.all([one, two].map(async (client) => (await client.session()).me !== null));
    expect(alive.filter(Boolean)).toHaveLength(1);

    const third = server.client();
    const holder = alive[0] === true ? one : two;
    const socket = await holder.socket();
    const told = new Promise<{ reason: string }>((resolve) => void socket.once('session:ended', resolve));
    expect(await enter(third, made)).toBe(first);
    expect((await told).reason).toContain('opened in another browser');
    expect((await holder.session()).me).toBeNull();
    expect(await third.call('GET', linkPath(made), candidateViewSchema)).toMatchObject({
      state: 'running',
      isHere: true,
      attemptId: first,
    });
    expect(await holder.call('GET', linkPath(made), candidateViewSchema)).toMatchObject({ state: 'running', isHere: false });
  });

  it('survives a restart in the middle', async () => {
    const made = await makeInterview(staff);
    const candidate = server.client();
    const id = await enter(candidate, made);
    await server.stop();
    await server.begin();
    const again = server.client();
    expect(await enter(again, { link: made.link })).toBe(id);
  });

  it('says in words why a link leads nowhere', async () => {
    const made = await makeInterview(staff, { expiresInDays: 1 });
    expect(await wordsOf(`${tokenOf(made).slice(0, -1)}_`)).toContain('mistyped');
    const late = await makeInterview(staff, { expiresInDays: 1 });
    await staff.call('POST', `/api/interviews/${made.interview.id}/revoke`, interviewSchema);
    expect(await wordsOf(tokenOf(made))).toBe('This interview was called off.');
    const replaced = await makeInterview(staff, { expiresInDays: 2 });
    const renewed = await staff.call('POST', `/api/interviews/${replaced.interview.id}/link`, newInterviewSchema);
    expect(await wordsOf(tokenOf(replaced))).toContain('replaced by a newer link');
    await server.client().call('GET', linkPath(renewed), candidateViewSchema);
    clock.advance(DAY_MS);
    expect(await wordsOf(tokenOf(late))).toBe('The time to begin this interview is over.');
  });

  it('refuses an exercise that is not there any more and keeps the link good', async () => {
    const made = await makeInterview(staff);
    const { catalogue } = server.parts;
    const gone = vi.spyOn(catalogue, 'find').mockReturnValue(undefined);
    const candidate = server.client();
    await candidate.session();
    const refused = await candidate.refused('POST', linkPath(made), { consents: true, acknowledges: 'none' });
    expect(refused.error).toMatchObject({ code: 'Conflict', message: expect.stringContaining('not there any more') as unknown });
    const { interviews } = await staff.call('GET', '/api/interviews', interviewsSchema);
    expect(interviews[0]?.problem).toContain('not in the catalogue');
    expect((await staff.refused('POST', '/api/interviews', { ...body, lab: 'endpoint' })).error.code).toBe('NotFound');
    gone.mockRestore();
    await enter(candidate, made);
  });

  it('ends what runs when it is called off, and says so on the page', async () => {
    const made = await makeInterview(staff);
    const candidate = server.client();
    const id = await enter(candidate, made);
    const socket = await candidate.socket();
    const told = new Promise<{ reason: string }>((resolve) => void socket.once('session:ended', resolve));
    await staff.call('POST', `/api/interviews/${made.interview.id}/revoke`, interviewSchema);
    expect((await told).reason).toBe('This interview was called off.');
    expect(await stateOf(staff, id)).toBe('abandoned');
  });

  it('refuses a policy that was not the one read, and candidates who do not consent', async () => {
    const made = await makeInterview(staff, { aiPolicy: 'required' });
    const candidate = server.client();
    await candidate.session();
    expect((await candidate.refused('POST', linkPath(made), { consents: true, acknowledges: 'none' })).error.code).toBe('Conflict');
    expect((await candidate.refused('POST', linkPath(made), { consents: false, acknowledges: 'required' })).error.code).toBe(
      'InvalidRequest',
    );
  });
});

const body = {
  candidate: 'Kim Candidate',
  mode: 'incident',
  minutes: 20,
  aiPolicy: 'none',
  showsResult: false,
  expiresInDays: 7,
  retainDays: 30,
};

describe('after it', () => {
  let server: TestServer;
  let staff: Client;
  const clock = new ManualClock(Date.now());
  beforeEach(async () => {
    server = await TestServer.start({ clock });
    staff = await server.signIn('instructor');
  });
  afterEach(() => server[Symbol.asyncDispose]());

  it('shows the verdict to staff, to the candidate only where that was agreed, and in no grades', async () => {
    const open = await makeInterview(staff, { candidate: 'Bo Open' });
    const shut = await makeInterview(staff, { candidate: 'Al Shut', showsResult: false });
    const attemptId = await takeInterview(server, open);
    await takeInterview(server, shut, 'failed');
    const seen = await server.client().call('GET', linkPath(open), candidateViewSchema);
    expect(seen).toMatchObject({ state: 'over', result: { outcome: 'passed' } });
    expect(seen.result?.checks.map(({ id }) => id)).not.toContain('hidden-auth');
    expect(await server.client().call('GET', linkPath(shut), candidateViewSchema)).toMatchObject({ state: 'over', result: null });
    const ids = [open, shut].map(({ interview }) => interview.id).join(',');
    const { reviews } = await staff.call('GET', `/api/interviews/reviews?ids=${ids}`, interviewReviewsSchema);
    expect(reviews.map(({ interview, result }) => [interview.candidate, result?.outcome, result?.recordings])).toEqual([
      ['Al Shut', 'failed', 1],
      ['Bo Open', 'passed', 1],
    ]);
    expect(reviews[1]?.process).toMatchObject({ isEmpty: true });
    expect(await staff.call('GET', '/api/grades', gradesSchema)).toEqual({ grades: [] });
    expect((await staff.fetch('GET', `/api/attempts/${attemptId}/result`)).status).toBe(200);
    const other = await makeInterview(staff, { minutes: 30 });
    expect((await staff.refused('GET', `/api/interviews/reviews?ids=${ids},${other.interview.id}`)).error.message).toContain(
      'not given the same exercise',
    );
  });

  it('erases name, recordings and what was written on request, and keeps the counts and the chain', async () => {
    const made = await makeInterview(staff, { aiPolicy: 'allowed' });
    const candidate = server.client();
    const id = await enter(candidate, made);
    expect((await staff.refused('POST', `/api/interviews/${made.interview.id}/erase`)).error.message).toContain('under way');
    await eventually('the incident', async () => (await stateOf(candidate, id)) === 'incident');
    await candidate.call('PUT', `/api/attempts/${id}/artefacts/runbook`, artefactViewSchema, {
      basedOn: 0,
      content: { text: 'My number is 555 0100.' },
    });
    await candidate.call('PUT', `/api/attempts/${id}/ai/declaration`, attemptSchema, {
      tools: ['Chat'],
      what: 'It told me what Kim means.',
    });
    await candidate.call('POST', `/api/attempts/${id}/terminals`, terminalSchema);
    await candidate.call('POST', `/api/attempts/${id}/grade`, attemptSchema);
    await eventually('the end', async () => ['passed', 'failed'].includes(await stateOf(staff, id)));
    const recordings = (): Promise<string[]> => readdir(path.join(server.dataDir, 'recordings'));
    await eventually('the recording', async () => (await recordings()).some((file) => file.endsWith('.cast')));

    const erased = await staff.call('POST', `/api/interviews/${made.interview.id}/erase`, interviewSchema);
    expect(erased).toMatchObject({ candidate: null, state: 'erased', attempt: { id }, erasedAfter: null });
    expect(await recordings()).toEqual([]);
    expect(await staff.call('GET', `/api/attempts/${id}/artefacts`, artefactsSchema)).toMatchObject({ artefacts: [] });
    expect((await candidate.session()).me).toBeNull();
    expect((await server.client().refused('GET', linkPath(made))).error.message).toContain('erased');
    await server.stop();
    const everything = await readdir(server.dataDir, { recursive: true });
    for (const file of everything.map((name) => path.join(server.dataDir, name))) {
      if (!(await stat(file)).isFile()) continue;
      const bytes = await readFile(file);
      for (const word of ['Kim Candidate', '555 0100', 'what Kim means']) expect([file, bytes.includes(word)]).toEqual([file, false]);
    }
    const told: string[] = [];
    const output = { say: (line: string) => void told.push(line), complain: (line: string) => void told.push(line) };
    expect(await runEvidenceCommand(['verify'], { DATA_DIR: server.dataDir }, output), told.join('\n')).toBe(0);
  });

  it('erases by itself when the time for keeping is over, also what became due while the server was down', async () => {
    const made = await makeInterview(staff, { retainDays: 10 });
    await takeInterview(server, made);
    const unused = await makeInterview(staff, { expiresInDays: 1, retainDays: 1 });
    const states = async (): Promise<Record<string, string>> => {
      const { interviews } = await (await server.signIn('instructor')).call('GET', '/api/interviews', interviewsSchema);
      return Object.fromEntries(interviews.map(({ id, state }) => [id, state]));
    };
    await server.stop();
    clock.advance(2 * DAY_MS + 1);
    await server.begin();
    expect(await states()).toEqual({ [made.interview.id]: 'over', [unused.interview.id]: 'erased' });
    await server.stop();
    clock.advance(8 * DAY_MS);
    await server.begin();
    expect(await states()).toMatchObject({ [made.interview.id]: 'erased' });
  });
});
