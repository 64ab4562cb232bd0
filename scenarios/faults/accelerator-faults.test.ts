import { describe, expect, it } from 'vitest';
import type { Container, Deployment, Node, Pod } from '../../infra/cluster/meta/generated/types.ts';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import { FakeObjects } from '../../grader/testing/fake-objects.ts';
import { FakeProviders } from '../../grader/testing/fake-providers.ts';
import {
  answered,
  deploymentOf,
  endpoint,
  FakeProber,
  goodContainer,
  healthyObjects,
  podOf,
  sliceOf,
  testContext,
  unanswered,
} from '../../grader/testing/sandbox-fixtures.ts';
import { FakeVault } from '../testing/fake-vault.ts';
import { findFault } from './fault-catalogue.ts';
import type { FaultTarget } from './fault.ts';
import { withoutGpu } from './wrong-node.ts';

const GPU = 'nvidia.com/gpu';
const limits = (gpus: number): Record<string, string> => ({ memory: '256Mi', [GPU]: String(gpus) });
const serving: Container = { ...goodContainer, resources: { limits: limits(1), requests: { cpu: '100m', [GPU]: '1' } } };

const onNode = (nodeName: string, pod: Pod): Pod => ({ ...pod, spec: { ...pod.spec!, nodeName } });

/** Objects of a cluster with one GPU node: a Deployment at no replicas loses its pods, and one that is created runs if there is a device left. */
class GpuObjects extends FakeObjects {
  override put(object: KubeObject): void {
    super.put(object);
    if (object.kind !== 'Deployment') return;
    const { spec } = object as Deployment;
    if (object.metadata.name === 'inference' && spec?.replicas === 0)
      void this.remove({ kind: 'Pod', namespace: 'atlas', name: 'inference-1-a' });
    if (object.metadata.name === 'inference') return;
    const [container] = spec!.template.spec!.containers;
    const pod = podOf(`${object.metadata.name}-a`, '10.0.0.9', { container: container!, owned: false });
    super.put(onNode('gpu-1', { ...pod, metadata: { ...pod.metadata, labels: { app: object.metadata.name } } }));
  }
}

function target(free = 1): FaultTarget & { readonly objects: GpuObjects; readonly vault: FakeVault; readonly prober: FakeProber } {
  const objects = new GpuObjects(...healthyObjects());
  const deployment = deploymentOf(serving);
  const { template } = deployment.spec!;
  const pod = { ...template.spec!, nodeSelector: { pool: 'gpu' }, tolerations: [{ operator: 'Exists' }] };
  const placed: Deployment = { ...deployment, spec: { ...deployment.spec!, template: { ...template, spec: pod } } };
  objects.put(placed);
  objects.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'gpu-1' }, status: { allocatable: { [GPU]: String(free) } } } as Node);
  objects.put(onNode('gpu-1', podOf('inference-1-a', '10.0.0.1', { container: serving })));
  const prober = new FakeProber(() => unanswered('connect'));
  return {
    ...testContext({ objects, prober, endpoint: { ...endpoint, scheme: 'http' } }),
    objects,
    prober,
    vault: new FakeVault(),
    providers: new FakeProviders(),
  };
}

const deploymentIn = async ({ objects }: FaultTarget, name: string): Promise<Deployment | undefined> =>
  objects.find<Deployment>({ kind: 'Deployment', namespace: 'atlas', name });

