import { z } from 'zod';
import type { ProbeRequest, ProbeResult } from '../../infra/images/prober/protocol.ts';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import { approachFields, prepareRequest } from '../probe-request.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass } from '../verdicts.ts';
import { expectationSchema, findFault, type Expectation } from './http-check.ts';

const kindOfAnswerSchema = z.strictObject({
  /** For the trainee, such as `the gateway's own refusal`. */
  name: z.string().min(1),
  expect: expectationSchema,
  /** So many of the answers at least, and at most, are of this kind. */
  atLeast: z.int().min(0).default(1),
  atMost: z.int().min(0).optional(),
});

/**
 * The same request many times at once: what limits are made for. Every answer must be of one of the kinds, the first that fits, and of each kind there
 * must be as many as it says. It uses up the limit of the key that it presents, which for that reason should be nobody else's.
 */
export const burstCheckSchema = z.strictObject({
  ...checkFields,
  kind: z.literal('burst'),
  requests: z.int().min(2).max(100),
  method: z.enum(['GET', 'POST']).default('POST'),
  path: z.string().startsWith('/'),
  body: z.unknown().optional(),
  ...approachFields,
  answers: z.array(kindOfAnswerSchema).min(1).max(5),
});

export type BurstCheck = z.infer<typeof burstCheckSchema>;

const TIMEOUT_MS = 10_000;

export async function runBurstCheck(check: BurstCheck, context: CheckContext): Promise<Verdict> {
  const prepared = await prepareRequest(context, check, { ...check, name: 'burst', timeoutMs: TIMEOUT_MS });
  if (prepared.kind === 'absent') return fail(prepared.reason, [observe(context, 'note', prepared.reason)]);
  const requests = Array.from({ length: check.requests }, (_, index): ProbeRequest => ({ ...prepared.value, name: `burst ${index + 1}` }));
  const results = await context.prober.probe(requests, context.signal);
  const { counts, stray } = sortAnswers(check.answers, results);
  const summary = check.answers.map(({ name }, index) => `${counts[index] ?? 0} × ${name}`).join(', ');
  const evidence = [observe(context, 'probe', `Of ${check.requests} requests at once: ${summary}.`, results)];
  const wrong = stray ?? findWrongCount(check, counts);
  return wrong === undefined ? pass(evidence) : fail(wrong, evidence);
}

/** How many answers are of each kind, and what is wrong with the first that is of none; pure. */
export function sortAnswers(
  kinds: readonly { readonly name: string; readonly expect: Expectation }[],
  results: readonly ProbeResult[],
): { readonly counts: readonly number[]; readonly stray: string | undefined } {
  const counts = kinds.map(() => 0);
  let stray: string | undefined;
  for (const result of results) {
    const faults = kinds.map(({ expect }) => findFault(expect, result));
    const index = faults.indexOf(undefined);
    if (index >= 0) counts[index] = (counts[index] ?? 0) + 1;
    else stray ??= `One answer was neither ${kinds.map(({ name }) => name).join(' nor ')}: ${faults.at(-1) ?? ''}`;
  }
  return { counts, stray };
}

function findWrongCount({ answers, requests }: BurstCheck, counts: readonly number[]): string | undefined {
  for (const [index, { name, atLeast, atMost }] of answers.entries()) {
    const count = counts[index] ?? 0;
    if (count < atLeast) return `Of ${requests} requests at once ${count} met ${name}, wanted at least ${atLeast}.`;
    if (atMost !== undefined && count > atMost) return `Of ${requests} requests at once ${count} met ${name}, wanted at most ${atMost}.`;
  }
  return undefined;
}
