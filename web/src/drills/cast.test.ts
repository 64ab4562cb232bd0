import { expect, it } from 'vitest';
import { addSeat, mayTake, membersOf, planSeats } from './cast.ts';

const seats = planSeats({ needed: ['commander', 'expert'], useful: ['scribe'] }, 'pr_me');

it('sets a place for each role, and its maker at the head', () => {
  expect(seats.map(({ role, needed }) => `${role}${needed ? '!' : ''}`)).toEqual([
    'facilitator!',
    'commander!',
    'expert!',
    'scribe',
    'evaluator',
    'observer',
  ]);
  expect(membersOf(seats)).toEqual([{ personId: 'pr_me', role: 'facilitator' }]);
});

it('adds places beside those of the same role, each with a key of its own', () => {
  const more = addSeat(addSeat(seats, 'expert'), 'expert');
  expect(more.map(({ key }) => key).slice(1, 5)).toEqual(['commander', 'expert', 'expert-2', 'expert-3']);
  expect(new Set(more.map(({ key }) => key)).size).toBe(more.length);
  expect(addSeat(seats, 'controller').at(-1)?.role).toBe('controller');
});

it('keeps the script from trainees', () => {
  const trainee = { id: 'pr_t', name: 'T', accountRole: 'trainee' } as const;
  expect((['expert', 'observer', 'evaluator', 'facilitator'] as const).map((role) => mayTake(trainee, role))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(mayTake({ ...trainee, accountRole: 'instructor' }, 'facilitator')).toBe(true);
});
