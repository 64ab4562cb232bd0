import {
  answerText,
  asNumber,
  asObject,
  asText,
  firstChoice,
  readUsage,
  writeUsage,
  noUsage,
  type FinishReason,
  type Json,
  type Usage,
} from './openai-types.ts';

const finishReasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter',
  tool_use: 'tool_calls',
};

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  content_filter: 'refusal',
  tool_calls: 'tool_use',
};

export function toFinishReason(stopReason: unknown): FinishReason {
  return finishReasons[asText(stopReason)] ?? 'stop';
}

export function toStopReason(finishReason: unknown): string {
  return stopReasons[asText(finishReason)] ?? 'end_turn';
}

/** Anthropic counts cached tokens beside the input tokens, OpenAI among them. */
export function fromAnthropicUsage(usage: Json | undefined): Usage {
  const cachedTokens = asNumber(usage?.['cache_read_input_tokens']);
  const inputTokens = asNumber(usage?.['input_tokens']) + cachedTokens + asNumber(usage?.['cache_creation_input_tokens']);
  return { inputTokens, cachedTokens, outputTokens: asNumber(usage?.['output_tokens']) };
}

export function toAnthropicUsage({ inputTokens, outputTokens, cachedTokens }: Usage): Json {
  return {
    input_tokens: inputTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: outputTokens,
  };
}

/** Anthropic's message as OpenAI's chat completion. */
export function fromAnthropicAnswer(message: Json, createdSeconds: number): Json {
  const blocks = Array.isArray(message['content']) ? message['content'] : [];
  const content = blocks.map((block) => asText(asObject(block)?.['text'])).join('');
  return {
    id: asText(message['id']),
    object: 'chat.completion',
    created: createdSeconds,
    model: message['model'],
    choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: toFinishReason(message['stop_reason']) }],
    usage: writeUsage(fromAnthropicUsage(asObject(message['usage']))),
  };
}

/** OpenAI's chat completion as Anthropic's message. */
export function toAnthropicAnswer(answer: Json): Json {
  return {
    id: anthropicId(asText(answer['id'])),
    type: 'message',
    role: 'assistant',
    model: answer['model'],
    content: [{ type: 'text', text: answerText(answer) }],
    stop_reason: toStopReason(firstChoice(answer)?.['finish_reason']),
    stop_sequence: null,
    usage: toAnthropicUsage(readUsage(answer) ?? noUsage),
  };
}

export function anthropicId(id: string): string {
  return id.startsWith('msg_') ? id : `msg_${id.replace(/^[a-z]+-/, '')}`;
}
