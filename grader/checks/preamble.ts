import { z } from 'zod';
import type { PlannedOrder } from '../../infra/images/prober/load-protocol.ts';
import { generatePrompt, type Prompt } from '../../infra/images/prober/prompts.ts';
import { objectName } from '../endpoint.ts';

type PromptClass = PlannedOrder['classes'][number];

/** Of all prompts of an order together; the prober takes no more than 4 MiB, and each prompt carries the whole preamble. */
const MAX_POOL_BYTES = 2_000_000;
/** Of one class: enough that few questions are asked twice by chance. */
const MAX_POOL = 300;
/** What a prompt takes besides the preamble. */
const PROMPT_BYTES = 300;

/** What an application says before every question, kept in a ConfigMap that the trainee may rewrite, and what it must still say afterwards. */
export const preambleSchema = z.strictObject({
  configMap: objectName,
  entry: z.string().min(1),
  /** Each is asked for as `What is the ATTRIBUTE of SUBJECT?`; only the preamble tells the `value`. */
  facts: z
    .array(z.strictObject({ attribute: z.string().min(1), subject: z.string().min(1), value: z.string().min(1) }))
    .min(1)
    .max(50),
  /** Of the questions for facts, beside the classes of the traffic. */
  weight: z.number().positive().default(1),
});

export type Preamble = z.infer<typeof preambleSchema>;

/** Past this the ConfigMap is no preamble but an attack on the prober. */
export const MAX_PREAMBLE_CHARACTERS = 8_000;

/**
 * The classes of a traffic, their questions after the preamble, and one more that asks for its facts, each time under another case number, so that no
 * question can be learned. Classes whose answers are not compared with one that is known stay as they are. Pure.
 */
export function withPreamble(classes: readonly PromptClass[], text: string, { facts, weight }: Preamble, seed: number): PromptClass[] {
  const system = text.trim();
  const poolSize = Math.min(MAX_POOL, Math.ceil(MAX_POOL_BYTES / (classes.length + 1) / (Buffer.byteLength(system) + PROMPT_BYTES)));
  const put = ({ system: own, text: prompt, judge }: Prompt) => {
    const whole = [system, own].filter((part) => part !== undefined && part !== '').join('\n');
    return { prompt, ...(whole === '' ? {} : { system: whole }), ...(judge.kind === 'equals' ? { expected: judge.expected } : {}) };
  };
  const pool = (make: (index: number) => Prompt) => Array.from({ length: poolSize }, (_, index) => put(make(index)));
  const asked = classes.map((each): PromptClass => {
    if (each.kind === 'given') return each;
    const { name, task, fillerSentences } = each;
    const { kind } = generatePrompt(task, String(seed), 0, 0).judge;
    if (kind !== 'equals' && kind !== 'none') return each;
    return {
      kind: 'given',
      name,
      weight: each.weight,
      prompts: pool((index) => generatePrompt(task, `${seed} ${name}`, index, fillerSentences)),
    };
  });
  const prompts = pool((index) => {
    const { attribute, subject, value } = facts[index % facts.length] as Preamble['facts'][number];
    return { text: `Case ${seed}-${index}. What is the ${attribute} of ${subject}?`, judge: { kind: 'equals', expected: value } };
  });
  return [...asked, { kind: 'given', name: 'facts', weight, prompts }];
}
