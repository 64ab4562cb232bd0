import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { prepareRequest, type Ask } from '../../grader/probe-request.ts';
import type { FaultTarget, Proof } from './fault.ts';
import { findOperatorKey } from './gateway-config.ts';

/** What a client of the gateway got, or why it got nothing. */
export type Call =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** As JSON, else as it is. */
      readonly body: unknown;
    }
  | { readonly kind: 'unanswered'; readonly reason: string };

const TIMEOUT_MS = 20_000;

/** Calls the gateway with its operator's key, all at once. The answers are in the order of the questions. */
export async function callGateway(target: FaultTarget, asks: readonly Question[]): Promise<readonly Call[]> {
  const approach = { key: await findOperatorKey(target), client: 'none', trust: 'any' } as const;
  const prepared = await Promise.all(
    asks.map((ask) => prepareRequest(target, approach, { ...ask, name: ask.path, timeoutMs: TIMEOUT_MS })),
  );
  const requests = prepared.flatMap((one) => (one.kind === 'found' ? [one.value] : []));
  const absent = prepared.find((one) => one.kind === 'absent');
  if (absent !== undefined) return asks.map(() => ({ kind: 'unanswered', reason: absent.reason }));
  const results = await target.prober.probe(requests, target.signal);
  return results.map((result) => {
    if (result.kind === 'unanswered') return { kind: 'unanswered', reason: `${result.phase}: ${result.code}` };
    const { status, headers, body } = result;
    return { kind: 'answered', status, headers, body: parse(body) };
  });
}

export type Question = Pick<Ask, 'method' | 'path' | 'body'>;

export const pastTheCache = { cache: { 'no-cache': true, 'no-store': true } };

/** A question to a model through the gateway. Unless `more` says otherwise the answer is the model's own, not the cache's. */
export function question(model: string, content: string, more: object = pastTheCache): Question {
  const body = { model, messages: [{ role: 'user', content }], max_tokens: 64, ...more };
  return { method: 'POST', path: '/v1/chat/completions', body };
}

/** A question whose answer is known and that nobody asked before. */
export function echoQuestion(model: string): Question {
  return question(model, `Repeat exactly: ${nonce()}`);
}

export function nonce(): string {
  return String(randomInt(1_000_000, 10_000_000));
}

export const readinessQuestion: Question = { method: 'GET', path: '/health/readiness' };

const readinessSchema = z.looseObject({
  log_prompts: z.boolean(),
  guardrails: z.array(z.looseObject({ guardrail_name: z.string(), mode: z.array(z.string()), default_on: z.boolean() })),
  config: z.looseObject({ warnings: z.array(z.string()) }),
});

export function readReadiness(call: Call | undefined): z.infer<typeof readinessSchema> | undefined {
  return call?.kind === 'answered' ? readinessSchema.safeParse(call.body).data : undefined;
}

const answerSchema = z.looseObject({
  choices: z.array(z.looseObject({ message: z.looseObject({ content: z.string() }) })).min(1),
  usage: z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number() }).optional(),
});
const errorSchema = z.looseObject({ error: z.looseObject({ message: z.string(), type: z.string() }) });

export function readAnswer(
  call: Call | undefined,
): { readonly content: string; readonly tokens: { input: number; output: number } } | undefined {
  if (call?.kind !== 'answered' || call.status !== 200) return undefined;
  const answer = answerSchema.safeParse(call.body).data;
  const content = answer?.choices[0]?.message.content;
  if (content === undefined) return undefined;
  return { content, tokens: { input: answer?.usage?.prompt_tokens ?? 0, output: answer?.usage?.completion_tokens ?? 0 } };
}

/** The error's type and message; undefined for what is no refusal of a gateway. */
export function readRefusal(call: Call | undefined): { readonly type: string; readonly message: string } | undefined {
  return call?.kind === 'answered' ? errorSchema.safeParse(call.body).data?.error : undefined;
}

/** In words, for a proof that fails. */
export function describeCall(call: Call | undefined): string {
  if (call === undefined) return 'nothing was asked';
  if (call.kind === 'unanswered') return `no answer came: ${call.reason}`;
  const refusal = readRefusal(call);
  return refusal === undefined ? `HTTP ${call.status}` : `HTTP ${call.status}, ${refusal.message.slice(0, 200)}`;
}

export function notLive(reason: string): Proof {
  return { live: false, reason };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
