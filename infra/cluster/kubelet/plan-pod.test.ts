import { expect, test } from 'vitest';
import type { Container, Pod, PodSpec } from '../meta/generated/types.ts';
import { planPod } from './plan-pod.ts';
import { emptyRecord, type ContainerRecord, type PodState } from './pod-state.ts';

const NOW = 1_000_000;

const pod = (spec: Partial<PodSpec> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'ns', uid: 'u' },
  spec: { restartPolicy: 'Always', containers: [{ name: 'main', image: 'i' }], ...spec },
});
const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'i', ...more });
const state = (containers: Record<string, ContainerRecord> = {}, more: Partial<PodState> = {}): PodState => ({
  sandboxIp: '10.0.0.1',
  containers: new Map(Object.entries(containers)),
  startedAtMs: 0,
  ...more,
});
const running = (more: Partial<ContainerRecord> = {}): ContainerRecord => ({
  run: { id: 'x', attempt: 0, image: 'i', imageId: '', state: { kind: 'running', startedAtMs: 0 } },
  isStarted: true,
  isReady: true,
  ...more,
});
const exited = (exitCode: number, agoMs = 0, more: Partial<ContainerRecord> = {}): ContainerRecord => ({
  run: {
    id: 'x',
    attempt: 0,
    image: 'i',
    imageId: '',
    state: { kind: 'exited', startedAtMs: 0, finishedAtMs: NOW - agoMs, exitCode, reason: '' },
  },
  isStarted: false,
  isReady: false,
  ...more,
});
const backoff = (delayMs: number, updatedAgoMs: number): Partial<ContainerRecord> => ({
  crashBackoff: { delayMs, updatedAtMs: NOW - updatedAgoMs },
});
const nothing = { needsSandbox: false, stop: [], start: [], backingOff: [], isFinished: false };
const over = { ...nothing, isFinished: true };

const init = [container('i1'), container('side', { restartPolicy: 'Always' }), container('i2')];

test.each<[string, Pod, PodState, object]>([
  ['a new pod', pod(), { containers: new Map(), startedAtMs: 0 }, { ...nothing, needsSandbox: true, start: ['main'] }],
  ['all runs', pod(), state({ main: running() }), nothing],
  ['a first crash', pod(), state({ main: exited(1) }), { ...nothing, start: ['main'] }],
  [
    'a second crash waits',
    pod(),
    state({ main: exited(1, 2_000, backoff(10_000, 4_000)) }),
    { ...nothing, backingOff: [{ name: 'main', delayMs: 10_000, untilMs: NOW + 8_000 }], wakeAtMs: NOW + 8_000 },
  ],
  ['its delay is over', pod(), state({ main: exited(1, 10_000, backoff(10_000, 12_000)) }), { ...nothing, start: ['main'] }],
  ['long health resets it', pod(), state({ main: exited(1, 0, backoff(300_000, 600_001)) }), { ...nothing, start: ['main'] }],
  ['Never and ended', pod({ restartPolicy: 'Never' }), state({ main: exited(1) }), over],
  ['OnFailure and succeeded', pod({ restartPolicy: 'OnFailure' }), state({ main: exited(0) }), over],
  ['OnFailure and failed', pod({ restartPolicy: 'OnFailure' }), state({ main: exited(1) }), { ...nothing, start: ['main'] }],
  [
    'Never, one of two still runs',
    pod({ restartPolicy: 'Never', containers: [container('main'), container('two')] }),
    state({ main: exited(0), two: running() }),
    nothing,
  ],
  [
    'condemned by a probe',
    pod(),
    state({ main: running({ stopRequest: { message: 'sick', graceSeconds: 3 } }) }),
    { ...nothing, stop: [{ name: 'main', message: 'sick', graceSeconds: 3 }] },
  ],
  [
    'another image',
    pod({ containers: [container('main', { image: 'other' })] }),
    state({ main: running() }),
    { ...nothing, stop: [{ name: 'main', message: 'Container main definition changed, will be restarted' }] },
  ],
  [
    'another image after the end, though nothing is restarted',
    pod({ restartPolicy: 'Never', containers: [container('main', { image: 'other' })] }),
    state({ main: exited(0) }),
    { ...nothing, start: ['main'] },
  ],
  ['waits for its configuration', pod(), state({ main: { ...emptyRecord, retryAtMs: NOW + 500 } }), { ...nothing, wakeAtMs: NOW + 500 }],
  ['waits for another image', pod(), state({ main: { ...emptyRecord, retryAtMs: Infinity } }), nothing],
  ['the first init container alone', pod({ initContainers: init }), state(), { ...nothing, start: ['i1'] }],
  ['while it runs nothing else', pod({ initContainers: init }), state({ i1: running() }), nothing],
  ['then the sidecar', pod({ initContainers: init }), state({ i1: exited(0) }), { ...nothing, start: ['side'] }],
  ['which must have started', pod({ initContainers: init }), state({ i1: exited(0), side: running({ isStarted: false }) }), nothing],
  ['before the next', pod({ initContainers: init }), state({ i1: exited(0), side: running() }), { ...nothing, start: ['i2'] }],
  [
    'and then the main ones',
    pod({ initContainers: init }),
    state({ i1: exited(0), side: running(), i2: exited(0) }),
    { ...nothing, start: ['main'] },
  ],
  [
    'a sidecar that ends is restarted beside them',
    pod({ initContainers: init }),
    state({ i1: exited(0), side: exited(1), i2: exited(0), main: running() }),
    { ...nothing, start: ['side'] },
  ],
  ['an init container that fails for good', pod({ restartPolicy: 'Never', initContainers: init }), state({ i1: exited(1) }), over],
  [
    'an init container is not run again',
    pod({ initContainers: init }),
    state({ i1: exited(1), side: running(), i2: exited(0), main: running() }),
    nothing,
  ],
  [
    'sidecars do not keep a pod',
    pod({ restartPolicy: 'Never', initContainers: init }),
    state({ i1: exited(0), side: running(), i2: exited(0), main: exited(0) }),
    over,
  ],
  [
    'ephemeral containers once',
    pod({ ephemeralContainers: [{ name: 'd', image: 'i' }] }),
    state({ main: running() }),
    { ...nothing, start: ['d'] },
  ],
  ['and never again', pod({ ephemeralContainers: [{ name: 'd', image: 'i' }] }), state({ main: running(), d: exited(1) }), nothing],
  ['refused', pod(), state({ main: running() }, { failure: { reason: 'Forbidden', message: '' } }), over],
])('%s', (_name, wanted, held, plan) => {
  expect(planPod(wanted, held, NOW)).toEqual(plan);
});
