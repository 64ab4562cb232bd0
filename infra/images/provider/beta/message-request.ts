import { z } from 'zod';
import { tokenize } from '../../inference/tokenizer.ts';
import { messageTokens, type Message } from '../generation.ts';

const cacheControl = z.looseObject({ type: z.literal('ephemeral') }).nullish();
const textBlock = z.looseObject({ type: z.literal('text'), text: z.string().min(1), cache_control: cacheControl });
const content = z.union([z.string(), z.array(textBlock).min(1)]);

const promptShape = {
  model: z.string().min(1),
  system: content.optional(),
  messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant']), content })).min(1),
  tools: z.array(z.unknown()).optional(),
};

/** The parts of Anthropic's request that the provider acts on. Content other than text is refused. */
export const messageSchema = z.looseObject({
  ...promptShape,
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string().min(1)).max(64).optional(),
  temperature: z.number().min(0).max(1).optional(),
});
export const countSchema = z.looseObject(promptShape);

/** The system prompt is the first message. */
export function messagesOf({ system, messages }: z.infer<typeof countSchema>): readonly Message[] {
  const turns = messages.map((message) => ({ role: message.role, text: textOf(message.content) }));
  return system === undefined ? turns : [{ role: 'system', text: textOf(system) }, ...turns];
}

function textOf(value: z.infer<typeof content>): string {
  return typeof value === 'string' ? value : value.map((block) => block.text).join('\n');
}

/** As many breakpoints as Anthropic allows. */
const MAX_BREAKPOINTS = 4;

/** Where the blocks end that carry `cache_control`, in tokens from the prompt's beginning. */
export function cacheBreakpoints({ system, messages }: z.infer<typeof countSchema>): readonly number[] {
  const parts = [...(system === undefined ? [] : [{ role: 'system', content: system }]), ...messages];
  const boundaries: number[] = [];
  let before = 0;
  for (const part of parts) {
    if (typeof part.content !== 'string')
      for (const [index, block] of part.content.entries()) {
        if (block.cache_control === null || block.cache_control === undefined) continue;
        boundaries.push(before + messageTokens({ role: part.role, text: textOf(part.content.slice(0, index + 1)) }).length);
      }
    before += messageTokens({ role: part.role, text: '' }).length + tokenize(textOf(part.content)).length;
  }
  return boundaries.slice(-MAX_BREAKPOINTS);
}
