import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attemptSchema, type AttemptView } from '../contract/attempts.ts';
import { aiRulesSchema } from '../contract/ai-policy.ts';
import { extraTimeHistorySchema, extraTimesSchema } from '../contract/extra-time.ts';
import { catalogueSchema } from '../contract/labs.ts';
import { auditPageSchema } from '../contract/people.ts';
import { allowedMinutes, limitFactor, mostOf } from '../attempts/extra-time.ts';
import { addTime, startClock, viewClock } from '../attempts/attempt-clock.ts';
import type { Client } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import { TestServer } from '../testing/test-server.ts';

describe('extra time', () => {
  it.each([
    [40, { percent: 0, minutes: 0 }, 40],
    [40, { percent: 25, minutes: 0 }, 50],
    [40, { percent: 50, minutes: 10 }, 70],
    [40, { percent: 100, minutes: 0 }, 80],
  ])('makes of %i minutes with %o %i', (minutes, extra, expected) => {
    expect(allowedMinutes(minutes, extra)).toBe(expected);
    expect(limitFactor(minutes, extra)).toBe(expected / minutes);
  });

  it('of several is what each has most of', () => {
    expect(mostOf([])).toEqual({ percent: 0, minutes: 0 });
    expect(
      mostOf([
        { percent: 25, minutes: 0 },
        { percent: 0, minutes: 10 },
      ]),
    ).toEqual({ percent: 25, minutes: 10 });
  });

  it('is told apart from what the lab gives, and uses up no extension', () => {
    const clock = addTime(startClock(20, 0, { extraTime: { percent: 50, minutes: 0 } }), 5, 60_000);
    expect(viewClock(clock, 60_000)).toMatchObject({
      totalMs: 35 * 60_000,
      remainingMs: 34 * 60_000,
      extraMs: 15 * 60_000,
      extensionsLeft: 2,
    });
  });
});

describe('people who need more time', () => {
  let server: TestServer;
  let trainee: Client;
  let peer: Client;
  let instructor: Client;
  let personId: string;
  beforeAll(async () => {
    server = await TestServer.start();
    [trainee, peer, instructor] = [await server.signIn('trainee'), await server.trainee('Pat'), await server.signIn('instructor')];
    personId = (await trainee.session()).me?.id ?? '';
    await instructor.call('PUT', `/api/extra-time/${personId}`, extraTimeHistorySchema, {
      percent: 50,
      minutes: 0,
      reason: 'A screen reader.',
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const start = async (client: Client): Promise<AttemptView> => {
    const { id } = await client.call('POST', '/api/attempts', attemptSchema, {
      lab: 'endpoint',
      mode: 'incident',
      acknowledges: 'allowed',
    });
    return eventually('the incident', async () => {
      const attempt = await client.call('GET', `/api/attempts/${id}`, attemptSchema);
      return attempt.state === 'incident' && attempt;
    });
  };

  it('see their reason, as staff do, and nobody else does', async () => {
    const own = await trainee.call('GET', `/api/extra-time/${personId}`, extraTimeHistorySchema);
    expect(own).toMatchObject({ percent: 50, minutes: 0, entries: [{ reason: 'A screen reader.', attemptId: null }] });
    expect((await peer.refused('GET', `/api/extra-time/${personId}`)).error.code).toBe('NotFound');
    const all = await instructor.call('GET', '/api/extra-time', extraTimesSchema);
    expect(all.people.map(({ person }) => person.id)).toEqual([personId]);
    const admin = await server.signIn('administrator');
    const audit = await admin.call('GET', '/api/audit?action=extra-time', auditPageSchema);
    expect(audit.entries).toMatchObject([{ subject: personId, detail: { percent: 50, minutes: 0 } }]);
    expect(JSON.stringify(audit)).not.toContain('screen reader');
  });

  it('have it in each attempt from its start, and more of it in one that runs', async () => {
    const attempt = await start(trainee);
    expect(attempt.clock).toMatchObject({ totalMs: 30 * 60_000, extraMs: 10 * 60_000 });
    expect(attempt.ai?.acknowledgedBy).toEqual([personId]);
    const more = { minutes: 5, reason: 'The fire alarm went off.' };
    const added = await instructor.call('POST', `/api/attempts/${attempt.id}/extra-time`, attemptSchema, more);
    expect(added.clock).toMatchObject({ totalMs: 35 * 60_000, extraMs: 15 * 60_000, extensionsLeft: 2 });
    expect((await trainee.refused('POST', `/api/attempts/${attempt.id}/extra-time`, more)).error.code).toBe('Forbidden');
    const { entries } = await trainee.call('GET', `/api/extra-time/${personId}`, extraTimeHistorySchema);
    expect(entries.map(({ reason }) => reason)).toEqual(['The fire alarm went off.', 'A screen reader.']);
    expect((await start(peer)).clock).toMatchObject({ totalMs: 20 * 60_000, extraMs: 0 });
  });

  it('do not set it themselves', async () => {
    const me = (await instructor.session()).me?.id ?? '';
    const wanted = { percent: 100, minutes: 0, reason: 'I like it.' };
    expect((await instructor.refused('PUT', `/api/extra-time/${me}`, wanted)).error.message).toBe('Nobody sets their own extra time.');
    expect((await instructor.refused('PUT', '/api/extra-time/pr_aaaaaaaaaaaaaaaaaaaa', wanted)).error.code).toBe('NotFound');
  });

  it('of a cohort follow its rule about AI assistants, as it was when they began', async () => {
    const cohort = (await server.running.services.cohorts.create('Autumn')).id;
    await server.running.services.cohorts.setMembers(cohort, [personId]);
    const rules = {
      rules: [
        { lab: 'endpoint', policy: 'required' as const },
        { lab: null, policy: 'none' as const },
      ],
    };
    expect(await instructor.call('PUT', `/api/cohorts/${cohort}/ai-policy`, aiRulesSchema, rules)).toEqual({
      rules: [rules.rules[1], rules.rules[0]],
    });
    const { labs } = await trainee.call('GET', '/api/labs', catalogueSchema);
    expect(labs.map(({ aiPolicy }) => aiPolicy)).toEqual(['required']);
    const running = labs[0]?.mine.runningAttemptId ?? '';
    expect((await trainee.call('GET', `/api/attempts/${running}`, attemptSchema)).ai?.policy).toBe('allowed');
    await trainee.call('POST', `/api/attempts/${running}/abandon`, attemptSchema);
    const declared = { tools: ['An assistant'], what: 'It explained an event to me.' };
    const late = await trainee.call('PUT', `/api/attempts/${running}/ai/declaration`, attemptSchema, declared);
    expect(late.ai?.declaration).toMatchObject({ ...declared, by: { id: personId } });
    expect((await peer.refused('PUT', `/api/attempts/${running}/ai/declaration`, declared)).error.code).toBe('NotFound');
    expect((await trainee.refused('PUT', `/api/attempts/${running}/ai/declaration`, declared)).error.code).toBe('Conflict');
    const empty = { tools: ['An assistant'], what: '' };
    expect((await trainee.refused('PUT', `/api/attempts/${running}/ai/declaration`, empty)).error.issues).toMatchObject([{ path: 'what' }]);
    const stale = await trainee.refused('POST', '/api/attempts', { lab: 'endpoint', mode: 'incident', acknowledges: 'allowed' });
    expect(stale.error.message).toContain('The rule about AI assistants has changed');
    const unknown = { rules: [{ lab: 'nowhere', policy: 'none' }] };
    expect((await instructor.refused('PUT', `/api/cohorts/${cohort}/ai-policy`, unknown)).error.code).toBe('NotFound');
  });
});
