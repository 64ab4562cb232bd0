import { describe, expect, it } from 'vitest';
import type { JudgedAttempt } from './judged-attempt.ts';
import { skillWords } from './skill-words.ts';
import { skillsAt, type SkillState } from './skills.ts';
import { check, dayMs, judged, testRules } from './testing/judged.ts';

const { skills: rules } = testRules;
const security = (attempts: readonly JudgedAttempt[], day: number): SkillState => {
  const found = skillsAt(attempts, rules, dayMs(day)).find(({ dimension }) => dimension === 'security-governance');
  if (found === undefined) throw new Error('There is no such dimension.');
  return found;
};
const attempt = (day: number, checks: string, over: Parameters<typeof judged>[0] = {}) =>
  judged({ day, checks: checks.split(' ').map((text) => check(text)), ...over });

describe('a skill', () => {
  it('is unseen until enough checks say something', () => {
    expect(security([], 0)).toMatchObject({ standing: 'unseen', level: 'not yet', share: null });
    expect(security([attempt(0, 'a+ b+')], 1)).toMatchObject({ standing: 'unseen', checks: 2 });
    expect(skillWords(security([], 0), rules)).toBe('No lab with checks of it has been judged yet.');
  });

  it.each([
    ['most points are reached', [attempt(0, 'a+ b+ c+ d-')], 'meets', 'current'],
    ['too few points are reached', [attempt(0, 'a+ b- c-')], 'not yet', 'not yet'],
    ['all of one lab is not enough to exceed', [attempt(0, 'a+ b+ c+ d+ e+ f+ g+')], 'meets', 'current'],
    ['two labs with all checks exceed', [attempt(0, 'a+ b+ c+'), attempt(1, 'd+ e+ f+', { lab: 'identity' })], 'exceeds', 'current'],
    ['what a regrade corrected counts as corrected', [attempt(0, 'a->pass b->pass c+ d->out')], 'meets', 'current'],
    ['what could not be told counts neither way', [attempt(0, 'a+ b+ c+ d? e?')], 'meets', 'current'],
    [
      'a verdict that was overridden to failed shows nothing',
      [attempt(0, 'a+ b+ c+', { machineOutcome: 'passed', outcome: 'failed' })],
      'not yet',
      'unseen',
    ],
  ] as const)('%s', (_, attempts, level, standing) => {
    expect(security(attempts, 2)).toMatchObject({ level, standing });
  });

  it('lets newer checks count more: what failed long ago fades', () => {
    const attempts = [attempt(0, 'a- b-'), attempt(200, 'a+ b+ c+')];
    // Two failures of 200 days ago weigh a quarter each.
    expect(security(attempts, 200).share).toBeCloseTo(3 / 3.5, 10);
    expect(security(attempts, 200).level).toBe('meets');
    expect(security([attempt(190, 'a- b-'), attempt(200, 'a+ b+ c+')], 200).level).toBe('not yet');
  });

  it('lapses when it was not shown again in time, and comes back when it is', () => {
    const first = attempt(0, 'a+ b+ c+');
    expect(security([first], 49)).toMatchObject({ standing: 'current', dueAtMs: dayMs(50) });
    expect(security([first], 50)).toMatchObject({ standing: 'lapsed', level: 'meets' });
    expect(security([first, attempt(40, 'a- b-')], 49)).toMatchObject({ standing: 'not yet', dueAtMs: null });
    expect(security([first, attempt(60, 'a+ b+')], 61)).toMatchObject({ standing: 'current', dueAtMs: dayMs(110) });
  });

  it('knows nothing of what comes later', () => {
    expect(security([attempt(10, 'a+ b+ c+')], 9)).toMatchObject({ standing: 'unseen', checks: 0 });
  });
});
