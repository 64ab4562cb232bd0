import { expect, it } from 'vitest';
import type { InjectView } from '../../../server/contract/drills.ts';
import { sortInjects } from './inject-order.ts';

function inject(number: number, more: Partial<InjectView>): InjectView {
  return {
    number,
    kind: 'event',
    channel: 'chat',
    from: 'x',
    to: 'everyone',
    subject: 's',
    text: 't',
    dueMs: null,
    contingency: null,
    expected: null,
    objective: null,
    notes: '',
    improvised: false,
    edited: false,
    state: 'pending',
    firedAt: null,
    firedMs: null,
    firedBy: null,
    answer: null,
    ...more,
  };
}

it('shows what comes by its time, what may come, and what was with the newest first', () => {
  const { next, inReserve, done } = sortInjects([
    inject(1, { state: 'fired', firedMs: 0 }),
    inject(2, { dueMs: 9_000 }),
    inject(3, { dueMs: 5_000 }),
    inject(4, { contingency: { unanswered: 1, afterMs: 1 } }),
    inject(5, { state: 'fired', firedMs: 4_000 }),
    inject(6, { state: 'skipped', dueMs: 1_000 }),
  ]);
  expect([next, inReserve, done].map((group) => group.map(({ number }) => number))).toEqual([[3, 2], [4], [5, 1, 6]]);
});
