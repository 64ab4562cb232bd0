import { z } from 'zod';
import { embed, toBase64 } from '../../inference/embedding.ts';
import { embeddingSchema } from '../../inference/requests.ts';
import { tokenize } from '../../inference/tokenizer.ts';
import { sleep } from '../../../cluster/meta/clock.ts';
import { randomId } from '../ids.ts';
import type { Inbound } from '../inbound.ts';
import { EMBEDDING_DIMENSIONS, type ProviderModel } from '../models.ts';
import { refuse } from '../refusal.ts';
import { moderate } from './moderation.ts';

export async function alphaEmbeddings(inbound: Inbound): Promise<void> {
  const request = await inbound.parse(embeddingSchema);
  if (request.model === undefined) refuse({ kind: 'invalid-request', problem: 'missing', param: 'model', message: 'missing' });
  const model = inbound.provider.requireModel(request.model ?? '', 'embedding');
  const inputs = [request.input].flat();
  const tokens = await admitInputs(inbound, model, inputs);
  const data = inputs.map((input, index) => {
    const vector = embed(input, EMBEDDING_DIMENSIONS);
    return { object: 'embedding', index, embedding: request.encoding_format === 'base64' ? toBase64(vector) : vector };
  });
  inbound.sendJson({ object: 'list', data, model: model.snapshot, usage: { prompt_tokens: tokens, total_tokens: tokens } });
}

const moderationSchema = z.looseObject({
  model: z.string().default('alpha-moderation-2'),
  input: z.union([
    z.string(),
    z
      .array(z.union([z.string(), z.looseObject({ type: z.literal('text'), text: z.string() })]))
      .min(1)
      .max(256),
  ]),
});

export async function alphaModerations(inbound: Inbound): Promise<void> {
  const request = await inbound.parse(moderationSchema);
  const model = inbound.provider.requireModel(request.model, 'moderation');
  const inputs = [request.input].flat().map((input) => (typeof input === 'string' ? input : input.text));
  await admitInputs(inbound, model, inputs);
  inbound.sendJson({ id: `modr-${randomId(28)}`, model: model.snapshot, results: inputs.map(moderate) });
}

/** Gets the inputs past the limits, bills them and takes the time that they take. Answers their tokens. */
async function admitInputs(inbound: Inbound, model: ProviderModel, inputs: readonly string[]): Promise<number> {
  const { provider, key, faults, signal } = inbound;
  inbound.model = model;
  const counts = inputs.map((input) => tokenize(input).length);
  const longest = Math.max(...counts);
  if (longest > model.contextTokens) refuse({ kind: 'context-exceeded', tokens: longest, most: model.contextTokens });
  const inputTokens = counts.reduce((sum, count) => sum + count, 0);
  const usage = { inputTokens, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
  try {
    inbound.bill = provider.admit(key, model, usage).settle(usage);
  } finally {
    inbound.showLimits(model);
  }
  await sleep(provider.clock, (model.speed.firstTokenMs + inputTokens * model.speed.promptMsPerToken) * faults.slowdown, signal);
  return inputTokens;
}
