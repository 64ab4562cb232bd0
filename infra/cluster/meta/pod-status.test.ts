import { describe, expect, it } from 'vitest';
import { findCondition, isConditionTrue, withCondition, withoutCondition, type ConditionLike } from './condition.ts';
import type { Pod, PodSpec } from './generated/types.ts';
import type { KubeObject } from './kube-object.ts';
import { controllerOf, controllerReference, isControlledBy } from './owner-reference.ts';
import { isPodActive, isPodAvailable, podResources, qosClassOf } from './pod-status.ts';
import { fromYaml } from './testing/samples.ts';

const spec = (yaml: string): PodSpec => fromYaml<Pod>(`apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: ${yaml}`).spec!;

describe('what a pod asks for', () => {
  const requests = (cpu: string): string => `resources: {requests: {cpu: ${cpu}}}`;
  it.each([
    ['containers together', `{containers: [{name: a, image: i, ${requests('1')}}, {name: b, image: i, ${requests('500m')}}]}`, '1500m'],
    [
      'the largest init container',
      `{initContainers: [{name: x, image: i, ${requests('3')}}, {name: z, image: i, ${requests('2')}}], containers: [{name: a, image: i, ${requests('1')}}]}`,
      '3',
    ],
    [
      'sidecars beside containers',
      `{initContainers: [{name: x, image: i, restartPolicy: Always, ${requests('1')}}], containers: [{name: a, image: i, ${requests('1')}}]}`,
      '2',
    ],
    [
      'sidecars beside later init containers',
      `{initContainers: [{name: x, image: i, restartPolicy: Always, ${requests('1')}}, {name: z, image: i, ${requests('3')}}], containers: [{name: a, image: i, ${requests('1')}}]}`,
      '4',
    ],
    ['its overhead', `{overhead: {cpu: 250m}, containers: [{name: a, image: i, ${requests('1')}}]}`, '1250m'],
    ['its own resources', `{${requests('5')}, containers: [{name: a, image: i, ${requests('1')}}]}`, '5'],
  ])('%s', (_title, yaml, cpu) => {
    expect(podResources(spec(yaml), 'requests')['cpu']).toBe(cpu);
  });

  it('an overhead makes no limit', () => {
    expect(podResources(spec('{overhead: {cpu: 1}, containers: [{name: a, image: i}]}'), 'limits')).toEqual({});
  });
});

describe('quality of service', () => {
  it.each([
    ['{containers: [{name: a, image: i}]}', 'BestEffort'],
    ['{containers: [{name: a, image: i, resources: {limits: {nvidia.com/gpu: 1}}}]}', 'BestEffort'],
    ['{containers: [{name: a, image: i, resources: {requests: {cpu: 1}}}]}', 'Burstable'],
    ['{containers: [{name: a, image: i, resources: {limits: {memory: 1Gi}}}]}', 'Burstable'],
    ['{containers: [{name: a, image: i, resources: {limits: {cpu: 1, memory: 1Gi}}}]}', 'Guaranteed'],
    ['{containers: [{name: a, image: i, resources: {limits: {cpu: 1, memory: 1Gi}}}, {name: b, image: i}]}', 'Burstable'],
    ['{containers: [{name: a, image: i, resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}}]}', 'Burstable'],
  ])('%s is %s', (yaml, expected) => {
    expect(qosClassOf(spec(yaml))).toBe(expected);
  });
});

describe('pods', () => {
  const pod = (status: Pod['status'], deleted = false): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    ...(status && { status }),
  });

  it('count while they run and nobody deleted them', () => {
    expect(isPodActive(pod({ phase: 'Running' }))).toBe(true);
    expect(isPodActive(pod({ phase: 'Succeeded' }))).toBe(false);
    expect(isPodActive(pod({ phase: 'Running' }, true))).toBe(false);
  });

  it('are available once they were ready for long enough', () => {
    const ready = pod({ conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] });
    const at = (seconds: number): number => Date.UTC(2026, 0, 1, 0, 0, seconds);
    expect(isPodAvailable(ready, 0, at(0))).toBe(true);
    expect(isPodAvailable(ready, 10, at(9))).toBe(false);
    expect(isPodAvailable(ready, 10, at(10))).toBe(true);
    expect(isPodAvailable(pod({}), 0, at(0))).toBe(false);
  });
});

describe('conditions', () => {
  const old: ConditionLike[] = [{ type: 'Ready', status: 'False', lastTransitionTime: 'then' }];

  it('move their time only with their status', () => {
    expect(withCondition(old, { type: 'Ready', status: 'False', reason: 'x' }, 'now')).toEqual([
      { type: 'Ready', status: 'False', reason: 'x', lastTransitionTime: 'then' },
    ]);
    expect(withCondition(old, { type: 'Ready', status: 'True' }, 'now')).toEqual([
      { type: 'Ready', status: 'True', lastTransitionTime: 'now' },
    ]);
    expect(withCondition(undefined, { type: 'New', status: 'True' }, 'now')).toHaveLength(1);
    expect(old[0]?.status).toBe('False');
  });

  it('are found and taken away by type', () => {
    expect(findCondition(old, 'Ready')?.status).toBe('False');
    expect(isConditionTrue(old, 'Ready')).toBe(false);
    expect(isConditionTrue(undefined, 'Ready')).toBe(false);
    expect(withoutCondition(old, 'Ready')).toEqual([]);
  });
});

describe('ownership', () => {
  const owner: KubeObject = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'r', uid: 'u1' } };

  it('is by uid, not by name', () => {
    const child: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ownerReferences: [controllerReference(owner)] } };
    expect(isControlledBy(child, owner)).toBe(true);
    expect(isControlledBy(child, { ...owner, metadata: { name: 'r', uid: 'u2' } })).toBe(false);
    expect(controllerOf(child)?.name).toBe('r');
  });

  it('of somebody without a uid is none', () => {
    const nameless: KubeObject = { ...owner, metadata: { name: 'r' } };
    const child: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ownerReferences: [controllerReference(nameless)] } };
    expect(isControlledBy(child, nameless)).toBe(false);
  });
});
