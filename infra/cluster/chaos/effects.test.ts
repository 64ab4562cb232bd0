import { describe, expect, test } from 'vitest';
import type { HTTPChaos, NetworkChaosSpec, StressChaosSpec } from '../../chaos/chaos-types.ts';
import { planWireFaults } from '../kubelet/wire-faults.ts';
import { planDetours } from '../kubelet/plan-routes.ts';
import type { Pod } from '../meta/generated/types.ts';
import { newRecord } from './experiment-plan.ts';
import { checkRule } from './http-rules.ts';
import { planEffects, planFault } from './network-effects.ts';
import { pauseReference, planPause, planResume } from './pod-effects.ts';
import { planStress } from './stress-effects.ts';

const MIB = 2 ** 20;
const all = { selector: {}, mode: 'all' } as const;

describe('NetworkChaos', () => {
  test.each<[Partial<NetworkChaosSpec> & Pick<NetworkChaosSpec, 'action'>, object]>([
    [{ action: 'partition' }, { kind: 'partition' }],
    [
      { action: 'delay', delay: { latency: '1.5s', jitter: '20ms' } },
      { kind: 'latency', ms: 1_500, jitterMs: 20 },
    ],
    [
      { action: 'loss', loss: { loss: '25' } },
      { kind: 'loss', probability: 0.25 },
    ],
    [
      { action: 'bandwidth', bandwidth: { rate: '2mbps', limit: 1, buffer: 1 } },
      { kind: 'bandwidth', bytesPerSecond: 2 * MIB },
    ],
    [
      { action: 'rate', rate: { rate: '8 Kbps' } },
      { kind: 'bandwidth', bytesPerSecond: 8192 },
    ],
  ])('%j', (spec, effect) => {
    expect(planEffects({ ...all, ...spec })).toEqual(effect);
  });

  test.each<[Partial<NetworkChaosSpec> & Pick<NetworkChaosSpec, 'action'>, string]>([
    [{ action: 'partition', externalTargets: ['1.1.1.1'] }, 'externalTargets cannot be served'],
    [{ action: 'partition', direction: 'both' }, 'direction both needs a target'],
    [{ action: 'delay' }, 'spec.delay is required'],
    [{ action: 'delay', delay: { latency: 'late' } }, 'latency "late" is no duration'],
    [{ action: 'delay', delay: { latency: '1s', reorder: {} } }, 'reorder is not served'],
    [{ action: 'loss', loss: { loss: '101' } }, 'no percentage'],
    [{ action: 'bandwidth', bandwidth: { rate: 'fast', limit: 1, buffer: 1 } }, 'rate "fast" is none'],
    [{ action: 'corrupt', corrupt: {} }, 'action corrupt is not served'],
  ])('%j is refused', (spec, message) => {
    expect(() => planEffects({ ...all, ...spec })).toThrow(message);
  });

  test('is a fault between exactly the pods that are injected', () => {
    const spec: NetworkChaosSpec = { ...all, action: 'partition', direction: 'to', target: all };
    const records = [newRecord('ns/a', '.'), newRecord('ns/b', '.Target'), newRecord('ns/c', '.Target')];
    expect(planFault('u', spec, records)).toBeUndefined();
    const injected = records.map((record) => ({ ...record, phase: record.id === 'ns/c' ? record.phase : ('Injected' as const) }));
    const fault = planFault('u', spec, injected);
    const pods = ['a', 'b', 'c'].map((name, index): Pod => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'ns', uid: name },
      status: { podIP: `10.0.0.${index}` },
    }));
    expect([...planWireFaults([fault!], pods)]).toEqual([['a', [{ to: ['10.0.0.1'], effect: { kind: 'partition' } }]]]);
  });
});

