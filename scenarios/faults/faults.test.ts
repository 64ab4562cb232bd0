import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import type { ConfigMap, Deployment, EndpointSlice, Node, Pod, ResourceQuota, Secret } from '../../infra/cluster/meta/generated/types.ts';
import {
  secretOf,
  answered,
  deploymentOf,
  endpoint,
  FakeProber,
  goodContainer,
  goodKey,
  podOf,
  sliceOf,
  testContext,
  unanswered,
  type TestContext,
} from '../../grader/testing/sandbox-fixtures.ts';
import { FakeProviders } from '../../grader/testing/fake-providers.ts';
import { createAuthority, issueCertificate } from '../../grader/certificates.ts';
import { FakeVault } from '../testing/fake-vault.ts';
import { undoOutsideNamespaces } from './changes.ts';
import { endpointFaultIds, findFault, inferenceFaultIds } from './fault-catalogue.ts';
import type { Fault, FaultTarget } from './fault.ts';
import { planStarvation } from './memory-exhausted.ts';

type Target = FaultTarget & TestContext & { readonly vault: FakeVault };

const echo = new FakeProber(({ body = '' }) => {
  const { messages } = JSON.parse(body) as { messages: { content: string }[] };
  return answered(200, { choices: [{ message: { content: messages[0]?.content.replace('Repeat exactly: ', '') } }] });
});
const silence = new FakeProber(() => unanswered('connect'));

async function target(prober = silence): Promise<Target> {
  const context = testContext({ prober });
  const { cert, key } = await createAuthority('lab');
  context.objects.put(secretOf('lab-authority', { 'ca.crt': cert, 'ca.key': key }, 'drillhouse-system'));
  const server = await issueCertificate({ cert, key }, { commonName: 'inference.atlas.svc', usage: 'server' });
  context.objects.put(secretOf('inference-tls', { 'tls.crt': server.cert, 'tls.key': server.key }));
  const metadata = { namespace: 'atlas' };
  context.objects.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, name: 'config-v1' },
    data: { 'config.yaml': config },
  } as ConfigMap);
  context.objects.put({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { ...metadata, name: 'budget' },
    spec: { hard: { 'limits.memory': '2Gi' } },
  } as ResourceQuota);
  context.objects.put({ ...sliceOf('10.96.0.10'), metadata: { name: 'kube-dns', namespace: 'kube-system' } });
  context.objects.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: { podCIDR: '10.0.0.0/24' } } as Node);
  context.objects.put(withVolumes(deploymentOf()));
  return { ...context, vault: new FakeVault(), providers: new FakeProviders() };
}

const config = 'served-model-name: support-assistant\nmax-model-len: 2048\n';

function withVolumes(deployment: Deployment): Deployment {
  const volumes = [
    { name: 'config', configMap: { name: 'config-v1' } },
    { name: 'tls', secret: { secretName: 'inference-tls' } },
  ];
  const { template } = deployment.spec!;
  return { ...deployment, spec: { ...deployment.spec!, template: { ...template, spec: { ...template.spec!, volumes } } } };
}

const parameters: Readonly<Record<string, object>> = {
  'bad-image': { image: 'registry.lab/inference:1.4.3' },
  'missing-secret': {},
  'memory-exhausted': { kvCache: '256Mi', fallbackLimit: '48Mi' },
  'context-overflow': { maxModelLen: 64 },
  'quota-hit': { memory: '64Mi' },
  'readiness-broken': { path: '/healthz' },
  'wrong-target-port': { targetPort: 8080 },
  'certificate-expired': { expiredForDays: 3 },
  'volume-missing': { suffix: 'v3' },
  'rollout-stuck': { deadlineSeconds: 5, zone: 'eu-west-9z' },
  'network-policy-too-tight': { name: 'default-deny' },
  'gpu-exhausted': { gpus: 2 },
  'probe-too-eager': { loadMs: 8_000 },
};

const deploymentIn = async ({ objects }: Target): Promise<Deployment> =>
  (await objects.find<Deployment>({ kind: 'Deployment', namespace: 'atlas', name: 'inference' }))!;
const containerIn = async (at: Target): Promise<NonNullable<NonNullable<Deployment['spec']>['template']['spec']>['containers'][number]> =>
  (await deploymentIn(at)).spec!.template.spec!.containers[0]!;
