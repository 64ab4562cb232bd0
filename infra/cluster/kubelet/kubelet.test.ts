import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources, subresource } from '../client/resources.ts';
import type { Node, Pod, Secret } from '../meta/generated/types.ts';
import { container, KubeletHarness } from './kubelet-harness.ts';

let h: KubeletHarness;

beforeEach(async () => {
  h = await KubeletHarness.start();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const isRunning = async (name: string): Promise<boolean> => (await h.status(name))?.state?.running !== undefined;

test('registers its node, ready and with its capacity', async () => {
  const node = await h.api.get<Node>(resources.nodes, 'node-1');
  expect(node.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'node-1', 'kubernetes.io/os': 'linux' });
  expect(node.status?.capacity).toMatchObject({ cpu: '2', memory: '4194304Ki', pods: '110' });
  expect(node.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
    'MemoryPressure=False',
    'DiskPressure=False',
    'PIDPressure=False',
    'Ready=True',
  ]);
  expect(await h.api.get(resources.leases, 'node-1', 'kube-node-lease')).toMatchObject({ spec: { holderIdentity: 'node-1' } });
});

test('a pod comes to run, with the status and the events of a real one', async () => {
  await h.createPod({ containers: [container('c')] });
  await h.until(() => isRunning('c'));
  const { status } = await h.pod();
  expect(status).toMatchObject({
    phase: 'Running',
    podIP: '10.64.0.1',
    podIPs: [{ ip: '10.64.0.1' }],
    hostIP: '192.0.2.2',
    qosClass: 'BestEffort',
    startTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
    containerStatuses: [
      {
        name: 'c',
        ready: true,
        started: true,
        restartCount: 0,
        image: 'base',
        lastState: {},
        state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
        user: { linux: { uid: 0, gid: 0, supplementalGroups: [0] } },
      },
    ],
  });
  expect(status?.containerStatuses?.[0]?.containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);
  expect(await h.conditions()).toEqual([
    'PodReadyToStartContainers=True',
    'Initialized=True',
    'Ready=True',
    'ContainersReady=True',
    'PodScheduled=True',
  ]);
  expect(await h.events()).toEqual([
    'Normal Pulled Container image "base" already present on machine and can be accessed by the pod',
    'Normal Created Container created',
    'Normal Started Container started',
  ]);
});

test('a missing image: ErrImagePull, then ImagePullBackOff, tried again after 10, 20, 40 s', async () => {
  await h.createPod({ containers: [container('c', { image: 'gone:1' })] });
  await h.until(async () => (await h.status('c'))?.state?.waiting?.reason === 'ErrImagePull');
  expect((await h.status('c'))?.state?.waiting?.message).toContain('gone:1: not found');
  await h.advance(500);
  expect((await h.status('c'))?.state?.waiting?.reason).toBe('ErrImagePull');
  expect(await h.events()).toContain('Normal BackOff Back-off pulling image "gone:1"');
  await h.advance(5_500);
  expect((await h.status('c'))?.state?.waiting).toEqual({
    reason: 'ImagePullBackOff',
    message: expect.stringMatching(/^Back-off pulling image "gone:1": ErrImagePull: failed to pull/) as string,
  });
  const pulls = (): number => h.runtime.calls.filter((call) => call === 'pull gone:1').length;
  expect(pulls()).toBe(1);
  await h.advance(4_000);
  expect(pulls()).toBe(2);
  await h.advance(19_000, 500);
  expect(pulls()).toBe(2);
  await h.advance(1_000);
  expect(pulls()).toBe(3);
  expect(await h.conditions()).toContain('Ready=False ContainersNotReady');
  expect((await h.pod()).status?.phase).toBe('Pending');
  h.runtime.images.add('gone:1');
  await h.advance(40_000, 1_000);
  await h.until(() => isRunning('c'));
  expect(await h.events()).toContain(
    'Normal Pulled Successfully pulled image "gone:1" in 120ms (120ms including waiting). Image size: 1000 bytes.',
  );
});

test('another image is pulled at once, whatever back-off the old one was in', async () => {
  const pod = await h.createPod({ containers: [container('c', { image: 'gone:1' })] });
  await h.until(async () => (await h.status('c'))?.state?.waiting?.reason === 'ErrImagePull');
  await h.advance(5_000);
  const held = await h.pod();
  await h.api.update<Pod>(resources.pods, { ...held, spec: { ...pod.spec!, containers: [container('c', { image: 'base' })] } });
  await h.until(() => isRunning('c'));
});

