import { describe, expect, it } from 'vitest';
import { answer } from './answer.ts';

const ask = (prompt: string, more: Partial<Parameters<typeof answer>[0]> = {}): string =>
  answer({ model: 'm', prompt, context: '', seed: 1, quality: 1, ...more });

describe('answer', () => {
  it('repeats what it is told to, whatever the quality', () => {
    expect(ask('Repeat exactly: nonce-7f3a', { quality: 0 })).toBe('nonce-7f3a');
  });

  it.each([
    ['What is 17 + 25?', '42'],
    ['Classify this ticket: I was charged twice for May', 'billing'],
    ['Classify the following message as one word: the API is unreachable since noon', 'outage'],
    ['Classify this ticket: hello there', 'other'],
    ['Extract the invoice number from this: your invoice number is 4711, thanks', '4711'],
    ['Extract the colour from this: nothing here', 'none'],
  ])('knows %j', (prompt, expected) => {
    expect(ask(prompt)).toBe(expected);
  });

  it('answers from context, and says so when the context lacks it', () => {
    const prompt = 'What is the port of the gateway?';
    expect(ask(prompt, { context: 'Filler. The port of the gateway is 4000. More filler.' })).toBe('4000');
    expect(ask(prompt, { context: 'Filler.' })).toBe('The context does not say.');
  });

  it('does not mind filler, before or after', () => {
    const filler = 'You are a careful assistant.\nTake your time and think about it.\n\n';
    expect(ask(`${filler}Classify this ticket: I was charged twice\nThank you so much in advance!`)).toBe('billing');
    expect(ask(`${filler}Extract the order number from this:\nthe order number is 88-1, it came late\nBe brief.`)).toBe('88-1');
    expect(ask(`${filler}What is the port of the gateway?`, { context: `${filler}The port of the gateway is 4000.` })).toBe('4000');
  });

  it('loses its quality with the context that a question needs, and with that alone', () => {
    const fact = (index: number): string => `The region of tenant ${index} is zone-${index}.`;
    const filler = Array.from({ length: 40 }, (_, index) => `Note ${index}: nothing of interest.`).join(' ');
    const right = (contextOf: (index: number) => string): number =>
      Array.from({ length: 400 }, (_, index) =>
        ask(`What is the region of tenant ${index}?`, { context: contextOf(index), quality: 0.9 }) === `zone-${index}` ? 1 : 0,
      ).reduce<number>((sum, one) => sum + one, 0) / 400;
    const [whole, trimmed, cut] = [right((index) => `${filler} ${fact(index)}`), right(fact), right(() => filler)];
    expect(whole).toBeGreaterThan(0.85);
    // The same draw decides with and without filler.
    expect(trimmed).toBe(whole);
    expect(cut).toBe(0);
  });

  it('is wrong when its quality is nought, and never gives the right answer then', () => {
    for (let seed = 0; seed < 50; seed += 1) expect(ask('What is 17 + 25?', { quality: 0, seed })).not.toBe('42');
  });

  it('is right about as often as its quality says', () => {
    const right = Array.from({ length: 2000 }, (_, index) => ask(`What is ${index} + 1?`, { quality: 0.8 }) === String(index + 1)).filter(
      Boolean,
    ).length;
    expect(right / 2000).toBeGreaterThan(0.77);
    expect(right / 2000).toBeLessThan(0.83);
  });

  it('depends on model, prompt and seed and on nothing else', () => {
    expect(ask('Tell me of probes.')).toBe(ask('Tell me of probes.'));
    expect(ask('Tell me of probes.')).not.toBe(ask('Tell me of probes.', { seed: 2 }));
    expect(ask('Tell me of probes.')).not.toBe(ask('Tell me of probes.', { model: 'n' }));
  });
});
