import { describe, expect, it } from 'vitest';
import { abandon } from '../attempts/ending-moves.ts';
import type { PostStatus } from '../contract/incidents.ts';
import { checkResult, incidentAttempt, readyAttempt } from '../testing/attempts.ts';
import { planSample } from './sample-plan.ts';
import { planUpdate, statusPosted } from './status-moves.ts';

const wanted: PostStatus = {
  kind: 'first-notice',
  audience: 'users',
  text: 'We  have\ntaken the case.',
  impact: 'No answers.',
  scope: '',
  nextInMinutes: 10,
  corrects: null,
};

describe('a status update', () => {
  it('is kept with the time of its next word by the server’s clock', () => {
    expect(planUpdate(wanted, 0, 1_000)).toMatchObject({ nextAtMs: 601_000, text: wanted.text });
    expect(planUpdate({ ...wanted, nextInMinutes: null }, 0, 1_000).nextAtMs).toBeNull();
  });

  it.each([
    ['InvalidRequest', { corrects: 3 }, 2],
    ['TooManyRequests', {}, 200],
  ])('is refused: %s', (code, more, written) => {
    expect(() => planUpdate({ ...wanted, ...more }, written, 0)).toThrow(expect.objectContaining({ code }));
  });

  it('stands in the journal, and the attempt is as it was', () => {
    const attempt = incidentAttempt();
    const move = statusPosted(attempt, planUpdate(wanted, 0, 0), 'pr_1');
    expect(move.journal).toEqual([{ kind: 'status', text: 'Told the users (first notice): We have taken the case.', actorId: 'pr_1' }]);
    expect(move.attempt).toEqual({ ...attempt, revision: attempt.revision + 1, journalSeq: attempt.journalSeq + 1 });
  });

  it.each([
    ['before the incident', readyAttempt()],
    ['after the end', abandon(incidentAttempt(), null, 1).attempt],
  ])('is refused %s', (_, attempt) => {
    expect(() => statusPosted(attempt, planUpdate(wanted, 0, 0), 'pr_1')).toThrow(expect.objectContaining({ code: 'AttemptNotRunning' }));
  });
});

describe('a sample of the service', () => {
  const critical = (id: string, kind: 'pass' | 'fail' | 'inconclusive') => ({ ...checkResult(id, kind), critical: true });

  it.each([
    ['well, where all that is critical passes', [critical('a', 'pass'), checkResult('b', 'fail')], []],
    ['failing, whatever else could not be seen', [critical('a', 'fail'), critical('b', 'inconclusive')], ['Check a']],
    ['nothing, where something could not be seen', [critical('a', 'pass'), critical('b', 'inconclusive')], undefined],
    [
      'nothing, where nothing critical was looked at',
      [checkResult('b', 'pass'), { ...critical('a', 'fail'), untried: true as const }],
      undefined,
    ],
  ])('is %s', (_, results, failing) => {
    expect(planSample(incidentAttempt(), 'restore', results, 7)).toEqual(failing === undefined ? undefined : { atMs: 7, failing });
  });

  it('is not taken of build steps, nor before the incident', () => {
    expect(planSample(incidentAttempt(), 'deploy', [critical('a', 'fail')], 7)).toBeUndefined();
    expect(planSample(readyAttempt(), 'restore', [critical('a', 'fail')], 7)).toBeUndefined();
  });
});
