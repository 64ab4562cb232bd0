import { z } from 'zod';
import type { FailureKind } from './load-protocol.ts';
import type { Judge } from './prompts.ts';
import type { ProbeResult } from './protocol.ts';

/** What became of one request. Times are from its being sent. */
export type Outcome =
  | { readonly kind: 'failed'; readonly failure: FailureKind; readonly totalMs: number }
  | {
      readonly kind: 'answered';
      readonly text: string;
      readonly model: string | undefined;
      readonly usage: Usage | undefined;
      readonly finishReason: string | undefined;
      readonly fromCache: boolean;
      readonly totalMs: number;
      /** When each piece of text came; empty where it was no stream. */
      readonly pieceTimesMs: readonly number[];
    };

export interface Usage {
  readonly prompt: number;
  readonly cachedPrompt: number;
  readonly completion: number;
}

export type Judgement = 'right' | 'wrong' | 'refused' | 'leaked' | 'unjudged';

const usageSchema = z.object({
  prompt_tokens: z.number(),
  completion_tokens: z.number().default(0),
  prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
});
const choiceSchema = z.object({
  message: z.object({ content: z.string().nullish() }).optional(),
  delta: z.object({ content: z.string().nullish() }).optional(),
  finish_reason: z.string().nullish(),
});
const answerSchema = z.object({ model: z.string().optional(), choices: z.array(choiceSchema), usage: usageSchema.nullish() });
type Answer = z.infer<typeof answerSchema>;

/** Reads a result as an OpenAI client would. Pure. */
export function readOutcome(result: ProbeResult): Outcome {
  const failure = findFailure(result);
  if (failure !== undefined) return { kind: 'failed', failure, totalMs: result.totalMs };
  if (result.kind === 'unanswered') throw new TypeError('an unanswered request has failed');
  const fromCache = isFromCache(result.headers);
  const rest = { fromCache, totalMs: result.totalMs };
  return result.events === undefined ? readWhole(result.body, rest) : readStream(result.events, rest);
}

type Rest = { readonly fromCache: boolean; readonly totalMs: number };

function readWhole(body: string, rest: Rest): Outcome {
  const answer = parseAnswer(body);
  const choice = answer?.choices[0];
  if (answer === undefined || choice === undefined) return { kind: 'failed', failure: 'bad-answer', totalMs: rest.totalMs };
  return {
    kind: 'answered',
    text: choice.message?.content ?? '',
    model: answer.model,
    usage: usageOf(answer),
    finishReason: choice.finish_reason ?? undefined,
    pieceTimesMs: [],
    ...rest,
  };
}

function readStream(events: readonly { readonly data: string; readonly atMs: number }[], rest: Rest): Outcome {
  const chunks = events
    .filter(({ data }) => data !== '[DONE]' && data !== '')
    .map(({ data, atMs }) => ({ atMs, answer: parseAnswer(data) }));
  const finishReason = chunks.map(({ answer }) => answer?.choices[0]?.finish_reason).findLast((reason) => typeof reason === 'string');
  const isWhole =
    events.at(-1)?.data === '[DONE]' && typeof finishReason === 'string' && chunks.every(({ answer }) => answer !== undefined);
  if (!isWhole) return { kind: 'failed', failure: 'broken-stream', totalMs: rest.totalMs };
  const pieces = chunks.flatMap(({ atMs, answer }) => {
    const text = answer?.choices[0]?.delta?.content ?? '';
    return text === '' ? [] : [{ atMs, text }];
  });
  const last = chunks.findLast(({ answer }) => answer?.usage !== undefined && answer.usage !== null)?.answer;
  return {
    kind: 'answered',
    text: pieces.map(({ text }) => text).join(''),
    model: chunks[0]?.answer?.model,
    usage: last === undefined ? undefined : usageOf(last),
    finishReason,
    pieceTimesMs: pieces.map(({ atMs }) => atMs),
    ...rest,
  };
}

function parseAnswer(text: string): Answer | undefined {
  return answerSchema.safeParse(parseJson(text)).data;
}

function usageOf({ usage }: Answer): Usage | undefined {
  if (usage === undefined || usage === null) return undefined;
  return {
    prompt: usage.prompt_tokens,
    completion: usage.completion_tokens,
    cachedPrompt: usage.prompt_tokens_details?.cached_tokens ?? 0,
  };
}

