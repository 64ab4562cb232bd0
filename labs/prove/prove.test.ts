import { expect, it } from 'vitest';
import { isRefusedCheat, planNextLab } from './prove.ts';

interface Proving {
  readonly id: string;
  readonly queue: readonly number[];
  readonly working: number;
  readonly took: readonly number[];
}

const proving = (id: string, left: number, working: number, ...took: readonly number[]): Proving => ({
  id,
  queue: Array.from({ length: left }, (_, index) => index),
  working,
  took,
});

it.each<[string, Proving[], string | undefined]>([
  ['the longest list first', [proving('a', 3, 0), proving('b', 9, 0)], 'b'],
  ['then where each sandbox has most before it', [proving('a', 3, 0), proving('b', 9, 3)], 'a'],
  ['more to where a case takes longer', [proving('a', 6, 1, 10_000), proving('b', 4, 1, 30_000, 40_000)], 'b'],
  ['a sandbox to a last case of a lab that nobody works at', [proving('a', 1, 0), proving('b', 0, 1)], 'a'],
  ['no sandbox to a case that another has at hand', [proving('a', 1, 1), proving('b', 0, 1)], undefined],
  ['nothing when nothing is left', [proving('a', 0, 2)], undefined],
])('planNextLab gives %s', (_, provings, id) => {
  expect(planNextLab(provings)?.id).toBe(id);
});

it.each([
  ['a cheat that a shared cluster refuses is caught', 'cheat', false, 'cheats/x.sh ended with 1: Error from server (Forbidden): no', true],
  ['one that ends otherwise is wrong', 'cheat', false, 'cheats/x.sh ended with 1: no such file', false],
  ['one that is refused on a cluster of its own is wrong', 'cheat', true, 'Error from server (Forbidden): no', false],
  ['a solution that is refused is wrong', 'solution', false, 'Error from server (Forbidden): no', false],
] as const)('%s', (_, group, ownCluster, message, isRefused) => {
  expect(isRefusedCheat({ group }, new Error(message), { ground: { ownCluster, chaos: false } })).toBe(isRefused);
});
