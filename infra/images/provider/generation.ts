import { sleep, type Clock } from '../../cluster/meta/clock.ts';
import { answer } from '../inference/answer.ts';
import { hashFraction } from '../inference/random.ts';
import { tokenize } from '../inference/tokenizer.ts';
import type { RequestFaults } from './faults.ts';
import type { ProviderModel } from './models.ts';
import { harmfulAnswer, withPersonalData } from './wrong-answers.ts';

export interface Message {
  readonly role: string;
  readonly text: string;
}

/** What a request asks for, whichever face it came through. */
export interface Prompt {
  readonly messages: readonly Message[];
  readonly maxOutputTokens: number;
  readonly stops: readonly string[];
  readonly seed: number;
}

export interface PlannedAnswer {
  readonly tokens: readonly string[];
  readonly ending: { readonly kind: 'stop' } | { readonly kind: 'length' } | { readonly kind: 'stopSequence'; readonly sequence: string };
}

/** What the chat template puts around every message. */
const TEMPLATE_TOKENS_PER_MESSAGE = 4;

/** The prompt as the model sees and as the vendor bills it. */
export function promptTokens(messages: readonly Message[]): readonly string[] {
  return messages.flatMap(messageTokens);
}

export function messageTokens({ role, text }: Message): readonly string[] {
  return [...Array.from({ length: TEMPLATE_TOKENS_PER_MESSAGE }, () => `<|${role}|>`), ...tokenize(text)];
}

/** The whole answer, known before its first token is sent. A pure function of model, prompt and faults. */
export function planAnswer(model: ProviderModel, prompt: Prompt, faults: RequestFaults): PlannedAnswer {
  const { text, stop } = cutAtStop(answerText(model, prompt, faults), prompt.stops);
  const tokens = tokenize(text);
  if (tokens.length > prompt.maxOutputTokens) return { tokens: tokens.slice(0, prompt.maxOutputTokens), ending: { kind: 'length' } };
  return { tokens, ending: stop === undefined ? { kind: 'stop' } : { kind: 'stopSequence', sequence: stop } };
}

function answerText(model: ProviderModel, { messages, seed }: Prompt, faults: RequestFaults): string {
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  const question = messages[lastUser < 0 ? messages.length - 1 : lastUser]?.text ?? '';
  const context = messages
    .filter((_, index) => index !== lastUser)
    .map((message) => message.text)
    .join('\n');
  const quality = faults.isWrong ? 0 : model.quality;
  const text = faults.isHarmful ? harmfulAnswer(question) : answer({ model: model.id, prompt: question, context, seed, quality });
  return faults.isLeaking ? withPersonalData(text, question) : text;
}

function cutAtStop(text: string, stops: readonly string[]): { readonly text: string; readonly stop?: string } {
  const found = stops
    .filter((stop) => stop !== '' && text.includes(stop))
    .toSorted((one, other) => text.indexOf(one) - text.indexOf(other));
  const [stop] = found;
  return stop === undefined ? { text } : { text: text.slice(0, text.indexOf(stop)), stop };
}

export interface Pace {
  readonly firstTokenMs: number;
  /** Before the token of this index, counted from 0; the first has firstTokenMs. */
  gapMs(index: number): number;
}

/** Jitter of every time, as a share to either side. */
const JITTER = 0.15;

/** How fast an answer comes: by the model, the prompt that no cache had, and the faults. Seeded. */
export function planPace({ speed }: ProviderModel, uncachedTokens: number, faults: RequestFaults, salt: string): Pace {
  const jittered = (ms: number, what: string): number => ms * (1 + JITTER * (2 * hashFraction('pace', salt, what) - 1));
  const gapMs = (1_000 / speed.tokensPerSecond) * faults.slowdown * faults.streamSlowdown;
  return {
    firstTokenMs: jittered((speed.firstTokenMs + uncachedTokens * speed.promptMsPerToken) * faults.slowdown, 'first'),
    gapMs: (index) => jittered(gapMs, String(index)),
  };
}

/** Gives each token at its time; a consumer that is late gets those that are due at once. Throws the signal's reason when it aborts. */
export async function* paced(tokens: readonly string[], pace: Pace, clock: Clock, signal: AbortSignal): AsyncGenerator<string, void> {
  let dueAtMs = clock.now() + pace.firstTokenMs;
  for (const [index, token] of tokens.entries()) {
    if (index > 0) dueAtMs += pace.gapMs(index);
    signal.throwIfAborted();
    const waitMs = dueAtMs - clock.now();
    if (waitMs > 0) await sleep(clock, waitMs, signal);
    yield token;
  }
}
