import { describe, expect, it } from 'vitest';
import { answer } from '../../infra/images/inference/answer.ts';
import { loadOrderSchema } from '../../infra/images/prober/load-protocol.ts';
import { preambleSchema, withPreamble } from './preamble.ts';

const preamble = preambleSchema.parse({
  configMap: 'assistant-prompt',
  entry: 'system.txt',
  facts: [{ attribute: 'notice period', subject: 'the basic plan', value: '14 days' }],
});
const { classes } = loadOrderSchema.shape.classes
  .transform((all) => ({ classes: all }))
  .parse([
    { kind: 'generated', name: 'sums', task: 'sum', weight: 3 },
    { kind: 'generated', name: 'people', task: 'personal' },
  ]);
const text = 'Be kind. The notice period of the basic plan is 14 days.\n';

/** Of a perfect model: the share of right answers to one class. */
function quality(of: string, preambleText: string): number {
  const found = withPreamble(classes, preambleText, preamble, 7).find(({ name }) => name === of);
  if (found?.kind !== 'given') throw new Error(`${of} is not given`);
  const right = found.prompts.filter(
    ({ system = '', prompt, expected }) => answer({ model: 'm', prompt, context: system, seed: 0, quality: 1 }) === expected,
  );
  return right.length / found.prompts.length;
}

describe('withPreamble', () => {
  it('puts the text before questions and asks for its facts', () => {
    expect([quality('sums', text), quality('facts', text)]).toEqual([1, 1]);
  });

  it('shows that a fact was cut, and that what is none was not missed', () => {
    expect(quality('facts', 'Be kind.')).toBe(0);
    expect(quality('facts', 'The notice period of the basic plan is 14 days.')).toBe(1);
    expect(quality('sums', '')).toBe(1);
  });

  it('leaves alone what must be refused or redacted', () => {
    expect(withPreamble(classes, text, preamble, 7)).toContainEqual(classes[1]);
  });

  it('asks what nobody has asked before', () => {
    expect(withPreamble(classes, text, preamble, 8)).not.toEqual(withPreamble(classes, text, preamble, 7));
  });

  it('stays within what the prober takes, however long the text is', () => {
    const bytes = (of: string): number => JSON.stringify(withPreamble(classes, of, preamble, 7)).length;
    expect(bytes('word '.repeat(1_600))).toBeLessThan(4 * 1_048_576);
    expect(bytes(text)).toBeLessThan(4 * 1_048_576);
  });
});
