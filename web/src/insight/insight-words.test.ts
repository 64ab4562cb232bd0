import { describe, expect, it } from 'vitest';
import { itemNumberSchema, type Item } from '../../../server/contract/insight.ts';
import { formatItemNumber, sortItems, standingOf } from './insight-words.ts';

function item(title: string, passRate: number | null, attempts = 10): Item {
  const numbers = Object.fromEntries(itemNumberSchema.options.map((name) => [name, { value: null, of: 0, why: 'Too few.' }]));
  return {
    key: title,
    level: 'check',
    lab: { slug: 'endpoint', title: 'Endpoint' },
    version: null,
    fault: null,
    check: { id: title, title, dimension: 'communication', critical: false, hidden: false },
    attempts,
    people: 3,
    numbers: { ...(numbers as Item['numbers']), passRate: { value: passRate, of: attempts, why: null } },
  };
}

describe('items', () => {
  const items = [item('b', 0.5), item('a', null), item('c', 0.1), item('d', 0.5, 2)];
  it.each([
    [{ by: 'passRate', descending: false } as const, ['c', 'b', 'd', 'a']],
    [{ by: 'passRate', descending: true } as const, ['b', 'd', 'c', 'a']],
    [{ by: 'name', descending: true } as const, ['d', 'c', 'b', 'a']],
    [{ by: 'attempts', descending: false } as const, ['d', 'a', 'b', 'c']],
  ])('are sorted by %o, those without a number last', (sorting, order) => {
    expect(sortItems(items, sorting).map(({ key }) => key)).toEqual(order);
  });

  it.each([
    ['passRate', 0.825, '83%'],
    ['flaky', 0.015, '1.5%'],
    ['falseFail', 0, '0%'],
    ['medianMs', 150_000, '2 min 30 s'],
    ['discrimination', 0.4, '0.40'],
    ['hints', 1.25, '1.3'],
  ] as const)('%s of %d is written %s', (number, value, text) => {
    expect(formatItemNumber(number, value, 'en')).toBe(text);
  });
});

it('a level that has lapsed says what to do, not what it was', () => {
  expect(standingOf({ standing: 'lapsed', level: 'exceeds' }).label).toBe('To be shown again');
  expect(standingOf({ standing: 'current', level: 'exceeds' }).label).toBe('Exceeds');
});