test('an image name that is none', async () => {
  await h.createPod({ containers: [container('c', { image: 'Upper:1' })] });
  await h.until(async () => (await h.status('c'))?.state?.waiting?.reason === 'InvalidImageName');
  expect((await h.status('c'))?.state?.waiting?.message).toBe(
    `Failed to apply default image tag "Upper:1": couldn't parse image name "Upper:1": invalid reference format: repository name must be lowercase`,
  );
});

test('an image that must not be pulled', async () => {
  await h.createPod({ containers: [container('c', { image: 'gone:1', imagePullPolicy: 'Never' })] });
  await h.until(async () => (await h.status('c'))?.state?.waiting?.reason === 'ErrImageNeverPull');
  expect(h.runtime.calls).not.toContain('pull gone:1');
});

test('a missing Secret, a missing key, then the repair, without touching the pod', async () => {
  await h.createPod({ containers: [container('c', { env: [{ name: 'K', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] })] });
  await h.until(async () => (await h.status('c'))?.state?.waiting?.reason === 'CreateContainerConfigError');
  expect((await h.status('c'))?.state?.waiting?.message).toBe('secret "s" not found');
  expect(await h.events()).toContain('Warning Failed Error: secret "s" not found');
  const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'ns' }, data: { wrong: 'MQ==' } };
  const made = await h.api.create<Secret>(resources.secrets, secret);
  await h.advance(1_900);
  expect((await h.status('c'))?.state?.waiting?.message).toBe('secret "s" not found');
  await h.advance(100);
  expect((await h.status('c'))?.state?.waiting?.message).toBe("couldn't find key k in Secret ns/s");
  await h.api.update<Secret>(resources.secrets, { ...made, data: { k: Buffer.from('v').toString('base64') } });
  await h.advance(2_000);
  await h.until(() => isRunning('c'));
  expect(h.runtime.specs.at(-1)?.env).toContainEqual({ name: 'K', value: 'v' });
  expect((await h.status('c'))?.restartCount).toBe(0);
});

