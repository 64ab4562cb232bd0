import { describe, expect, it } from 'vitest';
import { planArrivals, planLoad } from './load-plan.ts';
import { loadOrderSchema, type LoadOrder } from './load-protocol.ts';
import { generatePrompt } from './prompts.ts';
import { answer } from '../inference/answer.ts';

const order = (more: Partial<LoadOrder> = {}): ReturnType<typeof loadOrderSchema.parse> =>
  loadOrderSchema.parse({
    seed: 7,
    url: 'http://gateway:4000',
    model: 'm',
    arrivals: { kind: 'constant', perSecond: 100 },
    durationMs: 10_000,
    classes: [{ kind: 'generated', name: 'sums', task: 'sum' }],
    ...more,
  });

describe('arrivals', () => {
  it('come evenly', () => {
    expect(planArrivals({ kind: 'constant', perSecond: 4 }, 1_000, 0)).toEqual([0, 250, 500, 750]);
  });

  it('come as a Poisson process: right rate, gaps that vary as much as they are long', () => {
    const times = planArrivals({ kind: 'poisson', perSecond: 50 }, 60_000, 3);
    const gaps = times.map((at, index) => at - (times[index - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(mean).toBeGreaterThan(18.5);
    expect(mean).toBeLessThan(21.5);
    expect(deviation / mean).toBeGreaterThan(0.9);
    expect(deviation / mean).toBeLessThan(1.1);
    expect(planArrivals({ kind: 'poisson', perSecond: 50 }, 60_000, 3)).toEqual(times);
    expect(planArrivals({ kind: 'poisson', perSecond: 50 }, 60_000, 4)).not.toEqual(times);
  });

  it('ramp up and down', () => {
    const up = planArrivals({ kind: 'ramp', fromPerSecond: 0, toPerSecond: 20 }, 10_000, 0);
    expect(up).toHaveLength(100);
    expect(up.filter((at) => at < 5_000).length).toBe(25);
    const down = planArrivals({ kind: 'ramp', fromPerSecond: 20, toPerSecond: 0 }, 10_000, 0);
    expect(down.filter((at) => at < 5_000).length).toBeGreaterThan(70);
    expect(planArrivals({ kind: 'ramp', fromPerSecond: 10, toPerSecond: 10 }, 500, 0)).toEqual([0, 100, 200, 300, 400]);
  });

  it('come in bursts on a trickle', () => {
    expect(planArrivals({ kind: 'bursts', perSecond: 2, size: 3, everyMs: 600 }, 1_200, 0)).toEqual([0, 0, 0, 0, 500, 600, 600, 600, 1000]);
  });

  it('are bounded', () => {
    expect(() => planLoad(order({ arrivals: { kind: 'poisson', perSecond: 500 }, durationMs: 600_000 }))).toThrow('more than 20000');
    expect(() => planLoad(order({ arrivals: { kind: 'bursts', perSecond: 0, size: 500, everyMs: 100 }, durationMs: 600_000 }))).toThrow(
      'more than 20000',
    );
  });
});

describe('a plan', () => {
  const mixed = order({
    classes: [
      { kind: 'generated', name: 'sums', task: 'sum', weight: 3 },
      { kind: 'given', name: 'own', prompts: [{ prompt: 'Repeat exactly: x', expected: 'x' }] },
    ],
    repeatedShare: 0.4,
    streamShare: 0.25,
    keys: [
      { name: 'a', key: 'ka' },
      { name: 'b', key: 'kb', weight: 3 },
    ],
  });
  const plan = planLoad(mixed);
  const share = (of: (request: (typeof plan)[number]) => boolean): number => plan.filter(of).length / plan.length;

  it('is the same for the same seed and another for another', () => {
    expect(planLoad(mixed)).toEqual(plan);
    expect(planLoad({ ...mixed, seed: 8 })).not.toEqual(plan);
  });

  it.each([1, 2, 3, 4, 5])('has its share of a rare class even in a short run, whatever the seed (%d)', (seed) => {
    const classes = [
      { kind: 'generated' as const, name: 'sums', task: 'sum' as const, weight: 15 },
      { kind: 'generated' as const, name: 'prose', task: 'prose' as const },
    ];
    const short = planLoad(order({ seed, classes, arrivals: { kind: 'constant', perSecond: 20 }, durationMs: 4_000 }));
    const rare = short.filter(({ className }) => className === 'prose').length;
    expect(rare).toBeGreaterThanOrEqual(4);
    expect(rare).toBeLessThanOrEqual(6);
  });

  it('has the shares that were ordered', () => {
    expect(share(({ className }) => className === 'sums')).toBeCloseTo(0.75, 1);
    expect(share(({ stream }) => stream)).toBeCloseTo(0.25, 1);
    expect(share(({ key }) => key?.name === 'b')).toBeCloseTo(0.75, 1);
    const sums = plan.filter(({ className }) => className === 'sums').map(({ prompt }) => prompt.text);
    expect(1 - new Set(sums).size / sums.length).toBeCloseTo(0.4, 1);
    expect(new Set(planLoad({ ...mixed, repeatedShare: 0 }).map(({ prompt }) => prompt.text)).size).toBeGreaterThan(plan.length * 0.7);
  });
});

describe('generated prompts', () => {
  it.each(['sum', 'classify', 'extract', 'context'] as const)(
    '%s has the answer that a perfect model gives, with filler and without',
    (task) => {
      for (let index = 0; index < 200; index += 1) {
        const { system = '', text, judge } = generatePrompt(task, '1', index, index % 5);
        const given = answer({ model: 'm', prompt: text, context: system, seed: 0, quality: 1 });
        expect(judge).toEqual({ kind: 'equals', expected: given });
      }
    },
  );

  it('personal data come back from a model that is given them', () => {
    const { text, judge } = generatePrompt('personal', '1', 4, 0);
    const given = answer({ model: 'm', prompt: text, context: '', seed: 0, quality: 1 });
    expect(judge.kind === 'absent' && judge.secrets.length === 2 && judge.secrets.every((secret) => given.includes(secret))).toBe(true);
  });
});
