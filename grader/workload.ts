import type { Container, Deployment, EndpointSlice, EnvVar, Pod, ReplicaSet } from '../infra/cluster/meta/generated/types.ts';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import type { Endpoint } from './endpoint.ts';
import type { KubeObjects } from './kube-objects.ts';

/** What of the cluster decides whether an endpoint is served, read at one moment. */
export interface Workload {
  readonly deployment: Deployment | undefined;
  readonly pods: readonly Pod[];
  /** Addresses behind the Service with the pod each leads to; a pod that is not the Deployment's own is `undefined`. */
  readonly serving: readonly { readonly address: string; readonly pod: Pod | undefined }[];
}

export async function fetchWorkload(objects: KubeObjects, endpoint: Endpoint): Promise<Workload> {
  const { namespace } = endpoint;
  const [deployment, replicaSets, pods, slices] = await Promise.all([
    objects.find<Deployment>({ kind: 'Deployment', namespace, name: endpoint.deployment }),
    objects.list<ReplicaSet>('ReplicaSet', { namespace }),
    objects.list<Pod>('Pod', { namespace }),
    objects.list<EndpointSlice>('EndpointSlice', { namespace, labelSelector: `kubernetes.io/service-name=${endpoint.service}` }),
  ]);
  const owned = new Set(replicaSets.filter((set) => isOwnedBy(set, deployment?.metadata.uid)).map((set) => set.metadata.uid));
  const own = pods.filter((pod) => [...owned].some((uid) => isOwnedBy(pod, uid)));
  return { deployment, pods: own, serving: slices.flatMap((slice) => servingOf(slice, own)) };
}

function servingOf(slice: EndpointSlice, own: readonly Pod[]): Workload['serving'] {
  return (slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready !== false)
    .flatMap((endpoint) => endpoint.addresses.map((address) => ({ address, pod: own.find((pod) => pod.status?.podIP === address) })));
}

function isOwnedBy(object: KubeObject, uid: string | undefined): boolean {
  return uid !== undefined && (object.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid && owner.controller === true);
}

/** The container that serves the model: by its name, else the only one. */
export function servingContainer(deployment: Deployment, endpoint: Endpoint): Container | undefined {
  const { containers } = deployment.spec?.template.spec ?? { containers: [] };
  return containers.find((container) => container.name === endpoint.container) ?? (containers.length === 1 ? containers[0] : undefined);
}

/** Which entry of which Secret the container takes its API key from; a literal value is told apart, because it is a leak. */
export type KeySource =
  | { readonly kind: 'secret'; readonly secret: string; readonly entry: string }
  | { readonly kind: 'literal'; readonly where: string }
  | { readonly kind: 'none' };

export function keySourceOf(container: Container, endpoint: Endpoint): KeySource {
  const { env } = endpoint.key;
  if (env === undefined) return { kind: 'none' };
  const variable = container.env?.find((candidate) => candidate.name === env);
  const literal = literalKeyOf(container, variable, env);
  if (literal !== undefined) return { kind: 'literal', where: literal };
  const reference = variable?.valueFrom?.secretKeyRef;
  if (reference?.name !== undefined) return { kind: 'secret', secret: reference.name, entry: reference.key };
  const secret = container.envFrom?.find((source) => source.secretRef?.name !== undefined)?.secretRef?.name;
  return secret === undefined ? { kind: 'none' } : { kind: 'secret', secret, entry: env };
}

function literalKeyOf(container: Container, variable: EnvVar | undefined, name: string): string | undefined {
  if (variable?.value !== undefined && variable.value !== '') return `the value of ${name} in the Deployment`;
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  const index = words.findIndex((word) => /^--api[-_]key(=|$)/.test(word));
  if (index < 0) return undefined;
  const [, inline] = words[index]?.split('=', 2) ?? [];
  const end = words.findIndex((word, at) => at > index && word.startsWith('--'));
  const given = inline === undefined ? words.slice(index + 1, end < 0 ? undefined : end) : [inline];
  // `$(VAR)` is filled in by Kubernetes from the environment, which may come from a Secret.
  return given.every((word) => /^\$\(\w+\)$/.test(word)) ? undefined : 'an argument of the container';
}

/** Ready and not on its way out. */
export function isReady(pod: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp === undefined &&
    (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
  );
}

/** One line on why a pod is not ready, as `kubectl get pods` would give it. */
export function describePod(pod: Pod): string {
  const status = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].find(
    (candidate) => !candidate.ready,
  );
  const { waiting, terminated } = status?.state ?? {};
  const last = status?.lastState?.terminated;
  const reason = waiting?.reason ?? terminated?.reason ?? pod.status?.phase ?? 'unknown';
  const before = last?.reason === undefined ? '' : `, last ended with ${last.reason} (exit code ${last.exitCode})`;
  return isReady(pod) ? 'Ready' : `${reason}${before}`;
}