/** What counts of a state: not what the API writes into metadata. */
const essence = (at: Target): unknown =>
  at.objects
    .all()
    .filter(({ kind, metadata }) => metadata.namespace !== 'atlas' || !['Pod', 'EndpointSlice'].includes(kind))
    .map(({ kind, metadata, ...rest }) => ({ kind, name: metadata.name, annotations: metadata.annotations ?? {}, ...rest }));

const all: readonly (readonly [string, Fault])[] = [...endpointFaultIds, ...inferenceFaultIds].map((id) => [id, findFault(id)!]);

describe.each(all)('%s', (id, fault) => {
  it('leaves nothing behind when it is taken back', async () => {
    const at = await target();
    const before = essence(at);
    const data = await fault.inject(at, parameters[id] ?? {});
    const broken = essence(at);
    expect(broken).not.toEqual(before);
    // A server that was killed in the middle injects once more.
    await fault.inject(at, parameters[id] ?? {});
    expect(essence(at)).toEqual(broken);
    await fault.recover(at, JSON.parse(JSON.stringify(data)));
    expect(essence(at)).toEqual(expect.arrayContaining(before as unknown[]));
    expect(essence(at)).toHaveLength((before as unknown[]).length);
    expect(at.vault.texts.size).toBe(0);
  });

  it('leaves the namespace to a reset of it', async () => {
    const at = await target();
    await fault.inject(at, parameters[id] ?? {});
    const inNamespace = (): readonly KubeObject[] => at.objects.all().filter(({ metadata }) => metadata.namespace === 'atlas');
    const broken = inNamespace();
    await undoOutsideNamespaces(at, id);
    expect(inNamespace()).toEqual(broken);
    expect((await at.objects.find<Node>({ kind: 'Node', name: 'node-1' }))?.spec).toEqual({ podCIDR: '10.0.0.0/24' });
    const dns = await at.objects.find<EndpointSlice>({ kind: 'EndpointSlice', namespace: 'kube-system', name: 'kube-dns' });
    expect(dns?.endpoints?.map(({ conditions }) => conditions?.ready)).toEqual([true]);
    expect(at.vault.texts.size).toBe(0);
  });

  it('gives out nothing that is secret', async () => {
    const at = await target();
    const data = JSON.stringify(await fault.inject(at, parameters[id] ?? {}));
    expect(data).not.toContain(goodKey);
    expect(data).not.toContain(Buffer.from(goodKey).toString('base64'));
  });

  it('is not proven by a service that still answers', async () => {
    const at = await target(echo);
    const data = await fault.inject(at, parameters[id] ?? {});
    expect((await fault.prove(at, data)).live).toBe(false);
  });

  it('refuses parameters that it does not know, and a workload that is not there', async () => {
    expect(fault.parameters.safeParse({ ...parameters[id], more: 1 }).success).toBe(false);
    const at = await target();
    await at.objects.remove({ kind: 'Deployment', namespace: 'atlas', name: 'inference' });
    await expect(fault.inject(at, parameters[id] ?? {})).rejects.toThrow('no Deployment inference');
  });
});

describe('queue-collapse', () => {
  it('strikes a server behind the endpoint where a lab says so, and asks that one for its model', async () => {
    const full = new FakeProber(({ body = '' }) => answered(body === '' ? 200 : 429, { error: { message: 'the waiting queue is full' } }));
    const at = await target(full);
    const container = { ...goodContainer, name: 'house-model', args: ['--max-num-seqs=16'] };
    const deployment = deploymentOf(container);
    at.objects.put({ ...deployment, metadata: { ...deployment.metadata, name: 'house-model', uid: 'd-2' } });
    const before = essence(at);
    const given = { at: { deployment: 'house-model', service: 'house', port: 81, model: 'heron' } };
    const data: unknown = JSON.parse(JSON.stringify(await findFault('queue-collapse')!.inject(at, given)));
    const changed = await at.objects.find<Deployment>({ kind: 'Deployment', namespace: 'atlas', name: 'house-model' });
    expect(changed?.spec?.template.spec?.containers[0]?.args).toEqual(['--max-num-seqs=1', '--max-queued-requests=2']);
    expect((await containerIn(at)).args).toEqual(goodContainer.args);
    // Nothing is behind its Service yet; with an address there, that one is asked.
    expect(await findFault('queue-collapse')!.prove(at, data)).toMatchObject({ live: false });
    const slice = sliceOf('10.0.0.9');
    const labels = { ...slice.metadata.labels, 'kubernetes.io/service-name': 'house' };
    at.objects.put({ ...slice, metadata: { ...slice.metadata, name: 'house-x', labels } });
    at.objects.put({ ...changed!, status: { updatedReplicas: 1, replicas: 1 } } as Deployment);
    await findFault('queue-collapse')!.prove(at, data);
    expect(full.asked[0]).toMatchObject({
      url: 'http://house.atlas.svc:81/v1/chat/completions',
      body: expect.stringContaining('"heron"') as string,
    });
    await findFault('queue-collapse')!.recover(at, data);
    const recovered = await at.objects.find<Deployment>({ kind: 'Deployment', namespace: 'atlas', name: 'house-model' });
    at.objects.put({ ...recovered!, status: deployment.status! } as Deployment);
    await at.objects.remove({ kind: 'EndpointSlice', namespace: 'atlas', name: 'house-x' });
    expect(essence(at)).toEqual(before);
  });
});

