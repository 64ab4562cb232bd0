import { describe, expect, it } from 'vitest';
import type { ContainerState, ContainerStatus, Pod, PodStatus } from './generated/types.ts';
import type { KubeObject } from './kube-object.ts';
import { summarizePod } from './printers/pod-printer.ts';
import type { ResourceInfo } from './registry.ts';
import { tableColumns, toTable } from './table.ts';
import { fromYaml, infoOf, resource, sample } from './testing/samples.ts';

interface RecordedTable {
  readonly columns: readonly (readonly [string, string, number, string])[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly conditions?: readonly object[] }[];
}

const recorded = sample<Record<string, RecordedTable>>('tables');
const objects = sample<KubeObject[]>('objects');
/** Sixteen seconds after the objects were made, when the tables were taken. */
const nowMs = Date.parse('2026-11-21T03:00:07.500Z');

function cells(object: KubeObject, atMs = nowMs): unknown[] {
  return toTable(infoOf(object), [object], { includeObject: 'None', nowMs: atMs }).rows[0]?.cells ?? [];
}

describe('the tables of a real server', () => {
  it.each(Object.keys(recorded))('%s: columns', (plural) => {
    const info = resource(plural === 'deployments' ? 'deployments.apps' : plural);
    expect(tableColumns(info).map(({ name, type, priority, format }) => [name, type, priority, format])).toEqual(recorded[plural]?.columns);
  });

  it.each(objects.filter(({ kind }) => kind === 'Pod').map((pod) => [pod.metadata.name, pod] as const))('pod %s', (name, pod) => {
    expect(cells(pod)).toEqual(recorded['pods']?.rows.find((row) => row.cells[0] === name)?.cells);
  });

  it('a deployment', () => {
    const deployment = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.deletionTimestamp === undefined);
    expect(cells(deployment!)).toEqual(recorded['deployments']?.rows[0]?.cells);
  });

  it.each(objects.filter(({ kind }) => kind === 'Event').map((event) => [event.metadata.name, event] as const))(
    'event %s',
    (name, event) => {
      const row = recorded['events']?.rows.find((other) => other.cells.at(-1) === name)?.cells ?? [];
      // Taken one after the other, the object may have been updated before its table: all but the times.
      const lasting = (list: readonly unknown[]): unknown[] => [1, 2, 3, 4, 5, 6, 9].map((index) => list[index]);
      expect(lasting(cells(event))).toEqual(lasting(row));
    },
  );
});

