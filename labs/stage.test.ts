import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, Pod } from '../infra/cluster/meta/generated/types.ts';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { ManualClock } from '../infra/cluster/meta/manual-clock.ts';
import { systemNamespace } from '../infra/substrate/system-namespace.ts';
import type { PodCommand } from '../grader/pod-exec.ts';
import { answer } from '../infra/images/inference/answer.ts';
import type { ProbeRequest, ProbeResult } from '../infra/images/prober/protocol.ts';
import type { CheckResult } from '../grader/verdict.ts';
import { whileTimePasses } from '../grader/testing/pass-time.ts';
import { FakeObjects } from '../grader/testing/fake-objects.ts';
import { answered, FakeProber, unanswered } from '../grader/testing/sandbox-fixtures.ts';
import { ownLabsDir, parseLab } from './catalogue.ts';
import { readLabFiles } from './lab-files.ts';
import type { StageProgress } from './lab-stage.ts';
import { planLabVariant, type Lab } from './lab.ts';
import { FakeProviders } from '../grader/testing/fake-providers.ts';
import { SandboxVault } from './sandbox-vault.ts';
import { createStage, type ProvableStage } from './stage.ts';

let lab: Lab;
beforeAll(async () => {
  lab = parseLab('endpoint', await readLabFiles(path.join(ownLabsDir, 'endpoint'))).lab!;
});

/** Objects that have a kubelet: pods run as soon as they are there, a Deployment has its pods, a Service its endpoints. */
class RunningObjects extends FakeObjects {
  /** Off: pods of the workload never get ready. */
  healthy = true;

  override put(object: KubeObject): void {
    super.put(object.kind === 'Pod' ? running(object, object.metadata.name) : withData(object));
    if (object.kind === 'Deployment') this.#roll(object);
  }

  #roll({ metadata, spec }: Deployment): void {
    const { namespace } = metadata;
    const owner = (kind: string, name: string): object => ({
      ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true }],
    });
    super.put({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'rs', namespace, ...owner('Deployment', metadata.name) },
    } as KubeObject);
    const count = spec?.replicas ?? 1;
    const addresses = Array.from({ length: count }, (_, index) => `10.0.0.${index + 1}`);
    for (const [index, ip] of addresses.entries()) {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `pod-${index}`, namespace, labels: spec?.template.metadata?.labels, ...owner('ReplicaSet', 'rs') },
        spec: spec?.template.spec,
      } as Pod;
      super.put(this.healthy ? running(pod, ip) : pod);
    }
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      addressType: 'IPv4',
      metadata: {
        name: 'slice',
        namespace,
        labels: { 'kubernetes.io/service-name': 'inference', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
      },
    };
    super.put({ ...slice, endpoints: this.healthy ? addresses.map((address) => ({ addresses: [address] })) : [] } as unknown as KubeObject);
  }
}

function running(pod: Pod, ip: string): Pod {
  return { ...pod, status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] } };
}

