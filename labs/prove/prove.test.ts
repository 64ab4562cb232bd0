import { expect, it } from 'vitest';
import { planNextLab } from './prove.ts';

const proving = (id: string, left: number, working: number): { id: string; queue: readonly number[]; working: number } => ({
  id,
  queue: Array.from({ length: left }, (_, index) => index),
  working,
});

it.each<[string, ReturnType<typeof proving>[], string | undefined]>([
  ['the longest list first', [proving('a', 3, 0), proving('b', 9, 0)], 'b'],
  ['then where each sandbox has most before it', [proving('a', 3, 0), proving('b', 9, 3)], 'a'],
  ['to a last case of a lab that nobody works at', [proving('a', 1, 0), proving('b', 0, 1)], 'a'],
  ['no sandbox to a case that another has at hand', [proving('a', 1, 1), proving('b', 0, 1)], undefined],
  ['nothing when nothing is left', [proving('a', 0, 2)], undefined],
])('planNextLab gives %s', (_, provings, id) => {
  expect(planNextLab(provings)?.id).toBe(id);
});
