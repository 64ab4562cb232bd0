import { anthropicId, fromAnthropicUsage, toAnthropicUsage, toFinishReason, toStopReason } from './anthropic-answer.ts';
import {
  asNumber,
  asObject,
  asText,
  deltaText,
  firstChoice,
  noUsage,
  readUsage,
  writeUsage,
  type Json,
  type Usage,
} from './openai-types.ts';

export interface NamedEvent {
  readonly event: string;
  readonly data: Json;
}

/** Turns the events of Anthropic's stream into OpenAI's chunks. Events that add nothing, such as ping, give none. */
export class AnthropicStreamReader {
  readonly #createdSeconds: number;
  #base: Json = {};
  #usage: Usage = noUsage;
  #complete = false;

  constructor(createdSeconds: number) {
    this.#createdSeconds = createdSeconds;
  }

  /** True after `message_stop`: an end before it is a broken stream. */
  get complete(): boolean {
    return this.#complete;
  }

  read(data: Json): readonly Json[] {
    switch (data['type']) {
      case 'message_start':
        return this.#start(asObject(data['message']) ?? {});
      case 'content_block_delta':
        return [this.#chunk({ content: asText(asObject(data['delta'])?.['text']) }, null)];
      case 'message_delta':
        return this.#finish(data);
      case 'message_stop':
        this.#complete = true;
        return [];
      default:
        return [];
    }
  }

  #start(message: Json): readonly Json[] {
    this.#usage = fromAnthropicUsage(asObject(message['usage']));
    this.#base = { id: asText(message['id']), object: 'chat.completion.chunk', created: this.#createdSeconds, model: message['model'] };
    return [this.#chunk({ role: 'assistant', content: '' }, null)];
  }

  #finish(data: Json): readonly Json[] {
    const outputTokens = asNumber(asObject(data['usage'])?.['output_tokens']);
    this.#usage = { ...this.#usage, outputTokens };
    const last = this.#chunk({}, toFinishReason(asObject(data['delta'])?.['stop_reason']));
    return [last, { ...this.#base, choices: [], usage: writeUsage(this.#usage) }];
  }

  #chunk(delta: Json, finish_reason: string | null): Json {
    return { ...this.#base, choices: [{ index: 0, delta, logprobs: null, finish_reason }] };
  }
}

/** Turns OpenAI's chunks into the events of Anthropic's stream. `end` must be called after the last chunk. */
export class AnthropicStreamWriter {
  #started = false;
  #finishReason: unknown;
  #usage: Usage = noUsage;

  write(chunk: Json): readonly NamedEvent[] {
    this.#usage = readUsage(chunk) ?? this.#usage;
    this.#finishReason = firstChoice(chunk)?.['finish_reason'] ?? this.#finishReason;
    const text = deltaText(chunk);
    const delta = event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
    return [...this.#open(chunk), ...(text === '' ? [] : [delta])];
  }

  end(): readonly NamedEvent[] {
    const usage = toAnthropicUsage(this.#usage);
    return [
      ...this.#open({}),
      event('content_block_stop', { index: 0 }),
      event('message_delta', { delta: { stop_reason: toStopReason(this.#finishReason), stop_sequence: null }, usage }),
      event('message_stop', {}),
    ];
  }

  #open(chunk: Json): readonly NamedEvent[] {
    if (this.#started) return [];
    this.#started = true;
    const message = {
      id: anthropicId(asText(chunk['id'])),
      type: 'message',
      role: 'assistant',
      model: chunk['model'],
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: toAnthropicUsage(this.#usage),
    };
    return [event('message_start', { message }), event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })];
  }
}

function event(type: string, data: Json): NamedEvent {
  return { event: type, data: { type, ...data } };
}
