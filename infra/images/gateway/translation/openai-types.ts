/** The gateway's own language is OpenAI's: requests, answers and chunks travel as plain JSON and keep the fields that nobody here reads. */
export type Json = Readonly<Record<string, unknown>>;

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Part of the input tokens. */
  readonly cachedTokens: number;
}

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

/** Reads `usage` of an OpenAI answer or chunk; undefined when it has none. */
export function readUsage(body: Json): Usage | undefined {
  const usage = asObject(body['usage']);
  if (usage === undefined) return undefined;
  const details = asObject(usage['prompt_tokens_details']);
  return {
    inputTokens: asNumber(usage['prompt_tokens']),
    outputTokens: asNumber(usage['completion_tokens']),
    cachedTokens: asNumber(details?.['cached_tokens']),
  };
}

export function writeUsage({ inputTokens, outputTokens, cachedTokens }: Usage): Json {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

/** The first choice of an answer or chunk. */
export function firstChoice(body: Json): Json | undefined {
  return Array.isArray(body['choices']) ? asObject(body['choices'][0]) : undefined;
}

/** What a chunk adds to the text. */
export function deltaText(chunk: Json): string {
  const choice = firstChoice(chunk);
  return asText(asObject(choice?.['delta'])?.['content'] ?? choice?.['text']);
}

/** The same chunk with another text in the place of its own. */
export function withDeltaText(chunk: Json, text: string): Json {
  const choice = firstChoice(chunk);
  if (choice === undefined) return chunk;
  const delta = asObject(choice['delta']);
  return { ...chunk, choices: [delta === undefined ? { ...choice, text } : { ...choice, delta: { ...delta, content: text } }] };
}

export function answerText(body: Json): string {
  const choice = firstChoice(body);
  return asText(asObject(choice?.['message'])?.['content'] ?? choice?.['text']);
}

export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function asNumber(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
