import { describe, expect, it } from 'vitest';
import type { Pod } from '../../infra/cluster/meta/generated/types.ts';
import { checkOf, deploymentOf, goodContainer, goodKey, podOf, testContext, type TestContext } from '../testing/sandbox-fixtures.ts';
import { startWorkloadCheck, type WorkloadCheck } from './workload-check.ts';

const check = (demand: object): WorkloadCheck => checkOf('w', { kind: 'workload', demand }) as WorkloadCheck;
const replicas = check({ of: 'replicas' });

function restarted({ objects }: TestContext, restartCount: number): void {
  const pod = podOf('inference-1-a', '10.0.0.1') as Pod & { status: { containerStatuses: object[] } };
  pod.status.containerStatuses = pod.status.containerStatuses.map((status) => ({ ...status, restartCount }));
  objects.put(pod);
}

describe('replicas that are watched', () => {
  it('are steady while nothing happens to them', async () => {
    const context = testContext();
    const sample = startWorkloadCheck(replicas, context);
    for (let look = 0; look < 3; look += 1) expect((await sample()).kind).toBe('pass');
  });

  it('are not while they are restarted, even if every look finds them up', async () => {
    const context = testContext();
    restarted(context, 4);
    const sample = startWorkloadCheck(replicas, context);
    expect((await sample()).kind).toBe('pass');
    restarted(context, 5);
    expect(await sample()).toMatchObject({ kind: 'fail', reason: 'A replica was restarted or replaced while it was watched.' });
    expect((await sample()).kind).toBe('pass');
  });

  it('are steady while one of an earlier rollout takes its time to end', async () => {
    const context = testContext();
    const old = podOf('old', '10.0.0.9');
    context.objects.put({ ...old, metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    const sample = startWorkloadCheck(replicas, context);
    expect((await sample()).kind).toBe('pass');
    await context.objects.remove({ kind: 'Pod', namespace: 'atlas', name: 'old' });
    expect((await sample()).kind).toBe('pass');
  });

  it('nor while they are replaced', async () => {
    const context = testContext();
    const sample = startWorkloadCheck(replicas, context);
    await sample();
    await context.objects.remove({ kind: 'Pod', namespace: 'atlas', name: 'inference-1-a' });
    context.objects.put(podOf('inference-1-b', '10.0.0.1'));
    expect((await sample()).kind).toBe('fail');
  });
});

it('judges other demands by each look alone', async () => {
  const context = testContext();
  const sample = startWorkloadCheck(check({ of: 'serving', images: ['registry.lab/inference:1.4.2'] }), context);
  await sample();
  restarted(context, 9);
  expect((await sample()).kind).toBe('pass');
});

it('keeps what was seen, and the baseline, but no key', async () => {
  const context = testContext();
  context.objects.put(deploymentOf({ ...goodContainer, env: [{ name: 'VLLM_API_KEY', value: goodKey }] }));
  const baseline = { replicas: 1, containers: [{ name: 'server', image: 'i', limits: {} }] };
  const verdict = await startWorkloadCheck(check({ of: 'key' }), { ...context, baseline })();
  expect(verdict.evidence.map(({ kind }) => kind)).toEqual(['object', 'baseline']);
  expect(verdict).toMatchObject({ kind: 'fail' });
  expect(JSON.stringify(verdict)).not.toContain(goodKey);
});
