import { z } from 'zod';
import type { ProviderAccount } from '../../grader/providers.ts';
import { providerModels, type ProviderModel } from '../../infra/images/provider/models.ts';
import type { ProbeRequest, ProbeResult } from '../../infra/images/prober/protocol.ts';
import type { FaultTarget } from './fault.ts';

export interface ProviderQuestion {
  readonly model: ProviderModel;
  readonly prompt: string;
  readonly maxTokens?: number;
  readonly isStream?: boolean;
}

/** What a customer of a provider got. */
export type ProviderReply =
  | {
      readonly kind: 'answered';
      readonly text: string;
      /** Of a stream, each with its time after the request. */
      readonly pieces: readonly { readonly text: string; readonly atMs: number }[];
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'refused';
      readonly status: number;
      /** The vendor's most exact word for it. */
      readonly code: string;
      readonly message: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  /** The connection was not made, or ended before the answer did. */
  | { readonly kind: 'lost'; readonly phase: string; readonly code: string };

const TIMEOUT_MS = 20_000;
const MAX_TOKENS = 96;

/** Asks a provider past any gateway, as the lab's team with its key. */
export class ProviderClient {
  readonly account: ProviderAccount;
  readonly #target: FaultTarget;

  constructor(target: FaultTarget, account: ProviderAccount) {
    this.#target = target;
    this.account = account;
  }

  /** The face's chat model of that size. */
  model(size: ProviderModel['size'] = 'medium'): ProviderModel {
    const model = providerModels.find((one) => one.face === this.account.face && one.kind === 'chat' && one.size === size);
    if (model === undefined) throw new RangeError(`The face ${this.account.face} has no chat model of the size ${size}.`);
    return model;
  }

  /** All at once; replies in the order of the questions. */
  async ask(questions: readonly ProviderQuestion[]): Promise<readonly ProviderReply[]> {
    const requests = questions.map((question) => planQuestion(this.account, question));
    return (await this.#target.prober.probe(requests, this.#target.signal)).map(readReply);
  }
}

/** Pure. */
export function planQuestion({ name, face, url, key }: ProviderAccount, question: ProviderQuestion): ProbeRequest {
  const { model, prompt, maxTokens = MAX_TOKENS, isStream = false } = question;
  const body = {
    model: model.id,
    max_tokens: maxTokens,
    messages: [{ role: 'user', content: prompt }],
    ...(isStream ? { stream: true } : {}),
  };
  const common = { name: `provider ${name}`, method: 'POST', body: JSON.stringify(body), timeoutMs: TIMEOUT_MS } as const;
  const json = { 'content-type': 'application/json' };
  return face === 'alpha'
    ? { ...common, url: `${url}/v1/chat/completions`, headers: { ...json, authorization: `Bearer ${key}` } }
    : { ...common, url: `${url}/v1/messages`, headers: { ...json, 'x-api-key': key, 'anthropic-version': '2023-06-01' } };
}

const errorSchema = z.looseObject({
  error: z.looseObject({
    message: z.string(),
    type: z.string(),
    code: z.string().nullish(),
    details: z.looseObject({ error_code: z.string() }).optional(),
  }),
});
const choicesSchema = z.looseObject({ choices: z.array(z.looseObject({ message: z.looseObject({ content: z.string() }) })).min(1) });
const messageSchema = z.looseObject({ content: z.array(z.looseObject({ text: z.string() })) });
const deltaSchema = z.union([
  z.looseObject({ choices: z.array(z.looseObject({ delta: z.looseObject({ content: z.string() }) })).min(1) }),
  z.looseObject({ delta: z.looseObject({ text: z.string() }) }),
]);

/** Either face's answer. Pure. */
export function readReply(result: ProbeResult): ProviderReply {
  if (result.kind === 'unanswered') return { kind: 'lost', phase: result.phase, code: result.code };
  const { status, headers, body, events } = result;
  if (status !== 200) {
    const { message = '', type = '', code, details } = errorSchema.safeParse(parse(body)).data?.error ?? {};
    return { kind: 'refused', status, code: details?.error_code ?? code ?? type, message, headers };
  }
  const pieces = (events ?? []).flatMap(({ data, atMs }) => {
    const text = deltaOf(data);
    return text === '' ? [] : [{ text, atMs }];
  });
  const text = events === undefined ? textOf(body) : pieces.map((piece) => piece.text).join('');
  return { kind: 'answered', text, pieces, headers };
}

function textOf(body: string): string {
  const json = parse(body);
  const chat = choicesSchema.safeParse(json).data?.choices[0]?.message.content;
  return (
    chat ??
    messageSchema
      .safeParse(json)
      .data?.content.map(({ text }) => text)
      .join('') ??
    ''
  );
}

function deltaOf(data: string): string {
  const chunk = deltaSchema.safeParse(parse(data)).data;
  if (chunk === undefined) return '';
  return 'choices' in chunk ? ((chunk as { choices: { delta: { content: string } }[] }).choices[0]?.delta.content ?? '') : chunk.delta.text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In words, for a proof. */
export function describeReply(reply: ProviderReply | undefined): string {
  switch (reply?.kind) {
    case undefined:
      return 'nothing was asked';
    case 'answered':
      return 'an answer as ever';
    case 'refused':
      return `HTTP ${reply.status} ${reply.code}: ${reply.message.slice(0, 160)}`;
    case 'lost':
      return `no answer (${reply.phase}: ${reply.code})`;
  }
}
