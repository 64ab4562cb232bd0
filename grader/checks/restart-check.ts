import { z } from 'zod';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import { PlatformError } from '../platform-error.ts';
import type { Verdict } from '../verdict.ts';
import { allOf, fail, pass } from '../verdicts.ts';
import { describePod, fetchWorkload, isReady } from '../workload.ts';
import { runCompletionCheck } from './completion-check.ts';
import { httpRequestSchema, runHttpRequest } from './http-check.ts';

/**
 * Triggers again: all pods of the workload are deleted once, and it must come back by itself, with as many ready replicas and true answers. What only
 * holds because nobody restarted it yet fails here. With `requests` these are asked instead of the model: not every server is one.
 */
export const restartCheckSchema = z.strictObject({
  ...checkFields,
  kind: z.literal('restart'),
  requests: z.array(httpRequestSchema).min(1).max(10).optional(),
});

export type RestartCheck = z.infer<typeof restartCheckSchema>;

/** Deletes the pods and returns the check to be sampled afterwards. */
export async function triggerRestart(check: RestartCheck, context: CheckContext): Promise<() => Promise<Verdict>> {
  const { objects, endpoint } = context;
  const before = await fetchWorkload(objects, endpoint);
  if (before.pods.length === 0) return async () => fail('There is no pod of the Deployment that could be restarted.');
  const removed = await Promise.all(
    before.pods.map(({ metadata }) =>
      objects.remove({ kind: 'Pod', namespace: endpoint.namespace, name: metadata.name }, { graceSeconds: 1 }),
    ),
  );
  if (!removed.some(Boolean)) throw new PlatformError('ApiFailed', 'No pod could be deleted.');
  const gone = new Set(before.pods.map(({ metadata }) => metadata.uid));
  const wanted = before.deployment?.spec?.replicas ?? 1;
  return async () => sampleRestarted(check, context, { gone, wanted });
}

async function sampleRestarted(
  check: RestartCheck,
  context: CheckContext,
  { gone, wanted }: { readonly gone: ReadonlySet<string | undefined>; readonly wanted: number },
): Promise<Verdict> {
  const { pods } = await fetchWorkload(context.objects, context.endpoint);
  const fresh = pods.filter(({ metadata }) => !gone.has(metadata.uid));
  const ready = fresh.filter(isReady).length;
  const evidence = [
    observe(
      context,
      'object',
      `After the restart ${ready} of ${wanted} replicas are ready.`,
      fresh.map(({ metadata, status }) => ({ name: metadata.name, status })),
    ),
  ];
  const stuck = fresh.find((pod) => !isReady(pod));
  if (ready < wanted)
    return fail(
      `After a restart ${ready} of ${wanted} replicas came back${stuck === undefined ? '' : `; one is ${describePod(stuck)}`}.`,
      evidence,
    );
  return allOf([pass(evidence), ...(await askAgain(check, context))]);
}

async function askAgain({ requests, ...check }: RestartCheck, context: CheckContext): Promise<readonly Verdict[]> {
  if (requests !== undefined) return Promise.all(requests.map((request) => runHttpRequest(request, context)));
  const echo = { kind: 'completion', ask: 'echo', scheme: undefined, key: 'good', client: 'good', trust: 'lab', port: undefined } as const;
  return [await runCompletionCheck({ ...check, ...echo }, context)];
}
