import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import type { SandboxPlace } from '../infra/substrate/sandbox-place.ts';

type Classes = Pick<SandboxPlace, 'runtimeClass' | 'storageClass'>;

interface Specified {
  readonly spec?: Fields;
}

interface Fields extends Specified {
  readonly template?: Specified;
  readonly jobTemplate?: Specified;
  readonly volumeClaimTemplates?: readonly Specified[];
  readonly storageClassName?: string;
  readonly runtimeClassName?: string;
}

/**
 * The classes that the cluster's administrators want for sandboxes, on whatever makes pods and claims and names none itself. What trainees make gets what the cluster
 * gives by itself. Pure.
 */
export function withClasses<T extends KubeObject>(object: T, { runtimeClass, storageClass }: Classes): T {
  const { spec } = object as Specified;
  if (spec === undefined) return object;
  const pods = runtimeClass === undefined ? spec : inPods(object.kind, spec, runtimeClass);
  return { ...object, spec: storageClass === undefined ? pods : inClaims(object.kind, pods, storageClass) };
}

function inPods(kind: string, spec: Fields, runtimeClassName: string): Fields {
  if (kind === 'Pod') return { runtimeClassName, ...spec };
  const { template, jobTemplate } = spec;
  if (template?.spec !== undefined) return { ...spec, template: { ...template, spec: inPods('Pod', template.spec, runtimeClassName) } };
  if (jobTemplate?.spec === undefined) return spec;
  return { ...spec, jobTemplate: { ...jobTemplate, spec: inPods('Job', jobTemplate.spec, runtimeClassName) } };
}

function inClaims(kind: string, spec: Fields, storageClassName: string): Fields {
  if (kind === 'PersistentVolumeClaim') return { storageClassName, ...spec };
  if (spec.volumeClaimTemplates === undefined) return spec;
  return {
    ...spec,
    volumeClaimTemplates: spec.volumeClaimTemplates.map((claim) => ({ ...claim, spec: { storageClassName, ...claim.spec } })),
  };
}
