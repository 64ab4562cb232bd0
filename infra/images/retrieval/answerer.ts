import { z } from 'zod';
import { callHttp, readJson, readText, type HttpAnswer } from '../serving/call-http.ts';
import { reasonOf } from './embedder.ts';
import type { RetrievalOptions } from './options.ts';
import { RetrievalError } from './retrieval-error.ts';
import type { Hit } from './search.ts';

const TIMEOUT_MS = 60_000;
const MAX_TOKENS = 256;
const MAX_ANSWER_BYTES = 1_048_576;
const INSTRUCTION = 'Answer the question from the context below and from nothing else. If the context does not say, say so.';

const completionSchema = z.object({
  model: z.string().optional(),
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
  usage: z.looseObject({}).optional(),
});

export interface Answer {
  readonly answer: string;
  readonly model: string;
  readonly usage?: object;
}

/** What a model is sent: the chunks with where they are from, and the question. Pure. */
export function planMessages(question: string, hits: readonly Hit[]): readonly { readonly role: string; readonly content: string }[] {
  const context = hits.map(({ path, heading, text }) => `[${path}${heading === '' ? '' : ` # ${heading}`}]\n${text}`).join('\n\n');
  return [
    { role: 'system', content: `${INSTRUCTION}\n\n${context}` },
    { role: 'user', content: question },
  ];
}

/** Asks the configured model. What it refuses is passed on as a 502 with its status and words. */
export async function askModel(options: RetrievalOptions, question: string, hits: readonly Hit[], signal: AbortSignal): Promise<Answer> {
  const { chatUrl, chatModel, chatApiKey } = options;
  if (chatUrl === undefined || chatModel === undefined)
    throw new RetrievalError(501, 'no_model', 'No model is configured to answer: set CHAT_URL and CHAT_MODEL.');
  const response = await post(
    chatUrl,
    { model: chatModel, messages: planMessages(question, hits), max_tokens: MAX_TOKENS },
    chatApiKey,
    signal,
  );
  const parsed = completionSchema.safeParse(await readJson(response, MAX_ANSWER_BYTES).catch(() => undefined));
  const choice = parsed.data?.choices[0];
  if (parsed.data === undefined || choice === undefined)
    throw new RetrievalError(502, 'model_failed', 'The model’s endpoint answered no completion.');
  const { model = chatModel, usage } = parsed.data;
  return { answer: choice.message.content, model, ...(usage === undefined ? {} : { usage }) };
}

async function post(baseUrl: string, body: object, apiKey: string | undefined, signal: AbortSignal): Promise<HttpAnswer> {
  let response: HttpAnswer;
  try {
    response = await callHttp(`${baseUrl.replace(/\/+$/, '')}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch (error) {
    throw new RetrievalError(502, 'model_failed', `The model’s endpoint ${baseUrl} cannot be reached: ${reasonOf(error)}`);
  }
  if (response.ok) return response;
  throw new RetrievalError(
    502,
    'model_failed',
    `The model’s endpoint answered ${response.status}: ${(await readText(response, MAX_ANSWER_BYTES)).slice(0, 500)}`,
  );
}