/** LiteLLM's header, which it sets on hits alone, and the one that proxies commonly use. */
function isFromCache(headers: Readonly<Record<string, string>>): boolean {
  if (/hit/i.test(headers['x-cache'] ?? '')) return true;
  if (headers['x-litellm-cache-hit'] !== undefined) return /^true$/i.test(headers['x-litellm-cache-hit']);
  return headers['x-litellm-cache-key'] !== undefined;
}

/** Why a request was not served, or undefined when it was. Pure. */
export function findFailure(result: ProbeResult): FailureKind | undefined {
  if (result.kind === 'unanswered') {
    if (result.code === 'TIMEOUT') return 'timeout';
    return result.phase === 'request' || result.phase === 'body' ? 'reset' : result.phase;
  }
  const { status, body, headers } = result;
  if (status >= 200 && status < 300) return undefined;
  const error = readError(body);
  if (error.type === 'budget_exceeded') return 'budget-gateway';
  switch (status) {
    case 400:
    case 403:
    case 422:
    case 451:
      if (isPolicy(error)) return 'refused';
      return status === 403 ? 'authentication' : 'bad-request';
    case 401:
      return 'authentication';
    case 404:
      return 'not-found';
    case 429:
      return whichRateLimit(error, headers);
    case 503:
      return 'unavailable';
    case 529:
      return 'overloaded';
    default:
      return status >= 500 ? 'server-error' : 'bad-request';
  }
}

interface ErrorFacts {
  readonly type: string;
  readonly code: string;
  readonly text: string;
  /** vLLM's codes are numbers, everybody else's are words. */
  readonly hasNumericCode: boolean;
}

/** A gateway says which of its own limits it was; providers name theirs in their own words; what is left is a full queue. */
function whichRateLimit(error: ErrorFacts, headers: Readonly<Record<string, string>>): FailureKind {
  if (headers['rate_limit_type'] !== undefined || error.text.includes('rate_limit_type')) return 'rate-limit-gateway';
  if (error.type === 'insufficient_quota' || error.code === 'insufficient_quota' || error.text.includes('spend_limit_reached'))
    return 'quota-provider';
  return error.hasNumericCode ? 'queue-full' : 'rate-limit-provider';
}

function isPolicy({ type, code, text }: ErrorFacts): boolean {
  return (
    /content_policy|content_filter|guardrail|moderation/i.test(`${type} ${code}`) ||
    /guardrail|content policy|content blocked|unsafe|violat/i.test(text)
  );
}

const errorSchema = z.object({
  error: z.object({ type: z.string().nullish(), code: z.union([z.string(), z.number()]).nullish() }),
});

function readError(body: string): ErrorFacts {
  const { type, code } = errorSchema.safeParse(parseJson(body)).data?.error ?? {};
  return { type: type ?? '', code: String(code ?? ''), text: body, hasNumericCode: typeof code === 'number' };
}

/** What an outcome is worth. A failure other than a refusal says nothing of quality and is counted as a failure alone. Pure. */
export function judge(by: Judge, outcome: Outcome): Judgement {
  const isRefused = outcome.kind === 'failed' ? outcome.failure === 'refused' : isRefusal(outcome.text, outcome.finishReason);
  if (outcome.kind === 'failed' && !isRefused) return 'unjudged';
  if (by.kind === 'refusal') return isRefused ? 'refused' : 'wrong';
  if (isRefused || outcome.kind === 'failed') return 'refused';
  switch (by.kind) {
    case 'none':
      return 'unjudged';
    case 'equals':
      return normalise(outcome.text) === normalise(by.expected) ? 'right' : 'wrong';
    case 'no-refusal':
      return 'right';
    case 'absent':
      return by.secrets.some((secret) => outcome.text.includes(secret)) ? 'leaked' : 'right';
  }
}

function isRefusal(text: string, finishReason: string | undefined): boolean {
  return (
    finishReason === 'content_filter' ||
    /^\s*(?:i(?:['’]m| am) sorry|sorry,|i can(?:no|['’])t (?:help|assist|do)|i(?:['’]m| am) unable)/i.test(text)
  );
}

function normalise(text: string): string {
  return text.trim().toLowerCase();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
