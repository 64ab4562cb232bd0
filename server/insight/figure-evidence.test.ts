import { describe, expect, it } from 'vitest';
import type { Role } from '../contract/roles.ts';
import { metricDefinitions } from '../program/metric-definitions.ts';
import { mayLookInto } from './access.ts';
import { openPoint } from './figure-evidence.ts';

const definition = metricDefinitions.find(({ id }) => id === 'passed')!;
const fact = (personId: string) => ({ atMs: 1_000, value: 1, personId, source: { kind: 'attempt' as const, attemptId: `at_${personId}` } });
const names = { person: (id: string) => ({ id, name: id }), lab: (slug: string) => slug, attempt: () => 'A lab' };
const open = (people: readonly string[], role: Role, managed: readonly string[] = [], value: number | null = 80) =>
  openPoint(
    { definition, figure: { value, of: people.length, why: value === null ? 'Only 2 people.' : null }, facts: people.map(fact) },
    { id: 'pr_me', role, managed: new Set(managed) },
    names,
  );

describe('the rule of whose evidence is shown', () => {
  it.each<[Role, string, boolean]>([
    ['trainee', 'pr_me', true],
    ['trainee', 'pr_other', false],
    ['trainee', 'pr_mine', false],
    ['manager', 'pr_mine', true],
    ['manager', 'pr_other', false],
    ['instructor', 'pr_other', true],
    ['admin', 'pr_other', true],
  ])('a %s looking at %s: %s', (role, personId, may) => {
    expect(mayLookInto({ id: 'pr_me', role, managed: new Set(['pr_mine']) }, personId)).toBe(may);
  });
});

describe('the attempts behind a point', () => {
  it('are shown to administrators, and to managers of all whom it stands on', () => {
    expect(open(['a', 'b', 'c'], 'admin').rows).toHaveLength(3);
    const { rows, withheld, why } = open(['a', 'b', 'c'], 'manager', ['a', 'b', 'c']);
    expect([rows.length, withheld, why]).toEqual([3, 0, null]);
    expect(rows[0]).toEqual({
      at: '1970-01-01T00:00:01.000Z',
      person: { id: 'a', name: 'a' },
      what: 'A lab',
      value: 'passed',
      attemptId: 'at_a',
    });
  });

  it('are not shown to a manager of nobody in it', () => {
    expect(open(['a', 'b', 'c'], 'manager')).toMatchObject({
      rows: [],
      withheld: 3,
      why: expect.stringContaining('An administrator') as string,
    });
  });

  it('are not shown where the number would tell what is left out', () => {
    expect(open(['a', 'b', 'c', 'd'], 'manager', ['a', 'b', 'c'])).toMatchObject({
      rows: [],
      why: expect.stringContaining('one person') as string,
    });
    expect(open(['a', 'b', 'c', 'd'], 'manager', ['a'])).toMatchObject({ withheld: 3, why: null, rows: [{ person: { id: 'a' } }] });
  });

  it('are not shown of a point that is itself withheld for too few people', () => {
    expect(open(['a', 'b'], 'admin', [], null)).toMatchObject({ rows: [], why: 'Only 2 people.' });
  });
});
