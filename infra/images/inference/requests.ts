import { z } from 'zod';
import { ApiError } from './api-error.ts';

/** The parts of OpenAI's requests that the server acts on; others are accepted and ignored, as vLLM does. */
const contentSchema = z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() })), z.null()]);
const samplingShape = {
  model: z.string().optional(),
  max_tokens: z.int().min(1).nullish(),
  seed: z.int().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  n: z.int().min(1).max(8).nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
};

export const chatSchema = z.looseObject({
  ...samplingShape,
  max_completion_tokens: z.int().min(1).nullish(),
  messages: z.array(z.looseObject({ role: z.string(), content: contentSchema.optional() })).min(1),
});
export const completionSchema = z.looseObject({ ...samplingShape, prompt: z.union([z.string(), z.array(z.string()).min(1)]) });
export const embeddingSchema = z.looseObject({
  model: z.string().optional(),
  input: z.union([z.string(), z.array(z.string()).min(1).max(256)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
});
export const tokenizeSchema = z.looseObject({ prompt: z.string() });

export type ChatRequest = z.infer<typeof chatSchema>;
export type CompletionRequest = z.infer<typeof completionSchema>;

/** Parses a body or refuses it as vLLM does, naming the field. */
export function parseBody<T extends z.ZodType>(schema: T, body: Buffer): z.infer<T> {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ApiError(400, `JSON decode error: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw new ApiError(400, `${path === '' ? 'body' : path}: ${issue?.message ?? 'invalid'}`, path === '' ? null : path);
}

export function textOf(content: z.infer<typeof contentSchema> | undefined): string {
  if (content === null || content === undefined) return '';
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('\n');
}
