import { describe, expect, it } from 'vitest';
import type { AiPolicy } from '../contract/ai-policy.ts';
import { incidentAttempt } from '../testing/attempts.ts';
import { aiEvidence } from './ai-evidence.ts';
import { acknowledgeAi, declareAi, forgetDeclared, newAttemptAi } from './ai-moves.ts';
import type { Attempt } from './attempt.ts';
import { abandon, askForVerdict, timeRanOut } from './ending-moves.ts';

const under = (policy: AiPolicy): Attempt => ({ ...incidentAttempt(), ai: newAttemptAi(policy) });
const declared = { tools: ['An assistant'], what: 'It wrote the first draft.' };

describe('the rule about AI assistants', () => {
  it('is acknowledged once by each, and only as it holds', () => {
    const once = acknowledgeAi(under('none'), 'none', 'pr_1');
    expect(once?.attempt.ai?.acknowledgedBy).toEqual(['pr_1']);
    expect(once?.journal[0]?.text).toContain('not to be used');
    expect(acknowledgeAi(once!.attempt, 'none', 'pr_1')).toBeUndefined();
    expect(acknowledgeAi(once!.attempt, 'none', 'pr_2')?.attempt.ai?.acknowledgedBy).toEqual(['pr_1', 'pr_2']);
    expect(() => acknowledgeAi(under('none'), 'allowed', 'pr_1')).toThrow('has changed');
  });

  it('holds the verdict back until what is required was declared; time that runs out does not wait', () => {
    expect(() => askForVerdict(under('required'), 'pr_1', 1)).toThrow('there is none yet');
    const done = declareAi(under('required'), { tools: [], what: '' }, 'pr_1', 1).attempt;
    expect(askForVerdict(done, 'pr_1', 2).attempt.state).toBe('grading');
    expect(timeRanOut(under('required'), 2).attempt.state).toBe('grading');
    expect(askForVerdict(under('allowed'), 'pr_1', 1).attempt.state).toBe('grading');
  });

  it('is declared once, also after the end, and says so', () => {
    const ended = abandon(under('allowed'), 'pr_1', 1).attempt;
    const late = declareAi(ended, declared, 'pr_1', 9);
    expect(late.journal[0]?.text).toBe('Declared that An assistant helped, after the end.');
    expect(() => declareAi(late.attempt, declared, 'pr_1', 10)).toThrow('declared already');
    expect(() => declareAi({ ...ended, ai: null }, declared, 'pr_1', 9)).toThrow('before there was a rule');
  });

  it('goes into the evidence with a digest of the words, which can be forgotten', () => {
    const { attempt } = declareAi(under('allowed'), declared, 'pr_1', 9);
    const evidence = JSON.stringify(aiEvidence(attempt.ai));
    expect(evidence).toContain('"tools":["An assistant"]');
    expect(evidence).toMatch(/"whatSha256":"[0-9a-f]{64}"/);
    expect(evidence).not.toContain('first draft');
    const forgotten = forgetDeclared(attempt)?.attempt;
    expect(forgotten?.ai?.declaration).toMatchObject({ tools: ['An assistant'], what: '' });
    expect(forgetDeclared(forgotten!)).toBeUndefined();
  });
});