/** The workload as it looks when the sign shows: nobody ready, nobody behind the Service. */
function sicken(at: Target, state: object, lastState: object = {}): void {
  const pod = podOf('inference-1-a', '10.0.0.1', { ready: false, state }) as Pod & { status: { containerStatuses: object[] } };
  pod.status.containerStatuses = [{ ...pod.status.containerStatuses[0], lastState }] as never;
  at.objects.put(pod);
  at.objects.put(sliceOf());
}

describe('proof that a fault is live', () => {
  it.each<[string, object, object]>([
    ['bad-image', { waiting: { reason: 'ImagePullBackOff' } }, {}],
    ['bad-image', { waiting: { reason: 'ErrImagePull' } }, {}],
    ['missing-secret', { waiting: { reason: 'CreateContainerConfigError' } }, {}],
    ['memory-exhausted', { waiting: { reason: 'CrashLoopBackOff' } }, { terminated: { reason: 'OOMKilled', exitCode: 137 } }],
    ['memory-exhausted', { terminated: { reason: 'OOMKilled', exitCode: 137 } }, {}],
  ])('%s: %j %j', async (id, state, lastState) => {
    const at = await target();
    const data = await findFault(id)!.inject(at, parameters[id]);
    sicken(at, state, lastState);
    expect(await findFault(id)!.prove(at, data)).toMatchObject({ live: true });
  });

  it.each(['rotated-secret', 'config-drift', 'wrong-model-name', 'context-overflow', 'wrong-target-port', 'certificate-expired'])(
    '%s: green pods and no answer',
    async (id) => {
      const at = await target();
      const data = await findFault(id)!.inject(at, parameters[id] ?? {});
      // What restarted comes up again: ready, behind the Service, and of no use.
      at.objects.put(podOf('inference-1-a', '10.0.0.1'));
      expect(await findFault(id)!.prove(at, data)).toMatchObject({
        live: true,
        seen: expect.stringContaining('1 pods are ready') as string,
      });
      at.objects.put(sliceOf());
      expect(await findFault(id)!.prove(at, data)).toMatchObject({ live: false });
    },
  );

  it.each<[string, string, boolean]>([
    ['gpu-exhausted', '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.', true],
    ['gpu-exhausted', '0/1 nodes are available: 1 Insufficient memory.', false],
    ['nodes-cordoned', '0/1 nodes are available: 1 node(s) were unschedulable.', true],
  ])('%s by the scheduler’s words: %s', async (id, message, live) => {
    const at = await target();
    const data = await findFault(id)!.inject(at, parameters[id] ?? {});
    const pod = podOf('inference-1-a', '10.0.0.1', { ready: false });
    pod.status = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] };
    at.objects.put(pod);
    at.objects.put(sliceOf());
    expect((await findFault(id)!.prove(at, data)).live).toBe(live);
  });

  it.each<[string, object, boolean]>([
    [
      'quota-hit',
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'pods "x" is forbidden: exceeded quota: budget' },
      true,
    ],
    [
      'quota-hit',
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'pods "x" is forbidden: no service account' },
      false,
    ],
    ['rollout-stuck', { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }, true],
    ['rollout-stuck', { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' }, false],
  ])('%s by the Deployment’s condition: %j', async (id, condition, live) => {
    const at = await target();
    const data = await findFault(id)!.inject(at, parameters[id] ?? {});
    at.objects.put({ ...(await deploymentIn(at)), status: { conditions: [condition] } } as Deployment);
    at.objects.put(sliceOf());
    expect((await findFault(id)!.prove(at, data)).live).toBe(live);
  });

  it('is not there while a pod of the old kind still serves', async () => {
    const at = await target();
    const data = await findFault('bad-image')!.inject(at, parameters['bad-image']);
    sicken(at, { waiting: { reason: 'ErrImagePull' } });
    at.objects.put(podOf('old', '10.0.0.9'));
    at.objects.put(sliceOf('10.0.0.9'));
    expect(await findFault('bad-image')!.prove(at, data)).toMatchObject({ live: false, reason: '1 pods are still behind the Service.' });
  });

  it('needs the sign itself, not any outage', async () => {
    const at = await target();
    const data = await findFault('memory-exhausted')!.inject(at, parameters['memory-exhausted']);
    sicken(at, { waiting: { reason: 'CrashLoopBackOff' } }, { terminated: { reason: 'Error', exitCode: 1 } });
    expect((await findFault('memory-exhausted')!.prove(at, data)).live).toBe(false);
  });

  it('is not there once the trainee made the Secret again', async () => {
    const at = await target();
    const data = await findFault('missing-secret')!.inject(at, {});
    sicken(at, { waiting: { reason: 'CreateContainerConfigError' } });
    at.objects.put(secretOf('inference-api-key', { 'api-key': 'new' }));
    expect(await findFault('missing-secret')!.prove(at, data)).toMatchObject({ live: false });
  });
});

