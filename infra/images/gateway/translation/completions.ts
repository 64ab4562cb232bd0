import { answerText, asText, deltaText, firstChoice, type Json } from './openai-types.ts';

/** A plain completion as a chat, for providers that know only chats. */
export function completionToChat(body: Json): Json {
  const { prompt, max_tokens: maxTokens, ...rest } = body;
  const text = Array.isArray(prompt) ? prompt.map(asText).join('\n') : asText(prompt);
  return { ...rest, messages: [{ role: 'user', content: text }], max_tokens: maxTokens ?? 16 };
}

/** A chat's answer as that of a plain completion. */
export function chatToCompletion(answer: Json): Json {
  const { usage, ...base } = answer;
  const choice = { index: 0, text: answerText(answer), logprobs: null, finish_reason: firstChoice(answer)?.['finish_reason'] ?? null };
  return { ...base, object: 'text_completion', choices: [choice], ...(usage === undefined ? {} : { usage }) };
}

export function chatChunkToCompletion(chunk: Json): Json {
  const choice = firstChoice(chunk);
  if (choice === undefined) return { ...chunk, object: 'text_completion' };
  const text = { index: 0, text: deltaText(chunk), logprobs: null, finish_reason: choice['finish_reason'] ?? null };
  return { ...chunk, object: 'text_completion', choices: [text] };
}