describe('StressChaos', () => {
  test.each<[StressChaosSpec['stressors'], number | undefined, object]>([
    [{ memory: { workers: 2, size: '25%' } }, 400 * MIB, { memoryBytes: 100 * MIB, cpuWorkers: 0 }],
    [{ memory: { workers: 2 } }, 400 * MIB, { memoryBytes: 512 * MIB }],
    [
      { memory: { workers: 1, size: '64MB' }, cpu: { workers: 2, load: 30 } },
      undefined,
      { memoryBytes: 64 * MIB, cpuWorkers: 2, cpuLoad: 0.3 },
    ],
    [{ cpu: { workers: 1 } }, undefined, { memoryBytes: 0, cpuWorkers: 1, cpuLoad: 1 }],
  ])('%j of a limit of %s', (stressors, limit, order) => {
    expect(planStress({ ...all, ...(stressors === undefined ? {} : { stressors }) }, limit)).toMatchObject(order);
  });

  test.each<[Partial<StressChaosSpec>, number | undefined, string]>([
    [{}, undefined, 'neither memory nor cpu'],
    [{ stressngStressors: '--cpu 1' }, undefined, 'stressngStressors is not served'],
    [{ stressors: { memory: { workers: 1, size: '50%' } } }, undefined, 'it has none'],
    [{ stressors: { memory: { workers: 1, size: '2GB' } } }, undefined, 'are more than'],
    [{ stressors: { memory: { workers: 1, size: '2GB' } } }, 512 * MIB, 'are more than'],
    [{ stressors: { cpu: { workers: 400 } } }, undefined, 'cpu workers are more than 16'],
  ])('%j of a limit of %s is refused', (spec, limit, message) => {
    expect(() => planStress({ ...all, ...spec }, limit)).toThrow(message);
  });
});

describe('pod-failure', () => {
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', annotations: { mine: 'kept' } },
    spec: {
      containers: [
        { name: 'x', image: 'x:1' },
        { name: 'y', image: 'y:2' },
      ],
    },
  };

  test('replaces all images and puts them back', () => {
    const paused = planPause(pod, 'e1');
    expect(paused?.spec?.containers.map(({ image }) => image)).toEqual([pauseReference, pauseReference]);
    expect(planPause(paused!, 'e1')).toBeUndefined();
    expect(planResume(paused!, 'e1')).toEqual(pod);
    expect(planResume(pod, 'e1')).toBeUndefined();
  });

  test('leaves a pod that another experiment has paused to it', () => {
    const paused = planPause(pod, 'e1')!;
    expect(() => planPause(paused, 'e2')).toThrow('another experiment');
    expect(planResume(paused, 'e2')).toBeUndefined();
  });
});

test.each<[Partial<HTTPChaos['spec']>, string]>([
  [{ abort: true }, 'spec.port is required'],
  [{ port: 80 }, 'no action'],
  [{ port: 80, abort: true, tls: {} }, 'tls is not served'],
  [{ port: 80, delay: 'x' }, 'delay "x" is no duration'],
  [{ port: 80, replace: { code: 500 } }, 'codes are of responses'],
  [{ port: 80, target: 'Response', replace: { path: '/' } }, 'are of requests'],
  [{ port: 80, patch: { body: { type: 'JSON', value: '{' } } }, 'is no JSON'],
  [{ port: 80, patch: { headers: [['a']] } }, 'lists of pairs'],
])('HTTPChaos %j is refused', (spec, message) => {
  expect(() => checkRule({ ...all, target: 'Request', ...spec })).toThrow(message);
});

test('a detour takes the place of an endpoint, but not where a name is the pods’ own', () => {
  const ports = [
    {
      port: 80,
      protocol: 'TCP',
      endpoints: [
        { ip: '10.0.0.1', port: 8080 },
        { ip: '10.0.0.2', port: 8080 },
      ],
    },
  ] as const;
  const route = { namespace: 'ns', name: 'web', clusterIp: '10.96.0.1', ports };
  const headless = { ...route, clusterIp: 'None' };
  const [first, second] = planDetours([route, headless], new Map([['10.0.0.1:8080', { ip: '127.0.0.1', port: 9 }]]));
  expect(first?.ports[0]?.endpoints).toEqual([
    { ip: '127.0.0.1', port: 9 },
    { ip: '10.0.0.2', port: 8080 },
  ]);
  expect(second).toEqual(headless);
});
