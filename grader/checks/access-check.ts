import { z } from 'zod';
import type { Deployment, ServiceAccount } from '../../infra/cluster/meta/generated/types.ts';
import { accountSubject, describeQuestion, groupSubject, isAllowed, type AccessQuestion, type AccessSubject } from '../access-review.ts';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import { objectName } from '../endpoint.ts';
import type { Found } from '../credentials.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass } from '../verdicts.ts';

const whoSchema = z.union([
  /** As its pods come to the API server. */
  z.strictObject({ deployment: objectName }),
  /** `*`: each service account of the namespace. */
  z.strictObject({ serviceAccount: z.union([objectName, z.literal('*')]) }),
  /** Whoever is in it, such as system:authenticated. */
  z.strictObject({ group: z.string().min(1) }),
]);

const rightSchema = z.strictObject({
  verbs: z.array(z.string().min(1)).min(1),
  resource: z.string().min(1),
  subresource: z.string().min(1).optional(),
  group: z.string().default(''),
  name: z.string().min(1).optional(),
  /** The endpoint's where left out; `*`: all of them, and objects that are in none. */
  namespace: z.string().min(1).optional(),
});

/**
 * Who may do what, as the API server itself answers it: whichever roles and bindings give or withhold a right. What a workload needs it must have, and what
 * it must not have nobody may give it.
 */
export const accessCheckSchema = z.strictObject({
  ...checkFields,
  kind: z.literal('access'),
  reviews: z
    .array(
      z.strictObject({
        who: z.array(whoSchema).min(1).max(10),
        may: z.array(rightSchema).max(20).default([]),
        mayNot: z.array(rightSchema).max(20).default([]),
      }),
    )
    .min(1)
    .max(10),
});

export type AccessCheck = z.infer<typeof accessCheckSchema>;
type Who = z.infer<typeof whoSchema>;
type Right = z.infer<typeof rightSchema>;

interface Review {
  readonly subject: AccessSubject;
  readonly question: AccessQuestion;
  readonly wanted: boolean;
}

export async function runAccessCheck(check: AccessCheck, context: CheckContext): Promise<Verdict> {
  const found = await Promise.all(
    check.reviews.map(async ({ who, may, mayNot }) => {
      const subjects = await Promise.all(who.map((one) => findSubjects(one, context)));
      return subjects.map((one): Found<readonly Review[]> => {
        if (one.kind === 'absent') return one;
        return { kind: 'found', value: one.value.flatMap((subject) => planReviews(subject, { may, mayNot }, context.endpoint.namespace)) };
      });
    }),
  );
  const absent = found.flat().find((one) => one.kind === 'absent');
  if (absent !== undefined) return fail(absent.reason, [observe(context, 'note', absent.reason)]);
  const reviews = found.flat().flatMap((one) => (one.kind === 'found' ? one.value : []));
  const answers = await Promise.all(
    reviews.map(async (review) => ({ ...review, allowed: await isAllowed(context.objects, review.subject, review.question) })),
  );
  const wrong = answers.filter(({ allowed, wanted }) => allowed !== wanted);
  const detail = answers.map(({ subject, question, allowed }) => ({ who: subject.user, what: describeQuestion(question), allowed }));
  const evidence = [observe(context, 'object', `${answers.length} access reviews, ${wrong.length} not as they should be.`, detail)];
  const [first] = wrong;
  return first === undefined ? pass(evidence) : fail(reasonFor(first), evidence);
}

async function findSubjects(who: Who, { objects, endpoint: { namespace } }: CheckContext): Promise<Found<readonly AccessSubject[]>> {
  if ('group' in who) return { kind: 'found', value: [groupSubject(who.group)] };
  if ('deployment' in who) {
    const deployment = await objects.find<Deployment>({ kind: 'Deployment', namespace, name: who.deployment });
    if (deployment === undefined) return { kind: 'absent', reason: `There is no Deployment ${who.deployment}, so it may do nothing.` };
    return { kind: 'found', value: [accountSubject(namespace, deployment.spec?.template.spec?.serviceAccountName ?? 'default')] };
  }
  if (who.serviceAccount !== '*') return { kind: 'found', value: [accountSubject(namespace, who.serviceAccount)] };
  const accounts = await objects.list<ServiceAccount>('ServiceAccount', { namespace });
  return { kind: 'found', value: accounts.map(({ metadata }) => accountSubject(namespace, metadata.name)) };
}

/** Pure. */
export function planReviews(
  subject: AccessSubject,
  { may, mayNot }: { readonly may: readonly Right[]; readonly mayNot: readonly Right[] },
  namespace: string,
): readonly Review[] {
  const plan = (rights: readonly Right[], wanted: boolean): readonly Review[] =>
    rights.flatMap(({ verbs, namespace: named = namespace, ...right }) =>
      verbs.map((verb) => ({ subject, wanted, question: { ...right, verb, namespace: named === '*' ? '' : named } })),
    );
  return [...plan(may, true), ...plan(mayNot, false)];
}

function reasonFor({ subject, question, wanted }: Review): string {
  const who = subject.user === 'drillhouse-nobody' ? `Whoever is in ${subject.groups[0] ?? ''}` : subject.user;
  const what = describeQuestion(question);
  return wanted ? `${who} may not ${what}, which its work takes.` : `${who} may ${what}, which nothing that it does takes.`;
}
