import type { ConfigMap, Container, Deployment, Probe } from '../infra/cluster/meta/generated/types.ts';
import { parseQuantity } from '../infra/cluster/meta/quantity.ts';
import { describeProbe, hashSpec, type WorkloadBaseline } from './baseline.ts';
import type { WorkloadDemand } from './checks/workload-check.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import type { KubeObjects } from './kube-objects.ts';
import { describePod, fetchWorkload, isReady, keySourceOf, servingContainer, type KeySource, type Workload } from './workload.ts';

/** What is known of the API key; `leaks` names objects that hold it in clear text. The key itself is not in here. */
export interface KeyFacts {
  readonly source: KeySource;
  readonly problem: string | undefined;
  readonly leaks: readonly string[];
}

interface Facts {
  readonly workload: Workload;
  readonly endpoint: Endpoint;
  readonly baseline: WorkloadBaseline | undefined;
  readonly key: KeyFacts | undefined;
}

type DemandOf<Of extends WorkloadDemand['of']> = Extract<WorkloadDemand, { of: Of }>;

/** What falls short of a demand, in words that teach; undefined when nothing does. Pure. */
export function findBoundFault(demand: WorkloadDemand, facts: Facts): string | undefined {
  const { deployment } = facts.workload;
  if (deployment === undefined) return `There is no Deployment ${facts.endpoint.deployment}: a service that was deleted is not mended.`;
  switch (demand.of) {
    case 'replicas':
      return findReplicaFault(demand, facts, deployment);
    case 'serving':
      return findServingFault(demand, facts);
    case 'resources':
      return findResourceFault(demand, facts, deployment);
    case 'probes':
      return findProbeFault(demand, facts, deployment);
    case 'key':
      return findKeyFault(facts.key);
    case 'untouched':
      return findTouch(facts.baseline, deployment);
  }
}

function findTouch(baseline: WorkloadBaseline | undefined, deployment: Deployment): string | undefined {
  if (baseline?.specHash === undefined || baseline.specHash === hashSpec(deployment)) return undefined;
  return `The Deployment ${deployment.metadata.name} was changed or restarted, though nothing was wrong with it.`;
}

function findReplicaFault(demand: DemandOf<'replicas'>, { workload, baseline }: Facts, deployment: Deployment): string | undefined {
  const wanted = Math.max(demand.atLeast ?? 1, baseline?.replicas ?? 1);
  const declared = deployment.spec?.replicas ?? 1;
  if (declared < wanted) return `The Deployment asks for ${declared} replicas; the service needs ${wanted}.`;
  const ready = workload.pods.filter(isReady).length;
  if (ready >= wanted) return undefined;
  const stuck = workload.pods.find((pod) => !isReady(pod));
  return `${ready} of ${wanted} replicas are ready${stuck === undefined ? '' : `; pod ${stuck.metadata.name} is ${describePod(stuck)}`}.`;
}

function findServingFault(demand: DemandOf<'serving'>, { workload, endpoint }: Facts): string | undefined {
  if (workload.serving.length === 0) return `No pod stands behind the Service ${endpoint.service}.`;
  const stranger = workload.serving.find(({ pod }) => pod === undefined);
  if (stranger !== undefined)
    return `The Service ${endpoint.service} leads to ${stranger.address}, which is no pod of the Deployment ${endpoint.deployment}.`;
  const container = workload.deployment === undefined ? undefined : servingContainer(workload.deployment, endpoint);
  if (container === undefined) return `The Deployment has no container ${endpoint.container}.`;
  const images = workload.serving.flatMap(({ pod }) =>
    (pod?.spec?.containers ?? []).filter(({ name }) => name === container.name).map(({ image }) => image ?? ''),
  );
  const wrong = [container.image ?? '', ...images].find((image) => !demand.images.includes(image));
  return wrong === undefined ? undefined : `The image ${wrong} is not a release that is approved for this service.`;
}

