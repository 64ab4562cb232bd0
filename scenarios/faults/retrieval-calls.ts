import { z } from 'zod';
import { PlatformError } from '../../grader/platform-error.ts';
import { sleep } from '../../infra/cluster/meta/clock.ts';
import type { Container, PodSpec, Volume } from '../../infra/cluster/meta/generated/types.ts';
import { askEndpoint, jsonOf } from './component.ts';
import type { FaultTarget } from './fault.ts';
import { requireServing } from './template-change.ts';

const reportSchema = z.looseObject({ state: z.string(), staleDocuments: z.array(z.string()).optional() });
const searchSchema = z.looseObject({ results: z.array(z.looseObject({ path: z.string(), text: z.string() })) });
const refusalSchema = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });

/** What the service says of its index; undefined where it does not answer. */
export async function fetchIndex(target: FaultTarget): Promise<z.infer<typeof reportSchema> | undefined> {
  const [result] = await askEndpoint(target, [{ method: 'GET', path: '/index' }]);
  return reportSchema.safeParse(jsonOf(result)).data;
}

export type SearchOutcome =
  | { readonly kind: 'found'; readonly results: readonly { readonly path: string; readonly text: string }[] }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'unanswered' };

export async function searchFor(target: FaultTarget, query: string): Promise<SearchOutcome> {
  const [result] = await askEndpoint(target, [{ method: 'GET', path: `/search?${new URLSearchParams({ q: query, k: '20' }).toString()}` }]);
  const json = jsonOf(result);
  const found = searchSchema.safeParse(json).data;
  if (found !== undefined) return { kind: 'found', results: found.results };
  const refusal = refusalSchema.safeParse(json).data;
  return refusal === undefined ? { kind: 'unanswered' } : { kind: 'refused', ...refusal.error };
}

export async function reindex(target: FaultTarget): Promise<void> {
  await askEndpoint(target, [{ method: 'POST', path: '/reindex' }]);
}

/** Long enough for pods to be replaced, and for a kubelet to put documents back under a running one. */
const SETTLE_MS = 120_000;
const POLL_MS = 500;

/** Looks until `isSettled`. Throws PlatformError where that does not come about. */
export async function settleUntil(target: FaultTarget, isSettled: () => Promise<boolean>): Promise<void> {
  const deadlineMs = target.clock.now() + SETTLE_MS;
  while (!(await isSettled())) {
    if (target.clock.now() > deadlineMs) throw new PlatformError('TimedOut', 'The retrieval service did not come back as it was.');
    await sleep(target.clock, POLL_MS, target.signal);
  }
}

/** The volume behind a folder of the retrieval container. Throws PlatformError where there is none. */
export async function requireVolume(target: FaultTarget, variable: string, fallback: string): Promise<Volume> {
  const { deployment, container } = await requireServing(target);
  const path = container.env?.find(({ name }) => name === variable)?.value ?? fallback;
  const volume = volumeAt(deployment.spec?.template.spec, container, path);
  if (volume === undefined) throw new PlatformError('ApiFailed', `The workload mounts no volume at ${path}, so there is none to break.`);
  return volume;
}

/** The innermost mount that holds the path. Pure. */
function volumeAt(pod: PodSpec | undefined, { volumeMounts = [] }: Container, path: string): Volume | undefined {
  const [mount] = volumeMounts
    .filter(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath.replace(/\/+$/, '')}/`))
    .sort((a, b) => b.mountPath.length - a.mountPath.length);
  return pod?.volumes?.find(({ name }) => name === mount?.name);
}
