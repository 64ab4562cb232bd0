import { PlatformError } from '../../grader/platform-error.ts';
import { servingContainer } from '../../grader/workload.ts';
import type { Container, Deployment, PodSpec } from '../../infra/cluster/meta/generated/types.ts';
import type { Change } from './changes.ts';
import type { FaultTarget } from './fault.ts';

const CHANGE_CAUSE = 'kubernetes.io/change-cause';

export interface Serving {
  readonly deployment: Deployment;
  /** The Deployment's container that serves the model. */
  readonly container: Container;
}

/** The Deployment and the container that serves; a fault without them has nothing to break. */
export async function requireServing(target: FaultTarget): Promise<Serving> {
  const { namespace, deployment: name } = target.endpoint;
  const deployment = await target.objects.find<Deployment>({ kind: 'Deployment', namespace, name });
  const container = deployment === undefined ? undefined : servingContainer(deployment, target.endpoint);
  if (deployment === undefined || container === undefined)
    throw new PlatformError('ApiFailed', `There is no Deployment ${name} to inject a fault into.`);
  return { deployment, container };
}

export interface TemplateEdit {
  /** What becomes of the container that serves. */
  readonly container?: (container: Container) => Container;
  /** Fields of the pods' spec that take other values; null takes one away. */
  readonly pod?: { readonly [Field in keyof Omit<PodSpec, 'containers'>]?: PodSpec[Field] | null };
  /** Shows up in `kubectl rollout history`, where an operator would look. */
  readonly cause: string;
}

/** A change of the pod template rolled out as a careless release would: all replicas at once, so that nothing of the old revision keeps serving. Pure. */
export function planRollout({ deployment, container }: Serving, edit: TemplateEdit): Change {
  const containers = deployment.spec?.template.spec?.containers.map((each) =>
    each.name === container.name ? (edit.container?.(each) ?? each) : each,
  );
  return {
    kind: 'patch',
    ref: refOf(deployment),
    patch: {
      metadata: { annotations: { [CHANGE_CAUSE]: edit.cause } },
      spec: {
        // A paused Deployment would not roll the change out.
        ...(deployment.spec?.paused === true ? { paused: null } : {}),
        strategy: { type: 'Recreate', rollingUpdate: null },
        template: { spec: { ...edit.pod, containers } },
      },
    },
  };
}

export function refOf({ metadata }: Deployment): { readonly kind: 'Deployment'; readonly name: string; readonly namespace: string } {
  return { kind: 'Deployment', name: metadata.name, namespace: metadata.namespace ?? '' };
}

/** The arguments with `flag` set to `value`: a later flag overrides an earlier one and the configuration file. Pure. */
export function withFlag(args: readonly string[] | undefined, flag: string, value: string | number): string[] {
  const kept = (args ?? []).filter((word, index, words) => word !== flag && !word.startsWith(`${flag}=`) && words[index - 1] !== flag);
  return [...kept, `${flag}=${value}`];
}
