import { z } from 'zod';
import { imageReferenceSchema } from '../../infra/images/catalogue.ts';
import { fetchWorkload } from '../../grader/workload.ts';
import type { Deployment } from '../../infra/cluster/meta/generated/types.ts';
import type { Change } from './changes.ts';
import type { FaultTarget, Proof } from './fault.ts';
import { planRollout, requireServing } from './template-change.ts';

/** Which release a lab lets roll out; what is wrong with each stands in infra/images/inference/releases.ts. */
export function imageParameter(fallback: string): z.ZodObject<{ image: z.ZodDefault<z.ZodString> }> {
  return z.strictObject({ image: imageReferenceSchema.default(fallback) });
}

export async function planRelease(target: FaultTarget, image: string): Promise<readonly Change[]> {
  return [planRollout(await requireServing(target), { container: (container) => ({ ...container, image }), cause: `release ${image}` })];
}

/** Proof by what clients meet, once the Deployment's newest template is all that runs and serves. */
export async function proveServing(target: FaultTarget, look: () => Promise<Proof>): Promise<Proof> {
  const { deployment, serving } = await fetchWorkload(target.objects, target.endpoint);
  if (serving.length === 0) return { live: false, reason: 'No pod is behind the Service yet.' };
  return deployment !== undefined && isRolledOut(deployment)
    ? look()
    : { live: false, reason: 'The Deployment is still being rolled out.' };
}

function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  const { observedGeneration = 0, updatedReplicas = 0, replicas = 0 } = status ?? {};
  return observedGeneration >= (metadata.generation ?? 0) && updatedReplicas === (spec?.replicas ?? 1) && replicas === updatedReplicas;
}
