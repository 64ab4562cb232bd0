import { asObject, asText, deltaText, firstChoice, readUsage, writeUsage, type Json, type Usage } from '../translation/openai-types.ts';

/** Gathers a stream's chunks into the answer that they make up: the text of the first choice, be it a chat's or a plain completion's. */
export class AnswerCollector {
  readonly #parts: string[] = [];
  #first: Json | undefined;
  #finishReason: unknown = null;
  #usage: Usage | undefined;
  #hasMore = false;

  add(chunk: Json): void {
    this.#first ??= chunk;
    this.#usage = readUsage(chunk) ?? this.#usage;
    const choice = firstChoice(chunk);
    const isFirst = (choice?.['index'] ?? 0) === 0;
    this.#hasMore ||= !isFirst || asObject(choice?.['delta'])?.['tool_calls'] !== undefined;
    if (!isFirst) return;
    this.#finishReason = choice?.['finish_reason'] ?? this.#finishReason;
    const text = deltaText(chunk);
    if (text !== '') this.#parts.push(text);
  }

  get text(): string {
    return this.#parts.join('');
  }

  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** False when the stream held more than {@link answer} tells, such as tool calls or a second choice, or ended without its usage. */
  get isWhole(): boolean {
    return !this.#hasMore && this.#usage !== undefined;
  }

  get model(): string {
    return asText(this.#first?.['model']);
  }

  answer(): Json {
    const { id, created, model, object } = this.#first ?? {};
    const common = { index: 0, logprobs: null, finish_reason: this.#finishReason ?? 'stop' };
    const isText = object === 'text_completion';
    return {
      id,
      object: isText ? object : 'chat.completion',
      created,
      model,
      choices: [isText ? { ...common, text: this.text } : { ...common, message: { role: 'assistant', content: this.text } }],
      ...(this.#usage === undefined ? {} : { usage: writeUsage(this.#usage) }),
    };
  }
}

/** A whole answer as the chunks of a stream: each choice in one piece, its end, and the usage. */
export function chunksOf(answer: Json): readonly Json[] {
  const isText = answer['object'] === 'text_completion';
  const base = {
    id: answer['id'],
    object: isText ? 'text_completion' : 'chat.completion.chunk',
    created: answer['created'],
    model: answer['model'],
  };
  const whole: readonly unknown[] = Array.isArray(answer['choices']) ? answer['choices'] : [];
  const chunks = whole.flatMap((one, index) => {
    const choice = asObject(one) ?? {};
    const finish_reason = choice['finish_reason'] ?? 'stop';
    const [said, end] = isText ? [{ text: asText(choice['text']) }, { text: '' }] : [{ delta: deltaOf(choice) }, { delta: {} }];
    return [
      { ...said, finish_reason: null },
      { ...end, finish_reason },
    ].map((part) => ({ ...base, choices: [{ index, logprobs: null, ...part }] }));
  });
  return answer['usage'] === undefined ? chunks : [...chunks, { ...base, choices: [], usage: answer['usage'] }];
}

function deltaOf(choice: Json): Json {
  const message = asObject(choice['message']) ?? {};
  const calls: readonly unknown[] = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
  const tool_calls = calls.map((call, index) => ({ index, ...asObject(call) }));
  return { role: 'assistant', content: asText(message['content']), ...(calls.length === 0 ? {} : { tool_calls }) };
}
