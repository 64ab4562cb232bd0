import { randomBytes, randomInt } from 'node:crypto';
import { z } from 'zod';
import { answer } from '../../infra/images/inference/answer.ts';
import type { ProbeResult } from '../../infra/images/prober/protocol.ts';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import { approachFields, prepareRequest } from '../probe-request.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass } from '../verdicts.ts';
import { summarise } from './http-check.ts';

/**
 * Asks the model and compares with what the true engine answers. `echo`: a fresh nonce must come back. `prose`: an unforeseeable question, whose
 * answer only the model itself gives, so that a stub that parrots fails. `stream`: the same, in events that arrive over time.
 */
export const completionCheckSchema = z.strictObject({
  ...checkFields,
  kind: z.literal('completion'),
  ask: z.enum(['echo', 'prose', 'stream']),
  ...approachFields,
});

export type CompletionCheck = z.infer<typeof completionCheckSchema>;

const TIMEOUT_MS = 8_000;
const MAX_TOKENS = 160;
/** A stream has at least so many pieces of text, spread over at least so long: a buffer that is flushed at once has neither. */
const MIN_PIECES = 5;
const MIN_SPREAD_MS = 40;

export interface Question {
  readonly prompt: string;
  readonly seed: number;
  readonly expected: string;
}

export async function runCompletionCheck(check: CompletionCheck, context: CheckContext): Promise<Verdict> {
  const question = check.ask === 'echo' ? askEcho() : askProse(context.endpoint.root);
  const body = {
    model: context.endpoint.model,
    messages: [{ role: 'user', content: question.prompt }],
    // Not every provider behind a gateway knows seeds, and what is repeated needs none.
    ...(check.ask === 'echo' ? {} : { seed: question.seed }),
    max_tokens: MAX_TOKENS,
    ...(check.ask === 'stream' ? { stream: true } : {}),
  };
  const ask = { name: 'a question', method: 'POST', path: '/v1/chat/completions', body, timeoutMs: TIMEOUT_MS } as const;
  const prepared = await prepareRequest(context, check, ask);
  if (prepared.kind === 'absent') return fail(prepared.reason, [observe(context, 'note', prepared.reason)]);
  const [result] = await context.prober.probe([prepared.value], context.signal);
  if (result === undefined) throw new TypeError('the prober promises one result a request');
  const evidence = [observe(context, 'probe', summarise(ask.name, result), result)];
  const wrong = check.ask === 'stream' ? findStreamFault(question, result) : findAnswerFault(question, result);
  return wrong === undefined ? pass(evidence) : fail(wrong, evidence);
}

function askEcho(): Question {
  const nonce = randomBytes(8).toString('hex');
  return { prompt: `Repeat exactly: ${nonce}`, seed: 0, expected: nonce };
}

function askProse(model: string): Question {
  const prompt = `Describe case ${randomBytes(6).toString('hex')} in a few sentences.`;
  const seed = randomInt(1, 2 ** 31);
  return { prompt, seed, expected: answer({ model, prompt, context: '', seed, quality: 1 }) };
}

/** What is wrong with a whole answer, in words; pure. */
export function findAnswerFault(question: Question, result: ProbeResult): string | undefined {
  const refused = findRefusal(result);
  if (refused !== undefined || result.kind === 'unanswered') return refused;
  return contentOf(result.body) === question.expected
    ? undefined
    : 'The endpoint answers, but not what this model answers: something else stands in its place.';
}

/** What is wrong with a streamed answer, in words; pure. */
export function findStreamFault(question: Question, result: ProbeResult): string | undefined {
  const refused = findRefusal(result);
  if (refused !== undefined || result.kind === 'unanswered') return refused;
  const pieces = (result.events ?? []).map((event) => ({ atMs: event.atMs, text: deltaOf(event.data) })).filter(({ text }) => text !== '');
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (first === undefined || last === undefined) return 'The endpoint does not stream: no server-sent events came.';
  if (pieces.length < MIN_PIECES || last.atMs - first.atMs < MIN_SPREAD_MS)
    return 'The endpoint does not stream: the whole answer came at once.';
  return pieces.map(({ text }) => text).join('') === question.expected ? undefined : 'What was streamed is not what this model answers.';
}

function findRefusal(result: ProbeResult): string | undefined {
  if (result.kind === 'unanswered') return `Nobody could ask the model: ${summarise('the request', result)}.`;
  return result.status === 200 ? undefined : `The endpoint refused a client with the right credentials: HTTP ${result.status}.`;
}

const answerSchema = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1) });
const deltaSchema = z.object({ choices: z.array(z.object({ delta: z.object({ content: z.string().optional() }) })).min(1) });

function contentOf(body: string): string | undefined {
  return answerSchema.safeParse(parseOrUndefined(body)).data?.choices[0]?.message.content;
}

function deltaOf(data: string): string {
  return deltaSchema.safeParse(parseOrUndefined(data)).data?.choices[0]?.delta.content ?? '';
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
