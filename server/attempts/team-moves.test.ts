import { describe, expect, it } from 'vitest';
import { incidentAttempt } from '../testing/attempts.ts';
import type { Attempt } from './attempt.ts';
import { abandon } from './ending-moves.ts';
import { extend, reset, resetToHealthy } from './moves.ts';
import { platformBack, platformLost, resumeAfterRestart } from './platform-moves.ts';
import { handOver, joined } from './team-moves.ts';

const team: Attempt = {
  ...incidentAttempt(),
  members: [
    { personId: 'ana', role: 'commander', joinedAtMs: 0 },
    { personId: 'bo', role: 'expert', joinedAtMs: null },
    { personId: 'cy', role: 'expert', joinedAtMs: 0 },
  ],
};
const roles = (attempt: Attempt): string[] => attempt.members.map(({ personId, role }) => `${personId}:${role}`);

describe('a team', () => {
  it('swaps roles, so that each still has its person', () => {
    const move = handOver(team, 'ana', 'bo', 'ana');
    expect(roles(move.attempt)).toEqual(['ana:expert', 'bo:commander', 'cy:expert']);
    expect(move.journal[0]).toMatchObject({ kind: 'handed-over', actorId: 'ana' });
  });

  it.each<[string, Attempt, string, string]>([
    ['Conflict', team, 'bo', 'cy'],
    ['NotFound', team, 'ana', 'stranger'],
    ['NotFound', incidentAttempt(), 'pr_1', 'pr_1'],
    ['AttemptNotRunning', abandon(team, null, 1).attempt, 'ana', 'bo'],
  ])('does not: %s', (code, attempt, from, to) => {
    expect(() => handOver(attempt, from, to, 'ana')).toThrow(expect.objectContaining({ code }));
  });

  it('notes once who came', () => {
    expect(joined(team, 'bo', 5)?.attempt.members[1]).toEqual({ personId: 'bo', role: 'expert', joinedAtMs: 5 });
    expect(joined(team, 'ana', 5)).toBeUndefined();
    expect(joined(team, 'stranger', 5)).toBeUndefined();
    expect(joined(abandon(team, null, 1).attempt, 'bo', 5)).toBeUndefined();
  });
});

describe('the pauses of an attempt', () => {
  const start = incidentAttempt('incident', 1_000);

  it('are noted whenever the clock stands, whatever stopped it', () => {
    const lost = platformLost(start, 'away', 5_000)!.attempt;
    const back = platformBack(lost, 9_000)!.attempt;
    const resetting = reset(back, 'healthy', 'pr_1', 20_000).attempt;
    const healthy = resetToHealthy(resetting, 'wait', 30_000).attempt;
    expect(lost.pauses).toEqual([{ fromMs: 5_000, toMs: null }]);
    expect(healthy.pauses).toEqual([
      { fromMs: 5_000, toMs: 9_000 },
      { fromMs: 20_000, toMs: null },
    ]);
  });

  it('have in them the time that the server was away, but no minutes that were added', () => {
    const away = resumeAfterRestart(start, 4_000, 64_000)!.attempt;
    expect(away.pauses).toEqual([{ fromMs: 4_000, toMs: 64_000 }]);
    expect(extend(away, 'pr_1', 70_000).attempt.pauses).toEqual(away.pauses);
  });
});
