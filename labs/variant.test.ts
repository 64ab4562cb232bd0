import { describe, expect, it } from 'vitest';
import { planVariant, variantsSchema } from './variant.ts';

const variants = variantsSchema.parse({
  choose: { team: { oneOf: ['atlas', 'boreas', 'cygnus'] }, replicas: { from: 1, to: 3 }, step: { from: 10, to: 30, step: 10 } },
  derive: { host: 'inference.{{team}}.svc', url: 'https://{{host}}' },
});
const faults = ['a', 'b', 'c'];
const seeds = Array.from({ length: 300 }, (_, index) => `seed-${index}`);

describe('planVariant', () => {
  it('gives the same variant for the same seed', () => {
    for (const seed of seeds.slice(0, 20)) expect(planVariant(variants, faults, seed)).toEqual(planVariant(variants, faults, seed));
  });

  it('gives every value and every fault to some seed, and nothing else', () => {
    const plans = seeds.map((seed) => planVariant(variants, faults, seed));
    const seen = (name: string): unknown[] => [...new Set(plans.map(({ values }) => values[name]))].sort();
    expect(seen('team')).toEqual(['atlas', 'boreas', 'cygnus']);
    expect(seen('replicas')).toEqual([1, 2, 3]);
    expect(seen('step')).toEqual([10, 20, 30]);
    expect([...new Set(plans.map(({ fault }) => fault))].sort()).toEqual(faults);
  });

  it('chooses about evenly', () => {
    const counts = faults.map((fault) => seeds.filter((seed) => planVariant(variants, faults, seed).fault === fault).length);
    for (const count of counts) expect(count).toBeGreaterThan(70);
  });

  it('derives texts from what was chosen, also from one another', () => {
    const { values } = planVariant(variants, faults, 'x');
    expect(values['url']).toBe(`https://inference.${String(values['team'])}.svc`);
  });

  it('lets an instructor choose the fault without changing anything else', () => {
    const own = planVariant(variants, faults, 'seed');
    expect(planVariant(variants, faults, 'seed', 'c')).toEqual({ ...own, fault: 'c' });
  });

  it('moves no value when another is added', () => {
    const more = { ...variants, choose: { added: { oneOf: [1, 2] }, ...variants.choose } };
    for (const seed of seeds.slice(0, 20)) {
      const { added: _, ...values } = planVariant(more, faults, seed).values;
      expect(values).toEqual(planVariant(variants, faults, seed).values);
    }
  });
});