describe('bad-image', () => {
  it('replaces all replicas at once, whatever the strategy was, and says so in the history', async () => {
    const at = await target();
    await findFault('bad-image')!.inject(at, parameters['bad-image']);
    const { spec, metadata } = await deploymentIn(at);
    expect((await containerIn(at)).image).toBe('registry.lab/inference:1.4.3');
    expect(spec?.strategy).toEqual({ type: 'Recreate' });
    expect(metadata.annotations).toEqual({ 'kubernetes.io/change-cause': 'release train: registry.lab/inference:1.4.3' });
    expect((await containerIn(at)).args).toEqual(goodContainer.args);
  });
});

describe('missing-secret', () => {
  it('takes the Secret that the workload refers to, by whatever name, and restarts the pods', async () => {
    const at = await target();
    at.objects.put(secretOf('other', { token: goodKey }));
    at.objects.put(
      deploymentOf({ ...goodContainer, env: [{ name: endpoint.key.env!, valueFrom: { secretKeyRef: { name: 'other', key: 'token' } } }] }),
    );
    await findFault('missing-secret')!.inject(at, {});
    expect(await at.objects.find({ kind: 'Secret', namespace: 'atlas', name: 'other' })).toBeUndefined();
    expect(await at.objects.find({ kind: 'Secret', namespace: 'atlas', name: 'inference-api-key' })).toBeDefined();
    expect(await at.objects.list('Pod')).toEqual([]);
  });

  it('can be injected twice without losing the copy', async () => {
    const at = await target();
    const fault = findFault('missing-secret')!;
    await fault.inject(at, {});
    const data = await fault.inject(at, {});
    await fault.recover(at, data);
    expect((await at.objects.find<Secret>({ kind: 'Secret', namespace: 'atlas', name: 'inference-api-key' }))?.data).toEqual({
      'api-key': Buffer.from(goodKey).toString('base64'),
    });
  });
});

describe('planStarvation', () => {
  it.each([
    [
      'adds the flag',
      { name: 'server', args: ['--config=/c'] },
      { name: 'server', args: ['--config=/c', '--kv-cache-memory-bytes=256Mi'] },
    ],
    ['adds it where there were none', { name: 'server' }, { name: 'server', args: ['--kv-cache-memory-bytes=256Mi'] }],
    [
      'replaces one that is there',
      { name: 'server', args: ['--kv-cache-memory-bytes=16Mi', '--seed', '1'] },
      { name: 'server', args: ['--seed', '1', '--kv-cache-memory-bytes=256Mi'] },
    ],
    [
      'also in two words',
      { name: 'server', args: ['--kv-cache-memory-bytes', '16Mi', '--seed', '1'] },
      { name: 'server', args: ['--seed', '1', '--kv-cache-memory-bytes=256Mi'] },
    ],
    [
      'lowers the limit where a shell holds the arguments',
      { name: 'server', command: ['/bin/sh', '-c'], args: ['exec node'] },
      { name: 'server', resources: { limits: { memory: '48Mi' }, requests: { memory: '48Mi' } } },
    ],
  ])('%s', (_, container, change) => {
    expect(planStarvation(container, '256Mi', '48Mi')).toEqual({ ...container, ...change });
  });
});
