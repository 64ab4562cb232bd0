import { describe, expect, it } from 'vitest';
import type { Json } from '../translation/openai-types.ts';
import { AnswerCollector, chunksOf } from './replay.ts';

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, prompt_tokens_details: { cached_tokens: 0 } };
const base = { id: 'c1', created: 1, model: 'm' };
const chat: Json = {
  ...base,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'a b' }, logprobs: null, finish_reason: 'length' }],
  usage,
};
const completion: Json = {
  ...base,
  object: 'text_completion',
  choices: [{ index: 0, text: 'a b', logprobs: null, finish_reason: 'stop' }],
  usage,
};

function collect(chunks: readonly Json[]): AnswerCollector {
  const collector = new AnswerCollector();
  for (const chunk of chunks) collector.add(chunk);
  return collector;
}

describe('an answer and the stream of it', () => {
  it.each([chat, completion])('$object comes back as it was', (answer) => {
    expect(collect(chunksOf(answer)).answer()).toEqual(answer);
    expect(collect(chunksOf(answer)).isWhole).toBe(true);
  });

  it('tells what it could not gather whole', () => {
    const calls = [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } }];
    const called = { ...chat, choices: [{ index: 0, message: { content: null, tool_calls: calls }, finish_reason: 'tool_calls' }] };
    expect(chunksOf(called)[0]).toMatchObject({ choices: [{ delta: { tool_calls: [{ index: 0, id: 'x' }] } }] });
    expect(collect(chunksOf(called)).isWhole).toBe(false);
    const two = { ...chat, choices: ['a', 'b'].map((content, index) => ({ index, message: { content }, finish_reason: 'stop' })) };
    expect(collect(chunksOf(two))).toMatchObject({ isWhole: false, text: 'a', usage: { inputTokens: 3 } });
    expect(collect(chunksOf(chat).slice(0, 1)).isWhole).toBe(false);
  });
});
