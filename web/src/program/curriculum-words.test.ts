import { describe, expect, it } from 'vitest';
import { progressWords } from './curriculum-words.ts';

describe('progressWords', () => {
  it.each([
    [[], '0 of 0 done'],
    [['done', 'done-late', 'upcoming'], '2 of 3 done'],
    [['done', 'overdue', 'due-soon', 'overdue'], '1 of 4 done, 2 overdue'],
  ] as const)('%j is "%s"', (states, words) => {
    expect(progressWords(states.map((state) => ({ state })))).toBe(words);
  });
});