describe('gpu-held', () => {
  const fault = findFault('gpu-held')!;
  const given = { name: 'notebook', annotations: { owner: 'a colleague' } };

  it('takes what is left where the workload ran, and gives the workload its replicas back', async () => {
    const at = target(3);
    await fault.inject(at, given);
    const holder = await deploymentIn(at, 'notebook');
    expect(holder?.metadata.annotations).toEqual({ owner: 'a colleague' });
    expect(holder?.spec?.template.spec).toMatchObject({
      nodeSelector: { pool: 'gpu' },
      containers: [{ resources: { limits: { [GPU]: '3' } } }],
    });
    expect((await deploymentIn(at, 'inference'))?.spec?.replicas).toBe(1);
  });

  it('is live when a pod waits for a device, and not by any other sign', async () => {
    const at = target();
    const data = await fault.inject(at, given);
    const waiting = (message: string): void => {
      const pod = podOf('inference-1-b', '10.0.0.2', { ready: false, container: serving });
      pod.status = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] };
      at.objects.put(pod);
      at.objects.put(sliceOf());
    };
    waiting('0/2 nodes are available: 2 Insufficient memory.');
    expect((await fault.prove(at, data)).live).toBe(false);
    waiting('0/2 nodes are available: 1 Insufficient nvidia.com/gpu.');
    expect((await fault.prove(at, data)).live).toBe(true);
    await at.objects.remove({ kind: 'Pod', namespace: 'atlas', name: 'notebook-a' });
    expect(await fault.prove(at, data)).toEqual({ live: false, reason: 'Nothing else holds the devices.' });
  });

  it('is injected once however often, and taken back whole', async () => {
    const at = target();
    const before = JSON.stringify((await deploymentIn(at, 'inference'))?.spec);
    await fault.inject(at, given);
    const revision = (await deploymentIn(at, 'notebook'))?.metadata.resourceVersion;
    const data = await fault.inject(at, given);
    expect((await deploymentIn(at, 'notebook'))?.metadata.resourceVersion).toBe(revision);
    await fault.recover(at, data);
    expect(await deploymentIn(at, 'notebook')).toBeUndefined();
    expect(JSON.stringify((await deploymentIn(at, 'inference'))?.spec)).toBe(before);
    expect(at.vault.texts.size).toBe(0);
  });

  it('does not leave the workload scaled down where there is no device to take', async () => {
    const at = target(0);
    await expect(fault.inject(at, given)).rejects.toThrow('No node has a GPU left');
    expect((await deploymentIn(at, 'inference'))?.spec?.replicas).toBe(1);
    expect(at.vault.texts.size).toBe(0);
  });
});

describe('wrong-node', () => {
  const fault = findFault('wrong-node')!;

  it('takes away what kept the pods on their node, and gives it back', async () => {
    const at = target();
    const before = await deploymentIn(at, 'inference');
    const data = await fault.inject(at, {});
    const pods = (await deploymentIn(at, 'inference'))?.spec?.template.spec;
    expect(pods).not.toHaveProperty('nodeSelector');
    expect(pods).not.toHaveProperty('tolerations');
    expect(pods?.containers[0]?.resources).toEqual({ limits: { memory: '256Mi' }, requests: { cpu: '100m' } });
    await fault.recover(at, data);
    expect((await deploymentIn(at, 'inference'))?.spec).toEqual(before?.spec);
  });

  it('is live once pods without a device answer, and not while one still has it', async () => {
    const at = target();
    at.prober.answer = ({ body = '' }) => {
      const { messages } = JSON.parse(body) as { messages: { content: string }[] };
      return answered(200, { choices: [{ message: { content: messages[0]?.content.replace('Repeat exactly: ', '') } }] });
    };
    const data = await fault.inject(at, {});
    const status = { observedGeneration: 0, updatedReplicas: 1, replicas: 1 };
    const rolledOut: Deployment = { ...(await deploymentIn(at, 'inference'))!, status };
    at.objects.put(rolledOut);
    expect(await fault.prove(at, data)).toEqual({ live: false, reason: '1 pods behind the Service still hold a GPU.' });
    at.objects.put(onNode('cpu-1', podOf('inference-1-a', '10.0.0.1', { container: withoutGpu(serving) })));
    expect(await fault.prove(at, data)).toMatchObject({ live: true, seen: expect.stringContaining('answers from cpu-1') as string });
  });
});
