import { z } from 'zod';
import { embed } from '../inference/embedding.ts';
import { callHttp, readJson, readText, type HttpAnswer } from '../serving/call-http.ts';
import type { RetrievalOptions } from './options.ts';

/** Turns texts into vectors, one each, all of one length. */
export interface Embedder {
  readonly model: string;
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly (readonly number[])[]>;
}

export class EmbeddingError extends Error {}

const BATCH = 64;
const TIMEOUT_MS = 30_000;
/** A batch of vectors with thousands of dimensions as text. */
const MAX_ANSWER_BYTES = 16 * 1_048_576;
const OWN_MODEL = 'words-256';

export function createEmbedder(options: RetrievalOptions): Embedder {
  const { embeddingUrl, embeddingModel, embeddingApiKey } = options;
  if (embeddingUrl === undefined) return ownEmbedder(embeddingModel ?? OWN_MODEL);
  return remoteEmbedder(embeddingUrl, embeddingModel ?? '', embeddingApiKey);
}

/** `words-<dimensions>`: needs nobody, knows words and no meaning. */
function ownEmbedder(model: string): Embedder {
  const dimensions = Number(/^words-(\d{2,4})$/.exec(model)?.[1]);
  return {
    model,
    embed: (texts) => {
      if (Number.isNaN(dimensions))
        return Promise.reject(new EmbeddingError(`No embedding model ${model}: without EMBEDDING_URL there are words-64 to words-4096.`));
      return Promise.resolve(texts.map((text) => embed(text, dimensions)));
    },
  };
}

const answerSchema = z.object({ data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()).min(1) })) });

function remoteEmbedder(url: string, model: string, apiKey: string | undefined): Embedder {
  const askFor = async (texts: readonly string[], signal: AbortSignal): Promise<readonly (readonly number[])[]> => {
    const { data } = await ask(
      `${url.replace(/\/+$/, '')}/v1/embeddings`,
      { model, input: texts, encoding_format: 'float' },
      apiKey,
      signal,
    );
    const vectors = [...data].sort((a, b) => a.index - b.index).map(({ embedding }) => embedding);
    if (vectors.length !== texts.length)
      throw new EmbeddingError(`The embedding endpoint answered ${vectors.length} vectors for ${texts.length} texts.`);
    return vectors;
  };
  return {
    model,
    async embed(texts, signal) {
      const vectors: (readonly number[])[] = [];
      for (let at = 0; at < texts.length; at += BATCH) vectors.push(...(await askFor(texts.slice(at, at + BATCH), signal)));
      return vectors;
    },
  };
}

async function ask(url: string, body: object, apiKey: string | undefined, signal: AbortSignal): Promise<z.infer<typeof answerSchema>> {
  let response: HttpAnswer;
  try {
    response = await callHttp(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch (error) {
    throw new EmbeddingError(`The embedding endpoint ${url} cannot be reached: ${reasonOf(error)}`);
  }
  if (!response.ok)
    throw new EmbeddingError(
      `The embedding endpoint ${url} answered ${response.status}: ${(await readText(response, MAX_ANSWER_BYTES)).slice(0, 300)}`,
    );
  const parsed = answerSchema.safeParse(await readJson(response, MAX_ANSWER_BYTES).catch(() => undefined));
  if (!parsed.success) throw new EmbeddingError(`The embedding endpoint ${url} answered something else than embeddings.`);
  return parsed.data;
}

/** A signal that fired has the reason in the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