describe('the status of a pod', () => {
  const waiting = (reason: string): ContainerState => ({ waiting: { reason } });
  const terminated = (exitCode: number, reason?: string, signal?: number): ContainerState => ({
    terminated: { exitCode, ...(reason !== undefined && { reason }), ...(signal !== undefined && { signal }) },
  });
  const running: ContainerState = { running: { startedAt: '2026-01-01T00:00:00Z' } };
  const status = (name: string, state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
    name,
    state,
    ready: false,
    restartCount: 0,
    image: '',
    imageID: '',
    ...more,
  });
  const pod = (podStatus: PodStatus, deleted = false, inits = 0, sidecars = 0): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: {
      containers: [{ name: 'a' }, { name: 'b' }],
      initContainers: [
        ...Array.from({ length: inits }, (_, index) => ({ name: `i${index}` })),
        ...Array.from({ length: sidecars }, (_, index) => ({ name: `s${index}`, restartPolicy: 'Always' })),
      ],
    },
    status: podStatus,
  });

  it.each<[string, Pod, string, string]>([
    ['nothing yet', pod({ phase: 'Pending' }), 'Pending', '0/2'],
    ['evicted', pod({ phase: 'Failed', reason: 'Evicted' }), 'Evicted', '0/2'],
    [
      'gated',
      pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }),
      'SchedulingGated',
      '0/2',
    ],
    [
      'creating',
      pod({ phase: 'Pending', containerStatuses: [status('a', waiting('ContainerCreating')), status('b', waiting('ContainerCreating'))] }),
      'ContainerCreating',
      '0/2',
    ],
    [
      'one crashing',
      pod({ phase: 'Running', containerStatuses: [status('a', waiting('CrashLoopBackOff')), status('b', running, { ready: true })] }),
      'CrashLoopBackOff',
      '1/2',
    ],
    [
      'all running',
      pod({ phase: 'Running', containerStatuses: [status('a', running, { ready: true }), status('b', running, { ready: true })] }),
      'Running',
      '2/2',
    ],
    [
      'one done, the other ready',
      pod({
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [status('a', terminated(0, 'Completed')), status('b', running, { ready: true })],
      }),
      'Running',
      '1/2',
    ],
    [
      'one done, the pod not ready',
      pod({ phase: 'Running', containerStatuses: [status('a', terminated(0, 'Completed')), status('b', running, { ready: true })] }),
      'NotReady',
      '1/2',
    ],
    ['killed', pod({ phase: 'Failed', containerStatuses: [status('a', terminated(137, 'OOMKilled'))] }), 'OOMKilled', '0/2'],
    ['a bare exit code', pod({ phase: 'Failed', containerStatuses: [status('a', terminated(3))] }), 'ExitCode:3', '0/2'],
    ['a bare signal', pod({ phase: 'Failed', containerStatuses: [status('a', terminated(0, undefined, 9))] }), 'Signal:9', '0/2'],
    [
      'first init runs',
      pod({ phase: 'Pending', initContainerStatuses: [status('i0', running), status('i1', waiting('PodInitializing'))] }, false, 2),
      'Init:0/2',
      '0/2',
    ],
    [
      'second init waits',
      pod({ phase: 'Pending', initContainerStatuses: [status('i0', terminated(0)), status('i1', waiting('PodInitializing'))] }, false, 2),
      'Init:1/2',
      '0/2',
    ],
    ['init fails', pod({ phase: 'Pending', initContainerStatuses: [status('i0', terminated(1, 'Error'))] }, false, 1), 'Init:Error', '0/2'],
    [
      'init crashes',
      pod({ phase: 'Pending', initContainerStatuses: [status('i0', waiting('CrashLoopBackOff'))] }, false, 1),
      'Init:CrashLoopBackOff',
      '0/2',
    ],
    [
      'init with an exit code',
      pod({ phase: 'Pending', initContainerStatuses: [status('i0', terminated(2))] }, false, 1),
      'Init:ExitCode:2',
      '0/2',
    ],
    [
      'sidecar and containers ready',
      pod(
        {
          phase: 'Running',
          initContainerStatuses: [status('s0', running, { ready: true, started: true })],
          containerStatuses: [status('a', running, { ready: true }), status('b', running, { ready: true })],
        },
        false,
        0,
        1,
      ),
      'Running',
      '3/3',
    ],
    ['on its way out', pod({ phase: 'Running', containerStatuses: [status('a', running, { ready: true })] }, true), 'Terminating', '1/2'],
    [
      'finished before it was deleted',
      pod({ phase: 'Succeeded', containerStatuses: [status('a', terminated(0, 'Completed'))] }, true),
      'Completed',
      '0/2',
    ],
    ['lost with its node', pod({ phase: 'Running', reason: 'NodeLost' }, true), 'Unknown', '0/2'],
  ])('%s', (_title, object, expected, ready) => {
    const summary = summarizePod(object);
    expect([summary.status, `${summary.ready}/${summary.total}`]).toEqual([expected, ready]);
  });

  it('tells when a container was last started anew', () => {
    const finished = (finishedAt: string): Partial<ContainerStatus> => ({
      restartCount: 1,
      lastState: { terminated: { exitCode: 1, finishedAt } },
    });
    const object = pod({
      phase: 'Running',
      containerStatuses: [status('a', running, finished('2026-11-21T02:59:00Z')), status('b', running, finished('2026-11-21T02:59:57Z'))],
    });
    expect(cells(object)[3]).toBe('2 (10s ago)');
  });

  it('marks a finished pod for clients that skip those', () => {
    const table = toTable(resource('pods'), [pod({ phase: 'Succeeded' })], { includeObject: 'None', nowMs });
    expect(table.rows[0]?.conditions?.[0]?.type).toBe('Completed');
  });
});

