import { once } from 'node:events';
import { paced, planAnswer, planPace, promptTokens, type PlannedAnswer, type Prompt } from './generation.ts';
import type { Inbound } from './inbound.ts';
import type { ProviderModel } from './models.ts';
import type { Admission } from './provider.ts';
import { refuse } from './refusal.ts';

export interface CompletionRequest {
  readonly model: string;
  readonly prompt: Prompt;
  /** What to reserve for the answer when its length is not bounded by the request. */
  readonly reservedOutputTokens: number;
  /** Ends of the prompt's prefixes that may be cached, ascending, in tokens. */
  readonly cacheBoundaries: (tokenCount: number) => readonly number[];
  /** Whether a prefix that was not cached is billed as written to the cache. */
  readonly billsCacheWrites: boolean;
}

export interface Completion {
  /** The model that answers, by the name that the answer gives. */
  readonly answeringModel: string;
  readonly answer: PlannedAnswer;
  readonly input: { readonly inputTokens: number; readonly cachedInputTokens: number; readonly cacheWriteTokens: number };
  readonly admission: Admission;
  readonly asked: ProviderModel;
}

/** Finds the model, plans the answer and gets the request past quota and limits. Throws RefusalError. */
export function openCompletion(inbound: Inbound, request: CompletionRequest): Completion {
  const { provider, key, faults } = inbound;
  const asked = provider.requireModel(request.model, 'chat');
  inbound.model = asked;
  const tokens = promptTokens(request.prompt.messages);
  requireRoom(asked, tokens.length, request.prompt.maxOutputTokens);
  const boundaries = request.cacheBoundaries(tokens.length);
  const cached = provider.cache.use(key.organization.id, tokens, boundaries);
  const written = request.billsCacheWrites ? Math.max(0, (boundaries.findLast((one) => one <= tokens.length) ?? 0) - cached) : 0;
  const input = { inputTokens: tokens.length - cached - written, cachedInputTokens: cached, cacheWriteTokens: written };
  const answering = provider.answeringModel(asked, faults);
  const most = { inputTokens: tokens.length - cached, cachedInputTokens: cached, outputTokens: request.reservedOutputTokens };
  try {
    const admission = provider.admit(key, asked, most);
    return { answeringModel: answering.snapshot, answer: planAnswer(answering, request.prompt, faults), input, admission, asked };
  } finally {
    inbound.showLimits(asked);
  }
}

function requireRoom(model: ProviderModel, promptTokenCount: number, maxOutputTokens: number): void {
  if (maxOutputTokens > model.maxOutputTokens)
    refuse({ kind: 'output-exceeded', model: model.id, tokens: maxOutputTokens, most: model.maxOutputTokens });
  if (promptTokenCount > model.contextTokens) refuse({ kind: 'context-exceeded', tokens: promptTokenCount, most: model.contextTokens });
}

/**
 * Hands over each token at its time and settles what was used, whether or not the client stayed. False: the answer was broken off and
 * nothing more may be sent.
 */
export async function runCompletion(inbound: Inbound, completion: Completion, onToken: (token: string) => void): Promise<boolean> {
  const { provider, requestId, faults } = inbound;
  const { answer, asked, input } = completion;
  const pace = planPace(asked, input.inputTokens + input.cacheWriteTokens, faults, requestId);
  const breakAfter = inbound.isStream ? faults.breakAfterTokens : undefined;
  const startedAtMs = provider.clock.now();
  let firstAtMs = startedAtMs;
  let sent = 0;
  try {
    for await (const token of paced(answer.tokens, pace, provider.clock, inbound.signal)) {
      if (sent === breakAfter) return breakOff(inbound);
      onToken(token);
      sent += 1;
      if (sent === 1) firstAtMs = provider.clock.now();
      await roomToWrite(inbound);
    }
    if (breakAfter !== undefined && sent === breakAfter) return breakOff(inbound);
    return true;
  } catch (error) {
    if (inbound.signal.aborted) return breakOff(inbound);
    throw error;
  } finally {
    inbound.bill = completion.admission.settle({ ...input, outputTokens: sent });
    const laterMs = provider.clock.now() - firstAtMs;
    if (sent > 0) provider.metrics.generated(asked.id, (firstAtMs - startedAtMs) / 1000, laterMs / 1000, sent - 1);
  }
}

function breakOff({ exchange }: Inbound): false {
  exchange.response.destroy();
  return false;
}

/** A client that reads slowly slows the answer; nothing piles up here. */
async function roomToWrite({ exchange, signal }: Inbound): Promise<void> {
  if (exchange.response.writableNeedDrain) await once(exchange.response, 'drain', { signal });
}
