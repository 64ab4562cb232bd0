import { expect, it } from 'vitest';
import { extraTimeWords } from './extra-time-words.ts';

it.each([
  [{ percent: 0, minutes: 0 }, 'No extra time'],
  [{ percent: 25, minutes: 0 }, '1.25 times the time'],
  [{ percent: 0, minutes: 10 }, '10 minutes more'],
  [{ percent: 100, minutes: 5 }, '2 times the time and 5 minutes more'],
])('%o is told as %s', (extra, words) => {
  expect(extraTimeWords(extra)).toBe(words);
});