/** What the true server answers to every probe that the lab makes, as far as the request shows who asks. */
function serve(request: ProbeRequest): ProbeResult {
  const { pathname, port, protocol } = new URL(request.url);
  if (port === '9090')
    return pathname === '/metrics' ? answered(200, 'vllm:num_requests_running 0\nvllm:kv_cache_usage_perc 0') : answered(404);
  if (protocol === 'http:') return unanswered('request', 'ECONNRESET');
  if (request.tls?.cert === undefined) return unanswered('tls', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
  if (pathname === '/version') return answered(200, { version: '1.4.2' });
  if (pathname === '/v1/models')
    return keyed(request, () => answered(200, { data: [{ id: modelIn(), root: 'drillhouse/sparrow-1b', max_model_len: 2048 }] }));
  return keyed(request, () => complete(request));
}

let modelName = '';
const modelIn = (): string => modelName;

function keyed(request: ProbeRequest, respond: () => ProbeResult): ProbeResult {
  const given = request.headers?.['authorization'] ?? '';
  return given.length > 40 && !wrongKeys.has(given) ? respond() : answered(401);
}

const wrongKeys = new Set<string>();

function complete({ body = '' }: ProbeRequest): ProbeResult {
  const { messages, seed, stream } = JSON.parse(body) as { messages: { content: string }[]; seed: number; stream?: boolean };
  const content = answer({ model: 'drillhouse/sparrow-1b', prompt: messages[0]?.content ?? '', context: '', seed, quality: 1 });
  if (stream !== true) return answered(200, { choices: [{ message: { content } }] });
  return answered(200, '', {
    events: content
      .split(/(?<= )/)
      .map((text, index) => ({ data: JSON.stringify({ choices: [{ delta: { content: text } }] }), atMs: index * 20 })),
  });
}

interface Setting {
  readonly stage: ProvableStage;
  readonly objects: RunningObjects;
  readonly clock: ManualClock;
  readonly commands: PodCommand[];
  readonly progress: StageProgress[];
  readonly prober: FakeProber;
  /** Namespaces whose experiments were all ended. */
  readonly endedExperiments: string[];
}

function setUp(exitCode = 0, of = lab): Setting {
  const variant = planLabVariant(of, 'stage-test', 'missing-secret');
  modelName = String(variant.values['model']);
  const objects = new RunningObjects();
  const clock = new ManualClock();
  const commands: PodCommand[] = [];
  const endedExperiments: string[] = [];
  const unused = (): never => expect.fail('a reset ends experiments and does nothing else with them');
  const progress: StageProgress[] = [];
  const prober = new FakeProber(serve);
  const run = async (command: PodCommand): Promise<{ exitCode: number; stdout: string; stderr: string }> => {
    commands.push(command);
    return { exitCode, stdout: '', stderr: exitCode === 0 ? '' : 'error: no such thing' };
  };
  const options = {
    variant,
    kubeConfig: new KubeConfig(),
    signal: new AbortController().signal,
    progress: (event: StageProgress) => void progress.push(event),
  };
  const stage = createStage(of, options, {
    objects,
    run,
    prober,
    vault: new SandboxVault(objects),
    providers: new FakeProviders(),
    chaos: {
      ...{ create: unused, list: unused, awaitInjected: unused, delete: unused },
      isServed: () => Promise.resolve(true),
      deleteAll: async (namespace) => void endedExperiments.push(namespace),
    },
    clock,
  });
  return { stage, objects, clock, commands, progress, prober, endedExperiments };
}

/** Lets the stage's clock run while it works. */
function within<T>({ clock }: Setting, work: Promise<T>): Promise<T> {
  return whileTimePasses(clock, work, 50);
}

const find = (objects: FakeObjects, kind: string, name: string): KubeObject | undefined =>
  objects.all().find((object) => object.kind === kind && object.metadata.name === name);

describe('prepare', () => {
  it('sets up workspace, prober and access, and for a guided lab nothing of the workload', async () => {
    const setting = setUp();
    await within(setting, setting.stage.prepare('guided'));
    const { objects, stage } = setting;
    expect(find(objects, 'Pod', 'workspace')?.metadata.namespace).toBe(systemNamespace);
    expect(find(objects, 'Pod', 'prober')).toMatchObject({ spec: { automountServiceAccountToken: false } });
    expect(find(objects, 'ClusterRoleBinding', 'drillhouse-trainee')).toMatchObject({
      roleRef: { name: 'cluster-admin' },
      subjects: [{ namespace: systemNamespace, name: 'trainee' }],
    });
    expect(find(objects, 'ResourceQuota', 'team-budget')?.metadata.namespace).toBe(stage.namespace);
    expect(find(objects, 'Deployment', 'inference')).toBeUndefined();
  });

  it('hides what the trainee must not read: neither checks nor solutions are among the workspace’s files', async () => {
    const setting = setUp();
    await within(setting, setting.stage.prepare('guided'));
    const text = JSON.stringify(find(setting.objects, 'ConfigMap', 'lab-files'));
    expect(text).toContain('make-cert.sh');
    expect(text).not.toMatch(/rollout undo|caughtBy|Repeat exactly: \{/);
  });

  it('reaches the healthy state for an incident, step by step, telling each', async () => {
    const setting = setUp();
    await within(setting, setting.stage.prepare('incident'));
    expect(find(setting.objects, 'Deployment', 'inference')).toBeDefined();
    expect(setting.progress.filter(({ state }) => state === 'done').map(({ id }) => id)).toEqual([
      'namespace',
      'deploy',
      'workspace',
      'healthy',
    ]);
  });

  it('can be repeated without making new credentials under what runs', async () => {
    const setting = setUp();
    await within(setting, setting.stage.prepare('incident'));
    const before = [find(setting.objects, 'Secret', 'inference-api-key'), find(setting.objects, 'Secret', 'lab-authority')];
    await within(setting, setting.stage.prepare('incident'));
    expect([find(setting.objects, 'Secret', 'inference-api-key'), find(setting.objects, 'Secret', 'lab-authority')]).toEqual(before);
  });

  it('gives up in words when the workload never gets healthy', async () => {
    const setting = setUp();
    setting.prober.answer = () => unanswered('connect');
    await expect(within(setting, setting.stage.prepare('incident'))).rejects.toMatchObject({ name: 'StageError', code: 'NotHealthy' });
    expect(setting.progress.at(-1)).toMatchObject({ id: 'healthy', state: 'failed' });
  });

  it('waits for a namespace that the trainee deleted to be gone, and makes it anew', async () => {
    const setting = setUp();
    const name = setting.stage.namespace;
    setting.objects.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    setting.clock.after(5000, () => void setting.objects.remove({ kind: 'Namespace', name }));
    await within(setting, setting.stage.prepare('guided'));
    expect(find(setting.objects, 'Namespace', name)?.metadata.deletionTimestamp).toBeUndefined();
    expect(find(setting.objects, 'ResourceQuota', 'team-budget')).toBeDefined();
  });

  it('refuses a cluster that has not the nodes that the lab needs, before anything is made', async () => {
    const text = lab.files.get('lab.yaml')!.replace(/^needs: .*$/m, "needs: { nodes: [{ name: big, cpu: '64', memory: 1Ti }] }");
    const needy = parseLab('endpoint', new Map([...lab.files, ['lab.yaml', text]])).lab!;
    const setting = setUp(0, needy);
    const room = { cpu: '8', memory: '16Gi' };
    setting.objects.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, status: { allocatable: room } } as KubeObject);
    await expect(within(setting, setting.stage.prepare('guided'))).rejects.toMatchObject({
      code: 'PlatformFailed',
      message: expect.stringMatching(/needs a node with 64 CPUs, 1Ti memory.*node-1 with 8 CPUs/) as string,
    });
    expect(find(setting.objects, 'Namespace', systemNamespace)).toBeUndefined();
  });

  it('calls a sandbox that does not answer a platform failure', async () => {
    const setting = setUp();
    setting.objects.broken = true;
    await expect(within(setting, setting.stage.prepare('guided'))).rejects.toMatchObject({ name: 'StageError', code: 'PlatformFailed' });
  });
});

