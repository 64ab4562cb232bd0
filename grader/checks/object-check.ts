import { z } from 'zod';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import { knownKinds } from '../kube-objects.ts';
import { findMismatch, unknownOperators } from '../partial-match.ts';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass } from '../verdicts.ts';

/** A partial pattern as partial-match.ts reads it. */
export const patternSchema = z.record(z.string(), z.unknown()).superRefine((pattern, refinement) => {
  for (const name of unknownOperators(pattern)) refinement.addIssue({ code: 'custom', message: `unknown operator ${name}` });
});

/**
 * Asserts over Kubernetes objects: one by `name`, or all that `labels` select, compared with a partial `match`. `absent: true` turns it
 * round: no such object may match.
 */
export const objectCheckSchema = z
  .strictObject({
    ...checkFields,
    kind: z.literal('object'),
    object: z.enum(knownKinds as readonly [string, ...string[]]),
    /** The endpoint's namespace where left out. */
    namespace: z.string().optional(),
    name: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    match: patternSchema.optional(),
    absent: z.boolean().default(false),
    /** How many must match, for those that `labels` select. */
    atLeast: z.int().min(0).default(1),
    /** What to tell instead of the bare difference. */
    otherwise: z.string().optional(),
  })
  .refine((check) => (check.name === undefined) !== (check.labels === undefined), 'needs either name or labels, and not both');

export type ObjectCheck = z.infer<typeof objectCheckSchema>;

export async function runObjectCheck(check: ObjectCheck, context: CheckContext): Promise<Verdict> {
  const found = await fetchObjects(check, context);
  const compared = found.map((object) => ({ object, mismatch: findMismatch(object, check.match ?? {}) }));
  const matching = compared.filter(({ mismatch }) => mismatch === undefined).map(({ object }) => object);
  const evidence = [observe(context, 'object', summaryOf(check, found, matching), found.slice(0, 5))];
  if (check.absent) return matching.length === 0 ? pass(evidence) : fail(check.otherwise ?? `${nameOf(check)} is still there.`, evidence);
  if (matching.length >= check.atLeast) return pass(evidence);
  return fail(check.otherwise ?? reasonFor(check, compared), evidence);
}

async function fetchObjects(check: ObjectCheck, { objects, endpoint }: CheckContext): Promise<readonly KubeObject[]> {
  const namespace = check.namespace ?? endpoint.namespace;
  if (check.name !== undefined) {
    const object = await objects.find({ kind: check.object, name: check.name, namespace });
    return object === undefined ? [] : [object];
  }
  const labelSelector = Object.entries(check.labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return objects.list(check.object, { namespace, labelSelector });
}

function nameOf(check: ObjectCheck): string {
  return check.name === undefined ? `A ${check.object} with these labels` : `${check.object} ${check.name}`;
}

function summaryOf(check: ObjectCheck, found: readonly KubeObject[], matching: readonly KubeObject[]): string {
  if (check.name !== undefined)
    return found.length === 0 ? `There is no ${check.object} ${check.name}.` : `${check.object} ${check.name} is there.`;
  return `${found.length} of kind ${check.object} found, ${matching.length} as wanted.`;
}

function reasonFor(
  check: ObjectCheck,
  compared: readonly { readonly object: KubeObject; readonly mismatch: { path: string; message: string } | undefined }[],
): string {
  const [first] = compared;
  if (first === undefined)
    return check.name === undefined
      ? `There is no ${check.object} of the kind that is wanted.`
      : `There is no ${check.object} ${check.name}.`;
  const mismatch = compared.find((candidate) => candidate.mismatch !== undefined)?.mismatch;
  if (mismatch === undefined) return `Only ${compared.length} of ${check.atLeast} are there.`;
  return `${check.object} ${first.object.metadata.name}: ${mismatch.path} ${mismatch.message}.`;
}
