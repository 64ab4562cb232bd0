import { callHttp, readText } from '../../serving/call-http.ts';
import { isObject } from './text-parts.ts';
import { parseClassification, type Classification } from './classifier.ts';

export interface RemoteClassifierOptions {
  /** Of an OpenAI-compatible server, `/v1` included. */
  readonly apiBase: string;
  readonly apiKey: string | undefined;
  readonly model: string;
  readonly timeoutMs: number;
}

/** The classifier could not be asked, or answered what is no verdict. */
export class ClassifierError extends Error {}

const MAX_ANSWER_BYTES = 20_000;

/** Asks a classifier that speaks Llama Guard's language over chat completions. Throws ClassifierError. */
export async function classifyRemotely(
  options: RemoteClassifierOptions,
  text: string,
  role: 'user' | 'assistant',
  signal: AbortSignal,
): Promise<Classification> {
  const messages =
    role === 'user'
      ? [{ role, content: text }]
      : [
          { role: 'user', content: '' },
          { role, content: text },
        ];
  const answer = await ask(options, JSON.stringify({ model: options.model, messages, max_tokens: 32, temperature: 0 }), signal);
  const verdict = parseClassification(answer);
  if (verdict === undefined) throw new ClassifierError('the classifier answered neither safe nor unsafe');
  return verdict;
}

async function ask({ apiBase, apiKey, timeoutMs }: RemoteClassifierOptions, body: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await callHttp(`${apiBase}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const answer = await readText(response, MAX_ANSWER_BYTES);
    if (!response.ok) throw new ClassifierError(`the classifier answered ${response.status}`);
    return contentOf(JSON.parse(answer) as unknown);
  } catch (error) {
    if (error instanceof ClassifierError || signal.aborted) throw error;
    if (error instanceof RangeError) throw new ClassifierError('the classifier answered more than a verdict', { cause: error });
    throw new ClassifierError(`the classifier cannot be reached: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function contentOf(answer: unknown): string {
  const choice: unknown = isObject(answer) && Array.isArray(answer['choices']) ? answer['choices'][0] : undefined;
  const message = isObject(choice) ? choice['message'] : undefined;
  return isObject(message) && typeof message['content'] === 'string' ? message['content'] : '';
}
