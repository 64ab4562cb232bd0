import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../infra/cluster/meta/generated/types.ts';
import { checkOf, goodContainer, podOf, sliceOf, testContext } from '../testing/sandbox-fixtures.ts';
import { runPlacementCheck, type PlacementCheck } from './placement-check.ts';

const wanted = { kind: 'placement', node: { metadata: { labels: { pool: 'gpu' } } }, gpus: { atLeast: 1, atMost: 1 } };
const check = checkOf('p', wanted) as PlacementCheck;
const nodeOf = (name: string, pool: string): Node => ({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { pool } } });

function placedPod(nodeName: string, gpus: number, name = 'inference-1-a', ip = '10.0.0.1'): Pod {
  const limits = gpus === 0 ? {} : { 'nvidia.com/gpu': String(gpus) };
  const pod = podOf(name, ip, { container: { ...goodContainer, resources: { limits } } });
  return { ...pod, spec: { ...pod.spec!, nodeName } };
}

async function look(...pods: readonly Pod[]): ReturnType<typeof runPlacementCheck> {
  const context = testContext();
  for (const object of [nodeOf('gpu-1', 'gpu'), nodeOf('cpu-1', 'cpu'), ...pods]) context.objects.put(object);
  context.objects.put(sliceOf(...pods.map(({ status }) => status?.podIP ?? '')));
  return runPlacementCheck(check, context);
}

describe('a placement check', () => {
  it('passes where every pod behind the Service is on a node of the kind and holds its devices', async () => {
    expect(await look(placedPod('gpu-1', 1), placedPod('gpu-1', 1, 'inference-1-b', '10.0.0.2'))).toMatchObject({ kind: 'pass' });
  });

  it.each<[string, readonly Pod[], RegExp]>([
    [
      'another kind of node',
      [placedPod('gpu-1', 1), placedPod('cpu-1', 1, 'inference-1-b', '10.0.0.2')],
      /inference-1-b runs on the node cpu-1, where metadata\.labels\.pool/,
    ],
    ['the right node by luck, without a device', [placedPod('gpu-1', 0)], /granted 0 GPUs and should have 1/],
    ['more devices than it needs', [placedPod('gpu-1', 2)], /holds 2 GPUs; 1 is the most/],
    ['a node that nobody knows', [placedPod('gone-1', 1)], /on no node that is known/],
    ['nobody behind the Service', [], /No pod of the Deployment inference stands behind/],
  ])('fails for %s', async (_, pods, words) => {
    expect(await look(...pods)).toMatchObject({ kind: 'fail', reason: expect.stringMatching(words) as string });
  });
});