describe('steps', () => {
  it('show the variant’s names and the report of the fault that is live', () => {
    const { stage } = setUp();
    const steps = stage.steps();
    expect(steps.map(({ id }) => id)).toEqual(['deploy', 'token', 'mtls', 'operate', 'observe', 'rollback', 'restore']);
    for (const { markdown } of steps) expect(markdown).not.toMatch(/\{\{/);
    expect(steps[0]?.markdown).toContain(stage.namespace);
    expect(steps.at(-1)?.markdown).toContain('maintenance this morning');
    expect(stage.services()).toMatchObject([{ name: 'inference', namespace: stage.namespace }]);
  });

  it('are checked under the names that they show', async () => {
    const setting = setUp();
    await within(setting, setting.stage.prepare('incident'));
    for (const step of setting.stage.steps()) {
      const results = await within(setting, setting.stage.checkStep(step.id));
      expect(results.map(({ id }) => id)).toEqual(step.checks.map(({ id }) => id));
    }
  });

  it('run their own solution when they are skipped, the incident’s that of its fault', async () => {
    const setting = setUp();
    await setting.stage.solveStep('token');
    await setting.stage.solveStep('restore');
    expect(setting.commands.map(({ stdin }) => stdin)).toEqual([
      expect.stringContaining('key-patch.yaml'),
      expect.stringContaining('refer to a Secret that is gone'),
    ]);
    for (const { stdin, pod } of setting.commands) {
      expect(pod).toBe('workspace');
      expect(stdin).not.toMatch(/\{\{/);
    }
  });

  it('tell what a solution said when it fails', async () => {
    const { stage } = setUp(1);
    await expect(stage.solveStep('deploy')).rejects.toThrow('solution/01-deploy.sh ended with 1: error: no such thing');
  });

  it('that are unknown are refused', async () => {
    const { stage } = setUp();
    await expect(stage.checkStep('nope')).rejects.toMatchObject({ code: 'UnknownStep' });
  });
});

async function ready(): Promise<Setting> {
  const setting = setUp();
  wrongKeys.clear();
  // The one key that opens is the Secret's: whatever else is sent with its prefix is wrong.
  setting.prober.answer = (request) => {
    const secret = find(setting.objects, 'Secret', 'inference-api-key') as { readonly data?: Readonly<Record<string, string>> } | undefined;
    const good = Buffer.from(secret?.data?.['api-key'] ?? '', 'base64').toString();
    const given = request.headers?.['authorization'];
    if (given !== undefined && given !== `Bearer ${good}`) wrongKeys.add(given);
    return serve(request);
  };
  await within(setting, setting.stage.prepare('incident'));
  return setting;
}

/** The API server turns stringData into data. */
function withData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object as KubeObject & { readonly stringData?: Record<string, string>; readonly data?: object };
  if (stringData === undefined) return object;
  return {
    ...rest,
    data: {
      ...rest.data,
      ...Object.fromEntries(Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
    },
  } as KubeObject;
}

describe('an incident', () => {
  it('is refused while something critical is missing, and says what', async () => {
    const setting = await ready();
    setting.objects.put({
      ...(find(setting.objects, 'ResourceQuota', 'team-budget') as KubeObject),
      spec: { hard: { 'limits.memory': '64Gi' } },
    } as never);
    await expect(within(setting, setting.stage.captureBaseline())).rejects.toMatchObject({
      code: 'NotHealthy',
      message: expect.stringMatching(/quota|certificate/) as string,
    });
  });

  it('knows no fault but the lab’s own', async () => {
    const { stage } = setUp();
    expect(() => stage.injectFault('dns-broken', { capturedAt: '', data: null })).toThrow('no fault dns-broken');
  });

  it('starts a prober that was lost before it gives a verdict', async () => {
    const setting = await ready();
    await setting.objects.remove({ kind: 'Pod', namespace: systemNamespace, name: 'prober' });
    const baseline = { capturedAt: '', data: { replicas: 1, containers: [{ name: 'server', image: 'i', limits: {} }] } };
    await within(setting, setting.stage.grade({ baseline, injection: { fault: 'none', injectedAt: '', data: null }, stepResults: [] }));
    expect(find(setting.objects, 'Pod', 'prober')).toBeDefined();
  });

  it('refuses a baseline that it cannot read', async () => {
    const setting = await ready();
    await expect(
      setting.stage.grade({
        baseline: { capturedAt: '', data: {} },
        injection: { fault: 'none', injectedAt: '', data: null },
        stepResults: [],
      }),
    ).rejects.toMatchObject({ code: 'PlatformFailed' });
  });

  it('has no healthy state to go back to before one was recorded', async () => {
    const setting = await ready();
    await expect(within(setting, setting.stage.resetTo('healthy'))).rejects.toMatchObject({ code: 'NotHealthy' });
  });

  it('goes back to the start with nothing of the trainee’s left', async () => {
    const setting = await ready();
    await within(setting, setting.stage.resetTo('start'));
    const left = setting.objects
      .all()
      .filter(
        ({ kind, metadata }) =>
          metadata.namespace === setting.stage.namespace && ['Deployment', 'Secret', 'ConfigMap', 'Service'].includes(kind),
      );
    expect(left).toEqual([]);
    expect(setting.endedExperiments).toEqual([systemNamespace]);
    expect(find(setting.objects, 'ResourceQuota', 'team-budget')).toBeDefined();
    expect(setting.commands.at(-1)?.command.join(' ')).toContain('/opt/lab');
  });
});

it('credits build steps as they were proven, and never holds them for critical', async () => {
  const setting = await ready();
  const at = '2026-01-01T00:00:00.000Z';
  const result = (id: string, kind: 'pass' | 'fail'): CheckResult => ({
    id,
    title: id,
    weight: 1,
    critical: true,
    hidden: false,
    dimension: 'cloud-kubernetes',
    verdict: kind === 'pass' ? { kind, evidence: [] } : { kind, reason: 'skipped', evidence: [] },
    startedAt: at,
    finishedAt: at,
  });
  const baseline = { capturedAt: at, data: { replicas: 1, containers: [{ name: 'server', image: 'i', limits: {} }] } };
  const stepResults = [
    result('deploy/deployed', 'pass'),
    result('token/key-safe', 'fail'),
    result('restore/answers', 'fail'),
    result('made-up', 'pass'),
  ];
  const scorecard = await within(
    setting,
    setting.stage.grade({ baseline, injection: { fault: 'none', injectedAt: at, data: null }, stepResults }),
  );
  const built = scorecard.checks.filter(({ id }) => id.includes('/'));
  expect(built.map(({ id, critical }) => [id, critical])).toEqual([
    ['deploy/deployed', false],
    ['token/key-safe', false],
  ]);
  expect(scorecard.checks.map(({ id }) => id)).not.toContain('made-up');
  expect(scorecard.labHash).toBe(lab.summary.hash);
});
