import { describe, expect, it } from 'vitest';
import { loadOrderSchema, type PlannedOrder } from '../../infra/images/prober/load-protocol.ts';
import { pickTellingSeed, showModels } from './telling-seed.ts';

const price = { inputUsd: 1, outputUsd: 1 };
const orderOf =
  (...models: readonly string[]) =>
  (seed: number): PlannedOrder =>
    loadOrderSchema.parse({
      seed,
      url: 'http://gateway',
      model: 'm',
      arrivals: { kind: 'constant', perSecond: 36 },
      durationMs: 5_000,
      classes: [{ kind: 'generated', name: 'sums', task: 'sum' }],
      prices: Object.fromEntries(models.map((model) => [model, price])),
    });

/** 0, 1, 2 and so on. */
function counting(): () => number {
  let next = 0;
  return () => next++;
}

describe('pickTellingSeed', () => {
  const order = orderOf('alpha-4-mini', 'beta-wren-4');
  const shownAt = (threshold: number) => Array.from({ length: 12 }, (_, seed) => ({ seed, ...showModels(order(seed), threshold) }));

  it('picks questions on which models of 86 and 92 of 100 stand on their sides of 87, and near to what they are', async () => {
    const first = shownAt(0.87);
    expect(first.some(({ margin }) => margin < 0)).toBe(true);
    const seed = await pickTellingSeed(counting(), order, 0.87);
    const clear = first.filter(({ margin }) => margin >= 0.005).toSorted((a, b) => a.deviation - b.deviation);
    expect(clear[0]).toMatchObject({ seed });
    expect(clear[0]?.deviation).toBeLessThan(0.03);
  });

  it('takes the clearest where none is clear', async () => {
    const margins = new Map(Array.from({ length: 60 }, (_, seed) => [seed, showModels(order(seed), 0.87).margin]));
    const unclear = [...margins].filter(([, margin]) => margin < 0.005).map(([seed]) => seed);
    const drawn = unclear.slice(0, 12);
    const next = drawn.values();
    const picked = await pickTellingSeed(() => next.next().value ?? 0, order, 0.87);
    expect(drawn).toContain(picked);
    expect(margins.get(picked)).toBe(Math.max(...drawn.map((seed) => margins.get(seed)!)));
  });

  it('looks at models on the price list only', () => {
    expect(showModels(orderOf('alpha-4')(1), 0.87).margin).toBeGreaterThan(showModels(orderOf('alpha-4', 'alpha-4-nano')(1), 0.87).margin);
  });
});
