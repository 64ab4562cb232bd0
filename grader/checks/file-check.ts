import { z } from 'zod';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass } from '../verdicts.ts';

/** An artefact that the trainee leaves in ~/lab. It lies on the trainee's own machine, so it may carry credit but nothing critical. */
export const fileCheckSchema = z
  .strictObject({
    ...checkFields,
    kind: z.literal('file'),
    path: z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/, 'must be a path below ~/lab'),
    /** Each must be found in it. */
    contains: z.array(z.string()).min(1),
    otherwise: z.string().optional(),
  })
  .refine(({ critical }) => !critical, 'a file of the trainee cannot be critical');

export type FileCheck = z.infer<typeof fileCheckSchema>;

export async function runFileCheck(check: FileCheck, context: CheckContext): Promise<Verdict> {
  const text = await context.readFile(check.path);
  if (text === undefined)
    return fail(`There is no file ${check.path} in ~/lab yet.`, [observe(context, 'file', `${check.path} is not there.`)]);
  const evidence = [observe(context, 'file', `${check.path} holds ${text.length} characters.`, { beginning: text.slice(0, 1000) })];
  const missing = check.contains.find((wanted) => !text.includes(wanted));
  return missing === undefined ? pass(evidence) : fail(check.otherwise ?? `${check.path} does not hold ${missing}.`, evidence);
}
