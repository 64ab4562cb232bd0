import { describe, expect, it } from 'vitest';
import { fromAnthropicAnswer, toAnthropicAnswer } from './anthropic-answer.ts';
import { anthropicRequestSchema, fromAnthropicRequest, toAnthropicRequest } from './anthropic-request.ts';
import { AnthropicStreamReader, AnthropicStreamWriter } from './anthropic-stream.ts';
import { chatToCompletion, completionToChat } from './completions.ts';
import type { Json } from './openai-types.ts';

const user = (content: unknown): Json => ({ role: 'user', content });

describe('OpenAI’s request for Anthropic', () => {
  it.each<[string, Json, Json]>([
    ['a limit is demanded', { messages: [user('a')] }, { model: 'm', max_tokens: 4096, messages: [user('a')] }],
    [
      'instructions stand apart, and turns alternate',
      {
        messages: [
          { role: 'system', content: 'be brief' },
          { role: 'developer', content: 'be kind' },
          user('a'),
          user([{ type: 'text', text: 'b' }]),
          { role: 'assistant', content: 'c' },
        ],
        max_completion_tokens: 5,
      },
      {
        model: 'm',
        max_tokens: 5,
        system: 'be brief\n\nbe kind',
        messages: [user('a\n\nb'), { role: 'assistant', content: 'c' }],
      },
    ],
    [
      'what has another name or range',
      { messages: [user('a')], max_tokens: 9, temperature: 1.7, top_p: 0.5, stop: 'END', stream: true, user: 'u', n: 1 },
      {
        model: 'm',
        max_tokens: 9,
        messages: [user('a')],
        temperature: 1,
        top_p: 0.5,
        stop_sequences: ['END'],
        stream: true,
        metadata: { user_id: 'u' },
      },
    ],
  ])('%s', (_, body, expected) => {
    expect(toAnthropicRequest(body, 'm', false)).toEqual(expected);
  });

  it('refuses what cannot be said there, or drops it', () => {
    const body = { messages: [user('a')], logprobs: true, seed: 1 };
    expect(() => toAnthropicRequest(body, 'm', false)).toThrow("anthropic does not support parameters: ['logprobs', 'seed'], for model=m");
    expect(toAnthropicRequest(body, 'm', true)).not.toHaveProperty('seed');
  });
});

describe('Anthropic’s request for OpenAI', () => {
  const request = {
    model: 'm',
    max_tokens: 9,
    system: [{ type: 'text', text: 'be brief' }],
    messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }],
    stop_sequences: ['END'],
    metadata: { user_id: 'u' },
  };
  it('says the same', () => {
    expect(fromAnthropicRequest(anthropicRequestSchema.parse(request), false)).toEqual({
      model: 'm',
      messages: [{ role: 'system', content: 'be brief' }, user('a')],
      max_tokens: 9,
      stop: ['END'],
      user: 'u',
    });
  });
  it('refuses what it does not know', () => {
    const parsed = anthropicRequestSchema.parse({ ...request, thinking: { type: 'enabled' } });
    expect(() => fromAnthropicRequest(parsed, false)).toThrow("parameters: ['thinking']");
    expect(fromAnthropicRequest(parsed, true)).not.toHaveProperty('thinking');
    expect(anthropicRequestSchema.safeParse({ ...request, messages: [user([{ type: 'image' }])] }).success).toBe(false);
  });
});

const message = (stop_reason: string): Json => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'hello' }],
  stop_reason,
  stop_sequence: null,
  usage: { input_tokens: 7, cache_creation_input_tokens: 0, cache_read_input_tokens: 3, output_tokens: 2 },
});

describe('answers', () => {
  it.each([
    ['end_turn', 'stop'],
    ['max_tokens', 'length'],
    ['refusal', 'content_filter'],
    ['tool_use', 'tool_calls'],
  ])('%s is %s, there and back, usage and all', (stopReason, finishReason) => {
    const answer = fromAnthropicAnswer(message(stopReason), 5);
    expect(answer).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: 'hello' }, finish_reason: finishReason }],
      usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12, prompt_tokens_details: { cached_tokens: 3 } },
    });
    expect(toAnthropicAnswer(answer)).toEqual(message(stopReason));
  });

  it('of plain completions', () => {
    expect(completionToChat({ prompt: ['a', 'b'], temperature: 0 })).toEqual({
      messages: [user('a\nb')],
      max_tokens: 16,
      temperature: 0,
    });
    expect(chatToCompletion(fromAnthropicAnswer(message('end_turn'), 5))).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'hello', finish_reason: 'stop' }],
      usage: { total_tokens: 12 },
    });
  });
});

describe('streams', () => {
  const events: readonly Json[] = [
    { type: 'message_start', message: { ...message('x'), usage: { input_tokens: 7, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hel' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'max_tokens', stop_sequence: null }, usage: { output_tokens: 2 } },
    { type: 'message_stop' },
  ];

  it('of Anthropic’s events become chunks, and those the same events again', () => {
    const reader = new AnthropicStreamReader(5);
    const chunks = events.flatMap((event) => reader.read(event));
    expect(reader.complete).toBe(true);
    expect(chunks.map((chunk) => chunk['choices'])).toMatchObject([
      [{ delta: { role: 'assistant', content: '' } }],
      [{ delta: { content: 'hel' } }],
      [{ delta: { content: 'lo' } }],
      [{ delta: {}, finish_reason: 'length' }],
      [],
    ]);
    expect(chunks.at(-1)).toMatchObject({ usage: { prompt_tokens: 7, completion_tokens: 2 } });
    const writer = new AnthropicStreamWriter();
    const again = [...chunks.flatMap((chunk) => writer.write(chunk)), ...writer.end()];
    expect(again.map(({ event }) => event)).toEqual(events.map((event) => event['type']).filter((type) => type !== 'ping'));
    expect(again.at(-2)?.data).toMatchObject({ delta: { stop_reason: 'max_tokens' }, usage: { input_tokens: 7, output_tokens: 2 } });
  });

  it('that end early are not complete', () => {
    const reader = new AnthropicStreamReader(5);
    for (const event of events.slice(0, -1)) reader.read(event);
    expect(reader.complete).toBe(false);
  });
});