function findResourceFault(demand: DemandOf<'resources'>, { endpoint }: Facts, deployment: Deployment): string | undefined {
  const containers = deployment.spec?.template.spec?.containers ?? [];
  const unlimited = containers.find((container) => container.resources?.limits?.['memory'] === undefined);
  if (unlimited !== undefined) return `The container ${unlimited.name} has no memory limit: one leak would take the node down with it.`;
  const container = servingContainer(deployment, endpoint);
  if (container === undefined) return `The Deployment has no container ${endpoint.container}.`;
  const { limits = {}, requests = {} } = container.resources ?? {};
  const unrequested = ['cpu', 'memory'].find((resource) => requests[resource] === undefined);
  if (unrequested !== undefined) return `The container ${container.name} requests no ${unrequested}, so the scheduler places it blindly.`;
  const limit = String(limits['memory']);
  if (parseQuantity(limit).nano <= parseQuantity(demand.memoryAtMost).nano) return undefined;
  return `The memory limit is ${limit}; the team's budget for one replica is ${demand.memoryAtMost}.`;
}

function findProbeFault(demand: DemandOf<'probes'>, { endpoint, baseline }: Facts, deployment: Deployment): string | undefined {
  const container = servingContainer(deployment, endpoint);
  if (container === undefined) return `The Deployment has no container ${endpoint.container}.`;
  const before = baseline?.containers.find(({ name }) => name === container.name);
  const faults = (['readinessProbe', 'livenessProbe'] as const).map((which) => {
    const slowest = Math.max(demand.detectWithinSeconds, 2 * (before?.[which]?.detectSeconds ?? 0));
    return findOneProbeFault(which, container, demand.paths, slowest);
  });
  return faults.find((fault) => fault !== undefined);
}

function findOneProbeFault(
  which: 'readinessProbe' | 'livenessProbe',
  container: Container,
  paths: readonly string[],
  slowestSeconds: number,
): string | undefined {
  const probe: Probe | undefined = container[which];
  const words = which === 'readinessProbe' ? 'readiness probe' : 'liveness probe';
  if (probe === undefined) return `The container ${container.name} has no ${words}.`;
  if (probe.httpGet === undefined || !paths.includes(probe.httpGet.path ?? '/'))
    return `The ${words} does not ask the model server for its health (${paths.join(' or ')}), so it stays green when the model is not.`;
  const { detectSeconds } = describeProbe(probe);
  if (detectSeconds > slowestSeconds)
    return `The ${words} needs ${detectSeconds} s to notice a failure; ${slowestSeconds} s is the most this service can bear.`;
  const idleSeconds = probe.initialDelaySeconds ?? 0;
  return idleSeconds <= slowestSeconds ? undefined : `The ${words} waits ${idleSeconds} s before it looks for the first time.`;
}

function findKeyFault(key: KeyFacts | undefined): string | undefined {
  if (key === undefined) return 'Nothing is known of the API key.';
  if (key.source.kind === 'literal') return `The API key stands in clear text in ${key.source.where}; it belongs in a Secret.`;
  if (key.source.kind === 'none') return 'The container takes no API key from a Secret, so the server lets everybody in.';
  const [leak] = key.leaks;
  return key.problem ?? (leak === undefined ? undefined : `The API key can be read in clear text in ${leak}.`);
}

/** Reads where the key comes from and where else it stands. */
export async function fetchKeyFacts(objects: KubeObjects, endpoint: Endpoint, credentials: Credentials): Promise<KeyFacts> {
  const { deployment } = await fetchWorkload(objects, endpoint);
  const container = deployment === undefined ? undefined : servingContainer(deployment, endpoint);
  const source = container === undefined ? ({ kind: 'none' } as const) : keySourceOf(container, endpoint);
  if (source.kind !== 'secret') return { source, problem: undefined, leaks: [] };
  const key = await credentials.key('good');
  if (key.kind === 'absent') return { source, problem: key.reason, leaks: [] };
  const value = key.value ?? '';
  const configMaps = await objects.list<ConfigMap>('ConfigMap', { namespace: endpoint.namespace });
  const holders = [...configMaps, ...(deployment === undefined ? [] : [deployment])];
  const leaks =
    value === ''
      ? []
      : holders.filter((holder) => JSON.stringify(holder).includes(value)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  return { source, problem: findWeakness(value, endpoint), leaks };
}

function findWeakness(key: string, { key: { prefix, minLength } }: Endpoint): string | undefined {
  if (key !== key.trim())
    return 'The API key in the Secret has white space around it, most often a newline, which is part of the key then.';
  if (!key.startsWith(prefix)) return `The API key does not begin with ${prefix}, by which this team's keys are told apart.`;
  if (key.length < minLength) return `The API key has ${key.length} characters; at least ${minLength} are asked for.`;
  return new Set(key.slice(prefix.length)).size >= 8 ? undefined : 'The API key is too easy to guess: make it of random characters.';
}
