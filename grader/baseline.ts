import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Container, Deployment, Probe } from '../infra/cluster/meta/generated/types.ts';
import type { Endpoint, Part } from './endpoint.ts';
import type { KubeObjects } from './kube-objects.ts';
import { PlatformError } from './platform-error.ts';
import { fetchWorkload, isReady } from './workload.ts';

const probeSchema = z.strictObject({
  /** What is asked, e.g. `httpGet /health`; two probes with the same target look at the same thing. */
  target: z.string(),
  /** Longest time from the fault to the probe's verdict, initial delay left out. */
  detectSeconds: z.number(),
});

const oneBaselineSchema = z.strictObject({
  replicas: z.int().min(1),
  /** SHA-256 of the pod template and what else the Deployment says: equal as long as nobody changes it. Older baselines have none. */
  specHash: z.string().optional(),
  containers: z
    .array(
      z.strictObject({
        name: z.string(),
        image: z.string(),
        limits: z.record(z.string(), z.string()),
        readinessProbe: probeSchema.optional(),
        livenessProbe: probeSchema.optional(),
      }),
    )
    .min(1),
});

/** The healthy workload as it was before the fault: what a fix must not fall short of. JSON; outlives restarts. */
export const workloadBaselineSchema = oneBaselineSchema.extend({
  /** Of what stands beside the endpoint, by its Deployment. */
  parts: z.record(z.string(), oneBaselineSchema).optional(),
});

export type WorkloadBaseline = z.infer<typeof workloadBaselineSchema>;
export type ProbeBaseline = z.infer<typeof probeSchema>;

/** Reads the baseline of the endpoint and of its parts; one that would check nothing is an error (GRADING.md). */
export async function fetchBaseline(objects: KubeObjects, endpoint: Endpoint, parts: readonly Part[]): Promise<WorkloadBaseline> {
  const own = await fetchWorkloadBaseline(objects, endpoint);
  if (parts.length === 0) return own;
  const entries = parts.map(async (part) => [part.deployment, await fetchWorkloadBaseline(objects, { ...endpoint, ...part })] as const);
  return { ...own, parts: Object.fromEntries(await Promise.all(entries)) };
}

async function fetchWorkloadBaseline(objects: KubeObjects, endpoint: Endpoint): Promise<WorkloadBaseline> {
  const { deployment, pods } = await fetchWorkload(objects, endpoint);
  if (deployment === undefined || !pods.some(isReady)) {
    throw new PlatformError('BaselineMissing', `The Deployment ${endpoint.deployment} has no ready pod to take a baseline from.`);
  }
  return describeWorkload(deployment);
}

export function describeWorkload(deployment: Deployment): WorkloadBaseline {
  const containers = (deployment.spec?.template.spec?.containers ?? []).map(describeContainer);
  return workloadBaselineSchema.parse({ replicas: deployment.spec?.replicas ?? 1, specHash: hashSpec(deployment), containers });
}

/** Over the whole spec, a rollout's annotations included: a restart is a change too. */
export function hashSpec({ spec }: Deployment): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(spec)))
    .digest('hex');
}

/** The API answers members in any order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

function describeContainer(container: Container): WorkloadBaseline['containers'][number] {
  const { name, image = '', resources, readinessProbe, livenessProbe } = container;
  return {
    name,
    image,
    limits: resources?.limits ?? {},
    ...(readinessProbe === undefined ? {} : { readinessProbe: describeProbe(readinessProbe) }),
    ...(livenessProbe === undefined ? {} : { livenessProbe: describeProbe(livenessProbe) }),
  };
}

/** Kubernetes' defaults apply where the object leaves a field out: every 10 s, 3 failures, 1 s each. */
export function describeProbe(probe: Probe): ProbeBaseline {
  const { periodSeconds = 10, failureThreshold = 3, timeoutSeconds = 1 } = probe;
  return { target: probeTarget(probe), detectSeconds: periodSeconds * failureThreshold + timeoutSeconds };
}

function probeTarget(probe: Probe): string {
  if (probe.httpGet !== undefined) return `httpGet ${probe.httpGet.path ?? '/'}`;
  if (probe.tcpSocket !== undefined) return 'tcpSocket';
  if (probe.grpc !== undefined) return 'grpc';
  return `exec ${(probe.exec?.command ?? []).join(' ')}`;
}
