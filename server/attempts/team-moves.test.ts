import { describe, expect, it } from 'vitest';
import { incidentAttempt } from '../testing/attempts.ts';
import type { Attempt } from './attempt.ts';
import { abandon } from './ending-moves.ts';
import { extend, reset, resetToHealthy } from './moves.ts';
import { platformBack, platformLost, resumeAfterRestart } from './platform-moves.ts';
import { assignTeam, handOver, joined, joinTeam, leaveTeam } from './team-moves.ts';

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

  it('goes on without whoever declines, or leaves before the incident', () => {
    const before: Attempt = { ...team, incidentStartedAtMs: null };
    expect(roles(leaveTeam(before, 'cy').attempt)).toEqual(['ana:commander', 'bo:expert']);
    expect(leaveTeam(team, 'bo').journal[0]?.text).toBe('Declined to be expert.');
    expect(() => leaveTeam(team, 'cy')).toThrow('The incident has begun.');
    expect(() => leaveTeam(before, 'ana')).toThrow('You are the commander.');
    expect(() => leaveTeam(before, 'stranger')).toThrow(expect.objectContaining({ code: 'NotFound' }));
    expect(() => leaveTeam(incidentAttempt(), 'pr_1')).toThrow(expect.objectContaining({ code: 'NotFound' }));
  });

  it('takes somebody for a role that is open, and for no other', () => {
    const labRoles = [
      { role: 'commander', min: 1, max: 1 },
      { role: 'expert', min: 1, max: 2 },
    ] as const;
    const without = leaveTeam(team, 'bo').attempt;
    const joining = joinTeam(without, 'di', 'expert', labRoles).attempt;
    expect(joining.members.at(-1)).toEqual({ personId: 'di', role: 'expert', joinedAtMs: null });
    expect(() => joinTeam(joining, 'ed', 'expert', labRoles)).toThrow('Nobody more can be expert.');
    expect(() => joinTeam(without, 'ed', 'scribe', labRoles)).toThrow('This lab has no scribe.');
    expect(() => joinTeam(without, 'cy', 'expert', labRoles)).toThrow('This person is in the team, as expert.');
  });

  it('becomes what a drill says, with an entry for each whose part changes', () => {
    const { attempt, journal } = assignTeam(team, [
      { personId: 'ana', role: 'expert' },
      { personId: 'cy', role: 'expert' },
      { personId: 'di', role: 'commander' },
    ])!;
    expect(roles(attempt)).toEqual(['ana:expert', 'cy:expert', 'di:commander']);
    expect(attempt.members.map(({ joinedAtMs }) => joinedAtMs)).toEqual([0, 0, null]);
    expect(journal.map(({ kind, actorId }) => `${kind} ${actorId ?? ''}`)).toEqual([
      'role-given ana',
      'role-given di',
      'part-taken-away bo',
    ]);
    expect(assignTeam(attempt, attempt.members)).toBeUndefined();
    expect(assignTeam(attempt, [])).toBeUndefined();
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