describe('other kinds', () => {
  const made = (yaml: string): KubeObject => {
    const object = fromYaml(yaml);
    object.metadata.creationTimestamp = '2026-11-21T03:00:00Z';
    return object;
  };
  const service = (spec: string): string => `apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: ${spec}`;
  it.each([
    [
      service(
        '{clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], selector: {b: "2", a: "1"}, ports: [{port: 80}, {name: x, port: 81, nodePort: 30000}]}',
      ),
      ['s', 'ClusterIP', '10.0.0.1', '<none>', '80/TCP,81:30000/TCP', '7s', 'a=1,b=2'],
    ],
    [service('{clusterIP: None, clusterIPs: [None]}'), ['s', 'ClusterIP', 'None', '<none>', '<none>', '7s', '<none>']],
    [service('{type: LoadBalancer, ports: [{port: 80}]}'), ['s', 'LoadBalancer', '<none>', '<pending>', '80/TCP', '7s', '<none>']],
    [service('{type: ExternalName, externalName: example.com}'), ['s', 'ExternalName', '<none>', 'example.com', '<none>', '7s', '<none>']],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\nbinaryData: {x: eA==}', ['c', 2, '7s']],
    ['apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: YQ==}', ['s', 'Opaque', 1, '7s']],
    [
      'apiVersion: v1\nkind: Endpoints\nmetadata: {name: e}\nsubsets: [{addresses: [{ip: 1.1.1.1}, {ip: 1.1.1.2}], ports: [{port: 80}, {name: b, port: 81}]}]',
      ['e', '1.1.1.1:80,1.1.1.2:80,1.1.1.1:81 + 1 more...', '7s'],
    ],
    [
      'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nstatus: {hard: {pods: 2, limits.memory: 1Gi, requests.cpu: 1}, used: {pods: 1, limits.memory: 0}}',
      ['q', 'pods: 1/2, requests.cpu: 0/1', 'limits.memory: 0/1Gi', '7s'],
    ],
    [
      'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {schedule: 0 3 * * *, jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: i}]}}}}}',
      ['c', '0 3 * * *', '<none>', 'False', 0, '<none>', '7s', 'a', 'i', ''],
    ],
    [
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {parallelism: 3, template: {spec: {containers: [{name: a, image: i}]}}}\nstatus: {succeeded: 1, startTime: "2026-11-21T03:00:01Z"}',
      ['j', 'Running', '1/1 of 3', '6s', '7s', 'a', 'i', ''],
    ],
    ['apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p}\nspec: {minAvailable: 50%}', ['p', '50%', 'N/A', 0, '7s']],
    [
      'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {kind: Deployment, name: web}}\nstatus: {currentReplicas: 2, currentMetrics: [{type: Resource, resource: {name: cpu, current: {averageUtilization: 10}}}]}',
      ['h', 'Deployment/web', 'cpu: 10%/80%', '2', 5, 2, '7s'],
    ],
    ['apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {podSelector: {}}', ['p', '<none>', '7s']],
    [
      'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {tls: [{}], rules: [{host: a.b}]}',
      ['i', '<none>', 'a.b', '', '80, 443', '7s'],
    ],
    [
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\nroleRef: {kind: Role, name: r}\nsubjects: [{kind: User, name: u}, {kind: ServiceAccount, namespace: ns, name: s}]',
      ['b', 'Role/r', '7s', 'u', '', 'ns/s'],
    ],
    ['apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}', ['r', '2026-11-21T03:00:00Z']],
    [
      'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {accessModes: [ReadWriteOnce]}',
      ['c', 'Pending', '', '', '', '', '<unset>', '7s', 'Filesystem'],
    ],
    [
      'apiVersion: v1\nkind: Node\nmetadata: {name: node1, labels: {node-role.kubernetes.io/worker: ""}}\nspec: {unschedulable: true}\nstatus: {conditions: [{type: Ready, status: "True"}], addresses: [{type: InternalIP, address: 10.0.0.1}], nodeInfo: {kubeletVersion: v1.36.2}}',
      ['node1', 'Ready,SchedulingDisabled', 'worker', '7s', 'v1.36.2', '10.0.0.1', '<none>', '<unknown>', '<unknown>', '<unknown>'],
    ],
  ])('%s', (yaml, expected) => {
    const object = made(yaml);
    expect(cells(object)).toEqual(expected);
    expect(expected).toHaveLength(tableColumns(infoOf(object)).length);
  });

  it('every built-in kind prints as many cells as it has columns', () => {
    for (const info of [resource('pods'), resource('nodes')]) expect(info.columns.length).toBeGreaterThan(0);
    for (const object of objects.filter(({ kind }) => kind !== 'Scale')) {
      expect([object.kind, cells(object).length]).toEqual([object.kind, tableColumns(infoOf(object)).length]);
    }
  });

  it('custom resources print the columns of their definition', () => {
    const info: ResourceInfo = {
      ...resource('configmaps'),
      group: 'lab.example',
      kind: 'Drill',
      columns: [
        { name: 'Severity', type: 'integer', format: '', priority: 0, description: '', jsonPath: '.spec.severity' },
        { name: 'First', type: 'string', format: '', priority: 1, description: '', jsonPath: ".spec.list[0]['a.b']" },
        { name: 'Since', type: 'date', format: '', priority: 0, description: '', jsonPath: '.metadata.creationTimestamp' },
      ],
    };
    const { typeName: _typeName, ...custom } = info;
    const drill = {
      apiVersion: 'lab.example/v1',
      kind: 'Drill',
      metadata: { name: 'd', creationTimestamp: '2026-11-21T03:00:00Z' },
      spec: { severity: 2, list: [{ 'a.b': 'x' }] },
    } as KubeObject;
    const table = toTable(custom, [drill], { includeObject: 'None', nowMs });
    expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Severity', 'First', 'Since']);
    expect(table.rows[0]?.cells).toEqual(['d', 2, 'x', '7s']);
    expect(toTable({ ...custom, columns: [] }, [drill], { includeObject: 'None', nowMs }).rows[0]?.cells).toEqual(['d', '7s']);
  });
});

describe('what rows carry', () => {
  const [object] = objects;
  it.each([
    ['None', null],
    ['Metadata', { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object?.metadata }],
    ['Object', object],
  ] as const)('%s', (includeObject, expected) => {
    expect(toTable(infoOf(object!), [object!], { includeObject, nowMs }).rows[0]?.object).toEqual(expected);
  });

  it('only the first event of a watch describes the columns', () => {
    const table = (watchEvent: 'first' | 'later'): unknown =>
      toTable(resource('configmaps'), [], { includeObject: 'None', nowMs, watchEvent }).columnDefinitions;
    expect(table('first')).toHaveLength(3);
    expect(table('later')).toBeNull();
  });
});
