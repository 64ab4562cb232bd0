import { z } from 'zod';
import { PlatformError } from '../../grader/platform-error.ts';
import { servingContainer } from '../../grader/workload.ts';
import type { Container, Deployment } from '../../infra/cluster/meta/generated/types.ts';
import type { FaultTarget } from './fault.ts';

const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** What a changed Deployment was before: enough to put it back. */
const templateChangeSchema = z.strictObject({
  strategy: z.unknown(),
  template: z.unknown(),
  changeCause: z.string().nullable(),
  /** A paused Deployment would not roll the change out. */
  paused: z.boolean(),
});

type TemplateChange = z.infer<typeof templateChangeSchema>;

/** The Deployment and the container that serves; a fault without them has nothing to break. */
export async function requireServing(target: FaultTarget): Promise<{ readonly deployment: Deployment; readonly container: Container }> {
  const { namespace, deployment: name } = target.endpoint;
  const deployment = await target.objects.find<Deployment>({ kind: 'Deployment', namespace, name });
  const container = deployment === undefined ? undefined : servingContainer(deployment, target.endpoint);
  if (deployment === undefined || container === undefined)
    throw new PlatformError('ApiFailed', `There is no Deployment ${name} to inject a fault into.`);
  return { deployment, container };
}

/**
 * Rolls out a change of the serving container as a careless release would: all replicas at once, so that nothing of the old revision keeps
 * serving. `cause` shows up in `kubectl rollout history`, where an operator would look.
 */
export async function rollOutChange(
  target: FaultTarget,
  deployment: Deployment,
  change: Container,
  cause: string,
): Promise<TemplateChange> {
  const before: TemplateChange = {
    strategy: deployment.spec?.strategy ?? null,
    template: deployment.spec?.template ?? null,
    changeCause: deployment.metadata.annotations?.[CHANGE_CAUSE] ?? null,
    paused: deployment.spec?.paused === true,
  };
  await target.objects.patch(refOf(target), 'strategic', {
    metadata: { annotations: { [CHANGE_CAUSE]: cause } },
    spec: {
      ...(before.paused ? { paused: false } : {}),
      strategy: { $retainKeys: ['type'], type: 'Recreate' },
      template: { spec: { containers: [change] } },
    },
  });
  return before;
}

/** Puts the template, the strategy and the annotation back, whatever they are now. */
export async function takeBackChange(target: FaultTarget, data: unknown): Promise<void> {
  const before = templateChangeSchema.parse(data);
  const present = await target.objects.find<Deployment>(refOf(target));
  if (present === undefined) return;
  const { [CHANGE_CAUSE]: _, ...annotations } = present.metadata.annotations ?? {};
  const spec = { ...present.spec, template: before.template, strategy: before.strategy, ...(before.paused ? { paused: true } : {}) };
  const restored = before.changeCause === null ? annotations : { ...annotations, [CHANGE_CAUSE]: before.changeCause };
  await target.objects.replace({ ...present, metadata: { ...present.metadata, annotations: restored }, spec } as Deployment);
}

function refOf({ endpoint }: FaultTarget): { kind: string; namespace: string; name: string } {
  return { kind: 'Deployment', namespace: endpoint.namespace, name: endpoint.deployment };
}
