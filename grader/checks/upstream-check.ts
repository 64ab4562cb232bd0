import { z } from 'zod';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import { PlatformError } from '../platform-error.ts';
import { approachFields } from '../probe-request.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass } from '../verdicts.ts';
import { runCompletionCheck } from './completion-check.ts';

/**
 * Asks fresh questions and looks into the providers' own books for them: an answer that no provider gave was given by something that stands in the
 * gateway's place. Others may ask at the same time; what counts is that the books grew by at least as much.
 */
export const upstreamCheckSchema = z.strictObject({
  ...checkFields,
  ...approachFields,
  kind: z.literal('upstream'),
  /** By their names in lab.yaml; which of them answers is the gateway's affair. */
  providers: z.array(z.string().min(1)).min(1).max(4),
  questions: z.int().min(1).max(20).default(3),
});

export type UpstreamCheck = z.infer<typeof upstreamCheckSchema>;

const booksSchema = z.looseObject({
  lastSequence: z.int(),
  requests: z.array(z.looseObject({ status: z.int(), outputTokens: z.number() })),
});

export async function runUpstreamCheck(check: UpstreamCheck, context: CheckContext): Promise<Verdict> {
  const before = await Promise.all(check.providers.map((provider) => fetchBooks(context, provider, 0)));
  for (let asked = 0; asked < check.questions; asked += 1) {
    const verdict = await runCompletionCheck({ ...check, kind: 'completion', ask: 'echo' }, context);
    if (verdict.kind !== 'pass') return verdict;
  }
  const after = await Promise.all(
    check.providers.map((provider, index) => fetchBooks(context, provider, before[index]?.lastSequence ?? 0)),
  );
  const answered = after
    .flatMap(({ requests }) => requests)
    .filter(({ status, outputTokens }) => status === 200 && outputTokens > 0).length;
  const evidence = [observe(context, 'probe', `${check.questions} questions were answered; the providers' books hold ${answered} more.`)];
  return answered >= check.questions
    ? pass(evidence)
    : fail('The answers come from no provider: something answers in its place.', evidence);
}

/** The entries after a sequence number. With 0 only the last number is of interest. */
async function fetchBooks(context: CheckContext, provider: string, after: number): Promise<z.infer<typeof booksSchema>> {
  const limit = after === 0 ? 1 : 1_000;
  const books = booksSchema.safeParse(await context.providers.order(provider, { action: 'requests', after, limit }));
  if (!books.success) throw new PlatformError('ApiFailed', `The books of the provider ${provider} cannot be read.`);
  return books.data;
}