test('crash back-off over hours: 10 s doubling to 300 s, reset after ten minutes of health', async () => {
  const starts = (): number => h.runtime.calls.filter((call) => call.startsWith('start ')).length;
  const crashAfter = async (healthMs: number): Promise<void> => {
    await h.until(() => isRunning('c'));
    await h.advance(healthMs);
    h.runtime.crash('c', 3);
    await h.until(async () => (await h.status('c'))?.state?.running === undefined || (await h.status('c'))?.restartCount === starts() - 1);
  };
  await h.createPod({ containers: [container('c')] });
  await crashAfter(1_000);
  // The first restart is immediate.
  await h.until(() => starts() === 2);
  for (const delayMs of [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
    await crashAfter(1_000);
    const before = starts();
    await h.advance(1_000);
    expect((await h.status('c'))?.state?.waiting?.reason).toBe('CrashLoopBackOff');
    await h.advance(delayMs - 1_001);
    expect(starts(), `restarted before ${delayMs} ms were over`).toBe(before);
    await h.advance(1);
    await h.until(() => starts() === before + 1, `restart after ${delayMs} ms`);
  }
  await crashAfter(0);
  await h.advance(1_000);
  expect((await h.status('c'))?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
  expect((await h.status('c'))?.state?.waiting).toEqual({
    reason: 'CrashLoopBackOff',
    message: expect.stringMatching(/^back-off 5m0s restarting failed container=c pod=p_ns\([0-9a-f-]{36}\)$/) as string,
  });
  expect((await h.events()).find((event) => event.startsWith('Warning BackOff'))).toMatch(
    /^Warning BackOff Back-off restarting failed container c in pod p_ns\(.+\) x\d+$/,
  );
  await h.advance(300_000);
  const before = starts();
  await crashAfter(601_000);
  await h.until(() => starts() === before + 1, 'immediate restart after health');
  await crashAfter(1_000);
  await h.advance(9_000);
  expect(starts()).toBe(before + 1);
  await h.advance(1_000);
  await h.until(() => starts() === before + 2, 'restart after the first delay again');
});

test('a crash shows as terminated first, and as CrashLoopBackOff while it waits', async () => {
  await h.createPod({ containers: [container('c')] });
  await h.until(() => isRunning('c'));
  h.runtime.crash('c', 1);
  await h.until(async () => (await h.status('c'))?.restartCount === 1);
  h.runtime.crash('c', 137, true);
  await h.until(async () => (await h.status('c'))?.state?.terminated !== undefined);
  expect((await h.status('c'))?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  expect((await h.status('c'))?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
  expect((await h.pod()).status?.phase).toBe('Running');
  await h.advance(1_000);
  expect((await h.status('c'))?.state?.waiting?.reason).toBe('CrashLoopBackOff');
  expect((await h.status('c'))?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
});

test.each([
  ['Never', 0, 'Succeeded', 'Completed', 'PodCompleted'],
  ['Never', 7, 'Failed', 'Error', 'PodFailed'],
  ['OnFailure', 0, 'Succeeded', 'Completed', 'PodCompleted'],
])('restartPolicy %s and exit code %i: %s', async (restartPolicy, exitCode, phase, reason, readyReason) => {
  h.runtime.behaviour = () => ({ exitAfterMs: 100, exitCode });
  await h.createPod({ restartPolicy, containers: [container('c')] });
  await h.until(() => isRunning('c'));
  await h.advance(100);
  await h.until(async () => (await h.pod()).status?.phase === phase);
  expect((await h.status('c'))?.state?.terminated).toMatchObject({ exitCode, reason });
  expect(await h.conditions()).toContain(`Ready=False ${readyReason}`);
  await h.advance(60_000);
  expect(h.runtime.calls.filter((call) => call.startsWith('start ')).length).toBe(1);
});

test('a command that is not in the image: StartError, 128', async () => {
  h.runtime.behaviour = () => ({ startError: 'exec: "/no/such": no such file or directory' });
  await h.createPod({ restartPolicy: 'Never', containers: [container('c')] });
  await h.until(async () => (await h.pod()).status?.phase === 'Failed');
  expect((await h.status('c'))?.state?.terminated).toMatchObject({
    exitCode: 128,
    reason: 'StartError',
    startedAt: '1970-01-01T00:00:00Z',
  });
  expect(await h.events()).toContain('Warning Failed Error: exec: "/no/such": no such file or directory');
});

test('init containers run one after another, a sidecar beside what follows', async () => {
  h.runtime.behaviour = ({ name }) => (name.startsWith('init') ? { exitAfterMs: 1_000 } : {});
  await h.createPod({
    initContainers: [container('init1'), container('side', { restartPolicy: 'Always' }), container('init2')],
    containers: [container('main')],
  });
  await h.until(() => h.runtime.running().includes('init1#0'));
  expect(await h.conditions()).toContain('Initialized=False ContainersNotInitialized');
  expect((await h.status('main'))?.state?.waiting?.reason).toBe('PodInitializing');
  await h.advance(1_000);
  await h.until(() => h.runtime.running().includes('init2#0'));
  expect(h.runtime.running()).toEqual(['side#0', 'init2#0']);
  await h.advance(1_000);
  await h.until(() => isRunning('main'));
  expect(await h.conditions()).toEqual(expect.arrayContaining(['Initialized=True', 'Ready=True']));
  expect((await h.pod()).status?.initContainerStatuses?.map(({ name, ready, started }) => [name, ready, started])).toEqual([
    ['init1', true, false],
    ['side', true, true],
    ['init2', true, false],
  ]);
});

test('a failing init container is retried, and fails the pod where nothing is restarted', async () => {
  h.runtime.behaviour = ({ name }) => (name === 'i' ? { exitAfterMs: 10, exitCode: 1 } : {});
  await h.createPod({ initContainers: [container('i')], containers: [container('c')] });
  await h.until(() => isRunning('i'));
  await h.advance(2_000, 10);
  expect((await h.status('i'))?.state?.waiting?.reason).toBe('CrashLoopBackOff');
  expect((await h.pod()).status?.phase).toBe('Pending');
  await h.createPod({ restartPolicy: 'Never', initContainers: [container('i')], containers: [container('c')] }, 'q');
  await h.until(async () => (await h.status('i', 'q'))?.state?.running !== undefined);
  await h.advance(10);
  await h.until(async () => (await h.pod('q')).status?.phase === 'Failed');
});

test('when the main containers are done the sidecars are ended', async () => {
  h.runtime.behaviour = ({ name }) => (name === 'main' ? { exitAfterMs: 1_000 } : {});
  await h.createPod({
    restartPolicy: 'Never',
    initContainers: [container('side', { restartPolicy: 'Always' })],
    containers: [container('main')],
  });
  await h.until(() => isRunning('main'));
  await h.advance(1_000);
  await h.until(async () => (await h.pod()).status?.phase === 'Succeeded');
  expect(h.runtime.running()).toEqual([]);
});

test('graceful deletion: preStop, SIGTERM, then the object goes', async () => {
  await h.createPod({
    terminationGracePeriodSeconds: 30,
    containers: [container('c', { lifecycle: { preStop: { exec: { command: ['bye'] } } } })],
  });
  await h.until(() => isRunning('c'));
  await h.api.delete(resources.pods, 'p', 'ns');
  await h.until(async () => (await h.api.list<Pod>(resources.pods)).items.length === 0);
  expect(h.runtime.calls.slice(-3)).toEqual(['exec c#0 bye', 'stop c#0 SIGTERM 30s', 'remove-sandbox p']);
  expect(await h.events()).toContain('Normal Killing Stopping container c');
});

test('a container that ignores SIGTERM is killed when its grace is over, or sooner when somebody asks again', async () => {
  h.runtime.behaviour = () => ({ stopsAfterMs: Infinity });
  await h.createPod({ terminationGracePeriodSeconds: 30, containers: [container('c')] });
  await h.until(() => isRunning('c'));
  await h.api.delete(resources.pods, 'p', 'ns');
  await h.until(() => h.runtime.calls.includes('stop c#0 SIGTERM 30s'));
  await h.advance(10_000);
  expect(h.runtime.running()).toEqual(['c#0']);
  await h.api.delete(resources.pods, 'p', 'ns', { gracePeriodSeconds: 1 });
  await h.until(() => h.runtime.calls.includes('stop c#0 SIGTERM 1s'));
  await h.advance(1_000);
  await h.until(async () => (await h.api.list<Pod>(resources.pods)).items.length === 0);
});

test('deletion interrupts a pull', async () => {
  let isAborted = false;
  h.runtime.pullImage = (_reference: string, signal?: AbortSignal) =>
    new Promise((resolve) => {
      signal?.addEventListener('abort', () => {
        isAborted = true;
        resolve({ kind: 'failed', reason: 'Unreachable', message: 'canceled' });
      });
    });
  await h.createPod({ containers: [container('c', { image: 'slow:1' })] });
  await h.until(async () => (await h.events()).includes('Normal Pulling Pulling image "slow:1"'));
  await h.api.delete(resources.pods, 'p', 'ns');
  await h.until(async () => (await h.api.list<Pod>(resources.pods)).items.length === 0);
  expect(isAborted).toBe(true);
});

test('a force-deleted pod is stopped and its volumes removed, though the API has forgotten it', async () => {
  await h.createPod({ containers: [container('c')] });
  await h.until(() => isRunning('c'));
  await h.api.delete(resources.pods, 'p', 'ns', { gracePeriodSeconds: 0 });
  await h.until(() => h.runtime.calls.includes('remove-sandbox p'));
  expect(h.runtime.running()).toEqual([]);
});

test('liveness: a container that fails its probe is restarted', async () => {
  h.runtime.behaviour = () => ({ exec: () => ({ exitCode: 1, stdout: 'sick' }) });
  await h.createPod({
    terminationGracePeriodSeconds: 1,
    containers: [container('c', { livenessProbe: { exec: { command: ['x'] }, periodSeconds: 1, failureThreshold: 2 } })],
  });
  await h.until(() => isRunning('c'));
  await h.advance(2_000, 100);
  await h.until(async () => (await h.status('c'))?.restartCount === 1);
  expect(await h.events()).toEqual(
    expect.arrayContaining([
      'Warning Unhealthy Liveness probe failed: sick x2',
      'Normal Killing Container c failed liveness probe, will be restarted',
    ]),
  );
});

test('readiness: not ready until the probe passes, and not any more when it fails', async () => {
  let isReady = false;
  h.runtime.behaviour = () => ({ exec: () => ({ exitCode: isReady ? 0 : 1, stdout: 'no' }) });
  await h.createPod({
    containers: [container('c', { readinessProbe: { exec: { command: ['x'] }, periodSeconds: 1, failureThreshold: 2 } })],
  });
  await h.until(() => isRunning('c'));
  expect((await h.status('c'))?.ready).toBe(false);
  expect(await h.conditions()).toContain('Ready=False ContainersNotReady');
  await h.advance(1_500, 100);
  expect(await h.events()).toContain('Warning Unhealthy Readiness probe failed: no');
  isReady = true;
  await h.advance(1_000, 100);
  await h.until(async () => (await h.status('c'))?.ready === true);
  isReady = false;
  await h.advance(1_000, 100);
  expect((await h.status('c'))?.ready).toBe(true);
  await h.advance(1_500, 100);
  await h.until(async () => (await h.status('c'))?.ready === false);
  expect((await h.status('c'))?.restartCount).toBe(0);
});

test('startup: nothing else is probed before it has passed, and failing it restarts', async () => {
  let answers = 0;
  h.runtime.behaviour = () => ({ exec: ([which]) => ({ exitCode: which === 'start' && (answers += 1) < 3 ? 1 : 0 }) });
  await h.createPod({
    containers: [
      container('c', {
        startupProbe: { exec: { command: ['start'] }, periodSeconds: 1, failureThreshold: 30 },
        readinessProbe: { exec: { command: ['ready'] }, periodSeconds: 1 },
      }),
    ],
  });
  await h.until(() => isRunning('c'));
  await h.advance(300, 50);
  expect((await h.status('c'))?.started).toBe(false);
  expect(h.runtime.calls).not.toContain('exec c#0 ready');
  await h.advance(3_000, 100);
  await h.until(async () => (await h.status('c'))?.ready === true);
  expect((await h.status('c'))?.started).toBe(true);
});

test('what would reach the host is refused, and told', async () => {
  await h.createPod({
    hostNetwork: true,
    volumes: [{ name: 'host', hostPath: { path: '/' } }],
    containers: [container('c', { securityContext: { privileged: true } })],
  });
  await h.until(async () => (await h.pod()).status?.phase === 'Failed');
  expect((await h.pod()).status).toMatchObject({
    reason: 'Forbidden',
    message: 'this sandbox does not run pods with access to its host: hostNetwork, hostPath volume "host", privileged container "c"',
  });
  expect(h.runtime.calls.filter((call) => call.startsWith('sandbox') || call.startsWith('create'))).toEqual([]);
});

test('a pod on a device that only the node’s status has is rejected, and the status put right', async () => {
  const gpus = [{ name: 'node-1', cpuMilli: 2000, memoryBytes: 4 * 1024 ** 3, maxPods: 110, extendedResources: { 'nvidia.com/gpu': 1 } }];
  await h.stopKubelet();
  await h.startKubelet(gpus);
  const resource = { limits: { 'nvidia.com/gpu': '1' }, requests: { 'nvidia.com/gpu': '1' } };
  await h.createPod({ containers: [container('c', { resources: resource })] });
  await h.until(() => isRunning('c'));
  const node = await h.api.get<Node>(resources.nodes, 'node-1');
  const claimed = { ...node.status?.capacity, 'nvidia.com/gpu': '4', 'example.com/dongle': '2' };
  await h.api.update<Node>(subresource(resources.nodes, 'status'), {
    ...node,
    status: { ...node.status, capacity: claimed, allocatable: claimed },
  });

  await h.createPod({ containers: [container('d', { resources: resource })] }, 'second');
  await h.until(async () => (await h.pod('second')).status?.phase === 'Failed');
  const shortage =
    'Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected';
  expect((await h.pod('second')).status).toMatchObject({ reason: 'UnexpectedAdmissionError', message: `Pod was rejected: ${shortage}` });
  expect(await h.events()).toContain(`Warning UnexpectedAdmissionError ${shortage}`);
  const amounts = async (): Promise<Node['status']> => (await h.api.get<Node>(resources.nodes, 'node-1')).status;
  await h.until(async () => (await amounts())?.allocatable?.['nvidia.com/gpu'] === '1');
  expect((await amounts())?.capacity).toMatchObject({ 'nvidia.com/gpu': '1', 'example.com/dongle': '2' });

  // One that starts anew counts what runs before what comes, in whatever order it learns of them.
  await h.stopKubelet();
  await h.createPod({ containers: [container('e', { resources: resource })] }, 'a-third');
  await h.startKubelet(gpus);
  await h.until(async () => (await h.pod('a-third')).status?.phase === 'Failed');
  expect((await h.pod()).status?.phase).toBe('Running');

  await h.api.delete(resources.pods, 'p', 'ns', { gracePeriodSeconds: 0 });
  await h.createPod({ containers: [container('f', { resources: resource })] }, 'fourth');
  await h.until(async () => (await h.status('f', 'fourth'))?.state?.running !== undefined);
});

test('activeDeadlineSeconds ends the pod', async () => {
  await h.createPod({ activeDeadlineSeconds: 60, containers: [container('c')] });
  await h.until(() => isRunning('c'));
  await h.advance(60_000);
  await h.until(async () => (await h.pod()).status?.phase === 'Failed');
  expect((await h.pod()).status?.reason).toBe('DeadlineExceeded');
  expect(h.runtime.running()).toEqual([]);
});

test('a restarted kubelet adopts what runs and restarts nothing', async () => {
  await h.createPod({ containers: [container('c')] });
  await h.until(() => isRunning('c'));
  h.runtime.crash('c', 1);
  await h.until(async () => (await h.status('c'))?.restartCount === 1);
  const before = await h.pod();
  await h.stopKubelet();
  const calls = h.runtime.calls.length;
  await h.startKubelet();
  await h.settle();
  await h.settle();
  expect(h.runtime.calls.slice(calls)).toEqual([]);
  expect((await h.pod()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  h.runtime.crash('c', 2);
  await h.until(
    async () => (await h.status('c'))?.lastState?.terminated?.exitCode === 2 || (await h.status('c'))?.state?.terminated?.exitCode === 2,
  );
});

test('a container that ended while no kubelet was there is found ended; an unknown pod is removed', async () => {
  await h.createPod({ restartPolicy: 'Never', containers: [container('c')] });
  await h.until(() => isRunning('c'));
  await h.stopKubelet();
  h.runtime.crash('c', 4);
  await h.runtime.runPodSandbox({
    podUid: 'orphan',
    namespace: 'ns',
    name: 'orphan',
    hostname: 'o',
    dnsSearchNamespace: 'ns',
    labels: {},
    shareProcessNamespace: false,
    hostAliases: [],
  });
  await h.startKubelet();
  await h.until(async () => (await h.pod()).status?.phase === 'Failed');
  expect((await h.status('c'))?.state?.terminated?.exitCode).toBe(4);
  expect(h.runtime.calls).toContain('remove-sandbox orphan');
});

test('while the engine is away the node is not ready and pods stay as they are; when it is back they go on', async () => {
  await h.createPod({ containers: [container('c')] });
  await h.until(() => isRunning('c'));
  const before = (await h.pod()).status;
  h.runtime.emit({ kind: 'runtime-lost', reason: 'connection refused' });
  await h.until(async () => (await h.api.get<Node>(resources.nodes, 'node-1')).status?.conditions?.at(-1)?.status === 'False');
  expect((await h.api.get<Node>(resources.nodes, 'node-1')).status?.conditions?.at(-1)?.message).toBe(
    'container runtime is down: connection refused',
  );
  h.runtime.crash('c', 9);
  await h.settle();
  expect((await h.pod()).status).toEqual(before);
  h.runtime.emit({ kind: 'runtime-back' });
  await h.until(async () => (await h.status('c'))?.restartCount === 1);
  expect((await h.status('c'))?.lastState?.terminated?.exitCode).toBe(9);
});

test('an ephemeral container starts beside the others and is not restarted', async () => {
  const pod = await h.createPod({ containers: [container('c')] });
  await h.until(() => isRunning('c'));
  const held = await h.pod();
  const spec = { ...pod.spec!, ephemeralContainers: [{ name: 'debug', image: 'base', targetContainerName: 'c' }] };
  await h.api.update<Pod>(resources.pods, { ...held, spec });
  await h.until(() => isRunning('debug'));
  expect(await h.status('debug')).toMatchObject({ ready: false });
  expect(await h.status('debug')).not.toHaveProperty('started');
  h.runtime.crash('debug', 0);
  await h.until(async () => (await h.status('debug'))?.state?.terminated !== undefined);
  await h.advance(30_000, 10_000);
  expect(h.runtime.running()).toEqual(['c#0']);
  expect((await h.pod()).status?.phase).toBe('Running');
});
