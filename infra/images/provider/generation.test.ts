import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../cluster/meta/manual-clock.ts';
import { FaultState } from './faults.ts';
import { paced, planAnswer, planPace, promptTokens, type Prompt } from './generation.ts';
import { providerModels } from './models.ts';
import { automaticBoundaries, PromptCache } from './prompt-cache.ts';

const healthy = new FaultState(0).forRequest(1);
const model = providerModels.find((one) => one.id === 'alpha-4')!;
const ask = (text: string, more: Partial<Prompt> = {}): Prompt => ({
  messages: [{ role: 'user', text }],
  maxOutputTokens: 1_000,
  stops: [],
  seed: 0,
  ...more,
});

describe('an answer', () => {
  it('is the text, whole', () => {
    const { tokens, ending } = planAnswer(model, ask('Repeat exactly: one, two'), healthy);
    expect([tokens.join(''), ending]).toEqual(['one, two', { kind: 'stop' }]);
  });

  it('ends at its limit or at a stop', () => {
    expect(planAnswer(model, ask('Tell me of queues.', { maxOutputTokens: 3 }), healthy)).toMatchObject({ ending: { kind: 'length' } });
    const stopped = planAnswer(model, ask('Repeat exactly: one, two; three', { stops: ['three', ';'] }), healthy);
    expect([stopped.tokens.join(''), stopped.ending]).toEqual(['one, two', { kind: 'stopSequence', sequence: ';' }]);
  });

  it('is right as often as the model is good', () => {
    const right = (id: string): number => {
      const one = providerModels.find((candidate) => candidate.id === id)!;
      const texts = Array.from({ length: 500 }, (_, index) => planAnswer(one, ask(`What is ${index} + 7?`), healthy).tokens.join(''));
      return texts.filter((text, index) => text === String(index + 7)).length / 500;
    };
    const [small, medium, large] = [right('alpha-4-nano'), right('alpha-4-mini'), right('alpha-4')];
    expect(small).toBeLessThan(medium);
    expect(medium).toBeLessThan(large);
    expect(large).toBeGreaterThan(0.95);
    expect(small).toBeGreaterThan(0.75);
  });

  it('is always wrong where a fault wants it so, and still says back what it is told to', () => {
    const wrong = { ...healthy, isWrong: true };
    const texts = Array.from({ length: 50 }, (_, index) => planAnswer(model, ask(`What is ${index} + 7?`), wrong).tokens.join(''));
    expect(texts.filter((text, index) => text === String(index + 7))).toEqual([]);
    expect(planAnswer(model, ask('Repeat exactly: fine'), wrong).tokens.join('')).toBe('fine');
  });

  it('may harm or leak, each time in another’s name', () => {
    const harmful = planAnswer(model, ask('Repeat exactly: fine'), { ...healthy, isHarmful: true });
    expect(harmful.tokens.join('')).not.toContain('fine');
    const leaking = planAnswer(model, ask('Repeat exactly: fine'), { ...healthy, isLeaking: true }).tokens.join('');
    expect(leaking).toMatch(/^fine By the way, .+@example\.(com|org|net), phone \+.+, IBAN [A-Z]{2}\d\d .+, card 4111 1111 1111 1111\.$/);
  });
});

describe('the pace', () => {
  it('is of the model, the prompt and the faults, and the same for the same salt', () => {
    const total = (pace: ReturnType<typeof planPace>): number => pace.firstTokenMs + [1, 2, 3].reduce((sum, at) => sum + pace.gapMs(at), 0);
    const base = planPace(model, 100, healthy, 'a');
    expect(total(planPace(model, 100, healthy, 'a'))).toBe(total(base));
    expect(total(planPace(model, 100, healthy, 'b'))).not.toBe(total(base));
    expect(planPace(model, 20_000, healthy, 'a').firstTokenMs).toBeGreaterThan(base.firstTokenMs * 2);
    const slow = planPace(model, 100, { ...healthy, streamSlowdown: 10 }, 'a');
    expect(slow.firstTokenMs).toBe(base.firstTokenMs);
    expect(slow.gapMs(1)).toBeCloseTo(base.gapMs(1) * 10, 6);
    expect(planPace(model, 100, { ...healthy, slowdown: 2 }, 'a').firstTokenMs).toBeCloseTo(base.firstTokenMs * 2, 6);
  });

  it('gives tokens at their times, and stops when told', async () => {
    const clock = new ManualClock();
    const gone = new AbortController();
    const startedAt = clock.now();
    const seen: number[] = [];
    const run = (async () => {
      for await (const _ of paced(['a', 'b', 'c', 'd'], { firstTokenMs: 100, gapMs: () => 20 }, clock, gone.signal))
        seen.push(clock.now() - startedAt);
    })();
    await clock.advance(125);
    expect(seen).toEqual([100, 120]);
    gone.abort(new Error('gone'));
    await expect(run).rejects.toThrow('gone');
    await clock.advance(1_000);
    expect(seen).toEqual([100, 120]);
  });
});

describe('the prompt cache', () => {
  const words = (count: number, word = 'w'): readonly string[] => Array.from({ length: count }, (_, index) => `${word}${index}`);

  it('knows a prefix again, in steps, for five minutes after its last use', async () => {
    const clock = new ManualClock();
    const cache = new PromptCache(clock);
    const use = (tokens: readonly string[], owner = 'org'): number => cache.use(owner, tokens, automaticBoundaries(tokens.length));
    expect(use(words(1_300))).toBe(0);
    expect(use(words(1_300))).toBe(1_280);
    expect(use([...words(1_200), 'another', 'end'])).toBe(1_152);
    expect(use(words(1_300), 'others')).toBe(0);
    expect(use(['new', ...words(1_300)])).toBe(0);
    await clock.advance(4 * 60_000);
    expect(use(words(1_300))).toBe(1_280);
    await clock.advance(4 * 60_000);
    expect(use(words(1_300))).toBe(1_280);
    await clock.advance(5 * 60_000);
    expect(use(words(1_300))).toBe(0);
  });

  it.each([
    [1_023, []],
    [1_024, [1_024]],
    [1_400, [1_024, 1_152, 1_280]],
  ])('has the boundaries of %d tokens at %j', (count, boundaries) => expect(automaticBoundaries(count)).toEqual(boundaries));
});

it('counts a prompt by its words and its messages', () => {
  expect(promptTokens([{ role: 'user', text: 'one two' }])).toEqual([...Array<string>(4).fill('<|user|>'), 'one', ' two']);
});
