import { describe, expect, it } from 'vitest';
import { candidateName, comparisonProblem } from './interview-words.ts';

const exercise = {
  lab: { slug: 'endpoint', title: 'Endpoint' },
  mode: 'incident',
  minutes: 40,
  aiPolicy: 'none',
  fault: { id: 'bad-image', title: 'Bad image' },
} as const;
const interview = (change: object = {}) => ({ exercise: { ...exercise, ...change } }) as Parameters<typeof comparisonProblem>[0][number];

describe('candidates side by side', () => {
  it.each([
    [[interview()], 'at least two'],
    [[interview(), interview()], undefined],
    [[interview(), interview({ minutes: 41 })], 'not given the same exercise'],
    [[interview(), interview({ fault: null })], 'not given the same exercise'],
    [Array.from({ length: 9 }, () => interview()), 'at most 8'],
  ])('%#', (chosen, problem) => {
    if (problem === undefined) expect(comparisonProblem(chosen)).toBeUndefined();
    else expect(comparisonProblem(chosen)).toContain(problem);
  });

  it('go by their alias once the name is erased', () => {
    expect(candidateName({ candidate: 'Kim', alias: 'Candidate X' })).toBe('Kim');
    expect(candidateName({ candidate: null, alias: 'Candidate X' })).toBe('Candidate X');
  });
});
