import { randomId } from '../ids.ts';
import { chatSchema, textOf, type ChatRequest } from '../../inference/requests.ts';
import { AnswerStream } from '../answer-stream.ts';
import { openCompletion, runCompletion, type Completion } from '../completion.ts';
import type { Inbound } from '../inbound.ts';
import { automaticBoundaries } from '../prompt-cache.ts';
import { refuse } from '../refusal.ts';

/** What OpenAI counts towards the limit for an answer of no stated length; a longer one is settled after. */
const DEFAULT_RESERVED_TOKENS = 16;
const LONGEST_ANSWER_TOKENS = 4_096;

export async function alphaChat(inbound: Inbound): Promise<void> {
  const request = await inbound.parse(chatSchema);
  const completion = open(inbound, request);
  const base = { id: `chatcmpl-${randomId(29)}`, created: seconds(inbound), model: completion.answeringModel, ...common };
  if (request.stream === true) await stream(inbound, completion, base, request.stream_options?.include_usage === true);
  else await whole(inbound, completion, base);
}

const common = { service_tier: 'default', system_fingerprint: 'fp_drillhouse1' };

function open(inbound: Inbound, request: ChatRequest): Completion {
  if (request.model === undefined) refuse({ kind: 'invalid-request', problem: 'missing', param: 'model', message: 'missing' });
  if ((request.n ?? 1) !== 1) refuse({ kind: 'unsupported', param: 'n', message: "Unsupported value: 'n' must be 1 with this model." });
  for (const param of ['tools', 'functions'])
    if (Array.isArray(request[param]) && request[param].length > 0)
      refuse({ kind: 'unsupported', param, message: `Unsupported parameter: '${param}' is not supported with this model.` });
  inbound.isStream = request.stream === true;
  const limit = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  return openCompletion(inbound, {
    model: request.model ?? '',
    prompt: {
      messages: request.messages.map(({ role, content }) => ({ role, text: textOf(content) })),
      maxOutputTokens: limit ?? LONGEST_ANSWER_TOKENS,
      stops: request.stop === null || request.stop === undefined ? [] : [request.stop].flat(),
      seed: request.seed ?? inbound.provider.seed,
    },
    reservedOutputTokens: limit ?? DEFAULT_RESERVED_TOKENS,
    cacheBoundaries: automaticBoundaries,
    billsCacheWrites: false,
  });
}

async function whole(inbound: Inbound, completion: Completion, base: object): Promise<void> {
  const parts: string[] = [];
  if (!(await runCompletion(inbound, completion, (token) => parts.push(token)))) return;
  const message = { role: 'assistant', content: parts.join(''), refusal: null, annotations: [] };
  inbound.sendJson({
    ...base,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(completion) }],
    usage: usageOf(completion),
  });
}

async function stream(inbound: Inbound, completion: Completion, base: object, includeUsage: boolean): Promise<void> {
  const events = new AnswerStream(inbound);
  const chunk = (delta: object, finish_reason: string | null = null): void =>
    events.send({
      ...base,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...(includeUsage ? { usage: null } : {}),
    });
  chunk({ role: 'assistant', content: '', refusal: null });
  if (!(await runCompletion(inbound, completion, (content) => chunk({ content })))) return;
  chunk({}, finishReason(completion));
  if (includeUsage) events.send({ ...base, object: 'chat.completion.chunk', choices: [], usage: usageOf(completion) });
  events.end('[DONE]');
}

function finishReason({ answer }: Completion): 'stop' | 'length' {
  return answer.ending.kind === 'length' ? 'length' : 'stop';
}

function usageOf({ input, answer }: Completion): object {
  const prompt = input.inputTokens + input.cachedInputTokens + input.cacheWriteTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: answer.tokens.length,
    total_tokens: prompt + answer.tokens.length,
    prompt_tokens_details: { cached_tokens: input.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
}

function seconds({ provider }: Inbound): number {
  return Math.floor(provider.clock.now() / 1_000);
}
