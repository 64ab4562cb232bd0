import { z } from 'zod';
import { PlatformError } from '../../grader/platform-error.ts';
import { objectName } from '../../grader/endpoint.ts';
import { GPU, gpusOf } from '../../grader/gpus.ts';
import { refOf, type ObjectRef } from '../../grader/kube-objects.ts';
import { fetchWorkload, isReady } from '../../grader/workload.ts';
import { sleep } from '../../infra/cluster/meta/clock.ts';
import type { Deployment, Node, Pod } from '../../infra/cluster/meta/generated/types.ts';
import { applyChanges, undoChanges } from './changes.ts';
import type { Fault, FaultTarget } from './fault.ts';
import { proveOutage } from './outage.ts';
import { requireServing } from './template-change.ts';
import { whyUnschedulable } from './unschedulable.ts';

const ID = 'gpu-held';
/** What keeps the workload at no replicas while its devices are taken; undone before the injection ends. */
const NIGHT = `${ID}-night`;
const TIMEOUT_MS = 60_000;
const POLL_MS = 100;

const parametersSchema = z.strictObject({
  /** What takes the devices, in the endpoint's namespace. It computes nothing. */
  name: objectName.default('notebook'),
  /** Words that its annotations have for whoever looks: whose it is, and what may be done with it. */
  annotations: z.record(z.string(), z.string()).default({}),
});

type Parameters = z.infer<typeof parametersSchema>;

/** The workload was scaled down for a while; when it comes back, another one has taken its devices. */
export const gpuHeld: Fault = {
  id: ID,
  title: 'GPU held by another workload',
  symptom: 'Pods stay Pending: Insufficient nvidia.com/gpu; the devices belong to a pod of another Deployment in the same namespace.',
  leavesBehind: 'The other Deployment is gone, the workload has its replicas.',
  parameters: parametersSchema,
  async inject(target, parameters) {
    const settings = parametersSchema.parse(parameters);
    const { deployment } = await requireServing(target);
    if (await isHeld(target, settings)) return settings;
    try {
      await takeDevices(target, settings, refOf(deployment));
    } catch (error) {
      // A workload that was scaled down and never comes back would be another incident than the one that was meant.
      await this.recover(target, settings);
      throw error;
    }
    return settings;
  },
  async prove(target, data) {
    if (!(await isHeld(target, parametersSchema.parse(data)))) return { live: false, reason: 'Nothing else holds the devices.' };
    return proveOutage(target, (pod) => whyUnschedulable(pod)?.includes(GPU) === true);
  },
  async recover(target) {
    await undoChanges(target, ID);
    await undoChanges(target, NIGHT);
  },
};

async function takeDevices(target: FaultTarget, settings: Parameters, ref: ObjectRef): Promise<void> {
  await applyChanges(target, NIGHT, () => Promise.resolve([{ kind: 'patch', ref, patch: { spec: { replicas: 0 } } }]));
  await until(target, 'the workload’s pods to end', async () => (await fetchWorkload(target.objects, target.endpoint)).pods.length === 0);
  await applyChanges(target, ID, async () => [{ kind: 'create', object: await planHolder(target, settings) }]);
  await until(target, 'the devices to be taken', () => isHeld(target, settings));
  await undoChanges(target, NIGHT);
}

/** A Deployment that asks for as many devices as its node has left, on the node that the workload's own pods ran on. */
async function planHolder(target: FaultTarget, { name, annotations }: Parameters): Promise<Deployment> {
  const { deployment } = await requireServing(target);
  const { nodeSelector, tolerations, affinity } = deployment.spec?.template.spec ?? {};
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: target.endpoint.namespace, labels, annotations },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations },
        spec: {
          terminationGracePeriodSeconds: 1,
          ...(nodeSelector === undefined ? {} : { nodeSelector }),
          ...(tolerations === undefined ? {} : { tolerations }),
          ...(affinity === undefined ? {} : { affinity }),
          containers: [
            {
              name,
              image: 'registry.lab/workspace:1.0',
              command: ['sleep', 'infinity'],
              resources: {
                requests: { cpu: '50m', memory: '32Mi' },
                limits: { memory: '64Mi', [GPU]: String(await countFree(target)) },
              },
            },
          ],
        },
      },
    },
  };
}

/** The most devices that one node has left. Throws PlatformError where none is, because there is nothing to take then. */
async function countFree({ objects }: FaultTarget): Promise<number> {
  const [nodes, pods] = await Promise.all([objects.list<Node>('Node'), objects.list<Pod>('Pod')]);
  const free = nodes.map(({ metadata, status }) => {
    const here = pods.filter(
      ({ spec, status: { phase } = {} }) => spec?.nodeName === metadata.name && phase !== 'Succeeded' && phase !== 'Failed',
    );
    return Number(status?.allocatable?.[GPU] ?? 0) - here.reduce((sum, pod) => sum + gpusOf(pod), 0);
  });
  const most = Math.max(0, ...free);
  if (most === 0) throw new PlatformError('ApiFailed', 'No node has a GPU left that could be taken.');
  return most;
}

async function isHeld({ objects, endpoint }: FaultTarget, { name }: Parameters): Promise<boolean> {
  const pods = await objects.list<Pod>('Pod', { namespace: endpoint.namespace, labelSelector: `app=${name}` });
  return pods.some((pod) => isReady(pod) && gpusOf(pod) > 0);
}

async function until({ clock, signal }: FaultTarget, what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = clock.now() + TIMEOUT_MS;
  while (!(await holds())) {
    if (clock.now() > deadlineMs) throw new PlatformError('TimedOut', `Waited ${TIMEOUT_MS / 1000} s for ${what}.`);
    await sleep(clock, POLL_MS, signal);
  }
}
