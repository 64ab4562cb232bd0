import { z } from 'zod';
import { GatewayError } from '../http/gateway-error.ts';
import { asNumber, asObject, asText, type Json } from './openai-types.ts';

/** Anthropic's messages API demands a limit; LiteLLM's default where the client sets none. */
const DEFAULT_MAX_TOKENS = 4096;

/** Request fields of OpenAI's that have a counterpart, or mean nothing, at Anthropic. */
const understood = new Set([
  'model',
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'stream',
  'stream_options',
  'user',
  'metadata',
  'n',
]);

/** OpenAI's chat request as Anthropic's. Throws GatewayError 400 for fields that have no counterpart, unless they are to be dropped. */
export function toAnthropicRequest(body: Json, model: string, dropParams: boolean): Json {
  const unsupported = Object.entries(body).flatMap(([key, value]) =>
    (understood.has(key) && !(key === 'n' && value !== 1)) || value === null || value === undefined ? [] : [key],
  );
  if (unsupported.length > 0 && !dropParams) throw unsupportedParams('anthropic', model, unsupported);
  const list: readonly unknown[] = Array.isArray(body['messages']) ? body['messages'] : [];
  const messages = list.map(asObject).filter((message) => message !== undefined);
  const system = messages.filter(isInstruction).map((message) => plainText(message['content']));
  const stop = body['stop'];
  return withoutUndefined({
    model,
    max_tokens: body['max_completion_tokens'] ?? body['max_tokens'] ?? DEFAULT_MAX_TOKENS,
    system: system.length === 0 ? undefined : system.join('\n\n'),
    messages: mergeTurns(messages.filter((message) => !isInstruction(message))),
    temperature: body['temperature'] === undefined || body['temperature'] === null ? undefined : Math.min(asNumber(body['temperature']), 1),
    top_p: body['top_p'] ?? undefined,
    stop_sequences: stop === undefined || stop === null ? undefined : [stop].flat(),
    stream: body['stream'] === true ? true : undefined,
    metadata: typeof body['user'] === 'string' ? { user_id: body['user'] } : undefined,
  });
}

export function unsupportedParams(provider: string, model: string, params: readonly string[]): GatewayError {
  const list = params.map((param) => `'${param}'`).join(', ');
  return new GatewayError(
    400,
    `litellm.UnsupportedParamsError: ${provider} does not support parameters: [${list}], for model=${model}. To drop these, set \`drop_params: true\` under \`litellm_settings\`.`,
  );
}

function isInstruction(message: Json): boolean {
  return message['role'] === 'system' || message['role'] === 'developer';
}

/** Anthropic wants turns to alternate: neighbours of one role become one. */
function mergeTurns(messages: readonly Json[]): readonly Json[] {
  const turns: { role: string; content: string }[] = [];
  for (const message of messages) {
    const role = message['role'] === 'assistant' ? 'assistant' : 'user';
    const text = plainText(message['content']);
    const last = turns.at(-1);
    if (last?.role === role) last.content += `\n\n${text}`;
    else turns.push({ role, content: text });
  }
  return turns;
}

function plainText(content: unknown): string {
  if (!Array.isArray(content)) return asText(content);
  return content.map((part) => asText(asObject(part)?.['text'])).join('\n');
}

const textBlock = z.looseObject({ type: z.literal('text', { error: 'only text blocks are supported here' }), text: z.string() });
const blocks = z.union([z.string(), z.array(textBlock)]);

/** The part of Anthropic's request that the gateway translates. */
export const anthropicRequestSchema = z.looseObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  system: blocks.optional(),
  messages: z.array(z.looseObject({ role: z.enum(['user', 'assistant']), content: blocks })).min(1),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  stop_sequences: z.array(z.string()).optional(),
  stream: z.boolean().optional(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).optional(),
});

/** Fields that need no translation because they change nothing, or are the gateway's own. */
const passedOver = new Set(['top_k', 'service_tier', 'guardrails', 'cache', 'disable_fallbacks', 'num_retries']);

/** Anthropic's request as OpenAI's. Throws GatewayError 400 for what cannot be said there, unless it is to be dropped. */
export function fromAnthropicRequest(request: z.infer<typeof anthropicRequestSchema>, dropParams: boolean): Json {
  const known = new Set([...Object.keys(anthropicRequestSchema.shape), ...passedOver]);
  const unsupported = Object.keys(request).filter((key) => !known.has(key));
  if (unsupported.length > 0 && !dropParams) throw unsupportedParams('this gateway', request.model, unsupported);
  const system = request.system === undefined ? [] : [{ role: 'system', content: textOf(request.system) }];
  return withoutUndefined({
    model: request.model,
    messages: [...system, ...request.messages.map(({ role, content }) => ({ role, content: textOf(content) }))],
    max_tokens: request.max_tokens,
    temperature: request.temperature,
    top_p: request.top_p,
    stop: request.stop_sequences,
    stream: request.stream,
    user: request.metadata?.user_id ?? undefined,
    guardrails: request['guardrails'],
    cache: request['cache'],
    disable_fallbacks: request['disable_fallbacks'],
    num_retries: request['num_retries'],
  });
}

function textOf(content: z.infer<typeof blocks>): string {
  return typeof content === 'string' ? content : content.map((block) => block.text).join('\n');
}

function withoutUndefined(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
