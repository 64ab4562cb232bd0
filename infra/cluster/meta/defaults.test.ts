import { describe, expect, it } from 'vitest';
import { convertStrict } from './decode.ts';
import { isLatest } from './defaults/pod-spec.ts';
import { applyDefaults } from './defaults.ts';
import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  LimitRange,
  NetworkPolicy,
  Pod,
  RoleBinding,
  Secret,
  Service,
  StatefulSet,
} from './generated/types.ts';
import type { KubeObject } from './kube-object.ts';
import { fromYaml, infoOf, sample } from './testing/samples.ts';

const objects = sample<KubeObject[]>('objects');

describe('objects of a real server', () => {
  it.each(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))(
    '%s needs no defaults any more',
    (_title, object) => {
      const canonical = convertStrict(object, infoOf(object), 'Strict').object;
      expect(applyDefaults(structuredClone(canonical))).toEqual(canonical);
    },
  );

  it('a deployment as it was sent becomes the one that was kept', () => {
    const kept = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.deletionTimestamp === undefined) as Deployment;
    const sent = fromYaml<Deployment>(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: base, image: "registry.lab/base:1.0", command: [sleep, inf], ports: [{containerPort: 8080}]}]}
`);
    expect(sent.spec).toEqual(kept.spec);
  });

  it('so does a cron job', () => {
    const kept = objects.find(({ kind }) => kind === 'CronJob') as CronJob;
    const sent = fromYaml<CronJob>(`
apiVersion: batch/v1
kind: CronJob
metadata: {name: cj}
spec:
  schedule: 0 3 * * *
  jobTemplate: {metadata: {name: cj}, spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: cj, image: "registry.lab/base:1.0", command: ["true"]}]}}}}
`);
    expect(sent.spec).toEqual(kept.spec);
  });
});

describe('pods', () => {
  const pod = (spec: string): Pod => fromYaml<Pod>(`apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: ${spec}`);

  it('take requests from limits, templates do not', () => {
    const limits = 'resources: {limits: {memory: 64Mi, cpu: 1}, requests: {cpu: 500m}}';
    expect(pod(`{containers: [{name: c, image: i, ${limits}}]}`).spec?.containers[0]?.resources?.requests).toEqual({
      memory: '64Mi',
      cpu: '500m',
    });
    const template = `{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i, ${limits}}]}}`;
    const deployment = fromYaml<Deployment>(
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {a: b}}, template: ${template}}`,
    );
    expect(deployment.spec?.template.spec?.containers[0]?.resources?.requests).toEqual({ cpu: '500m' });
    expect(deployment.spec?.template.spec?.enableServiceLinks).toBeUndefined();
  });

  it('fill in probes, volumes and variables', () => {
    const { spec } = pod(`
  serviceAccount: old
  containers:
  - name: c
    image: i
    env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: B, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]
    readinessProbe: {httpGet: {port: 80}}
    livenessProbe: {exec: {command: [x]}, periodSeconds: 1}
  volumes:
  - name: none
  - {name: s, secret: {secretName: s}}
  - {name: p, projected: {sources: [{serviceAccountToken: {path: t}}, {downwardAPI: {items: [{path: f, fieldRef: {fieldPath: metadata.name}}]}}]}}
  - {name: h, hostPath: {path: /x}}
`);
    const [container] = spec?.containers ?? [];
    expect(container?.env?.[0]?.valueFrom?.fieldRef?.apiVersion).toBe('v1');
    expect(container?.env?.[1]?.valueFrom?.resourceFieldRef?.divisor).toBe('0');
    expect(container?.readinessProbe).toEqual({
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    expect(container?.livenessProbe?.periodSeconds).toBe(1);
    expect(spec?.volumes).toEqual([
      { name: 'none', emptyDir: {} },
      { name: 's', secret: { secretName: 's', defaultMode: 420 } },
      {
        name: 'p',
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { path: 't', expirationSeconds: 3600 } },
            { downwardAPI: { items: [{ path: 'f', fieldRef: { fieldPath: 'metadata.name', apiVersion: 'v1' } }] } },
          ],
        },
      },
      { name: 'h', hostPath: { path: '/x', type: '' } },
    ]);
    expect(spec).toMatchObject({ serviceAccountName: 'old', serviceAccount: 'old', restartPolicy: 'Always', enableServiceLinks: true });
  });

  it('on the host network use its ports', () => {
    expect(pod('{hostNetwork: true, containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}').spec?.containers[0]?.ports).toEqual([
      { containerPort: 80, hostPort: 80, protocol: 'TCP' },
    ]);
  });

  it.each([
    ['web', true],
    ['web:latest', true],
    ['registry:5000/web', true],
    ['registry:5000/web:1.0', false],
    ['web@sha256:abc', false],
    ['web:latest@sha256:abc', false],
  ])('image %s is pulled anew each time: %s', (image, expected) => {
    expect(isLatest(image)).toBe(expected);
  });
});

describe('other kinds', () => {
  const template = 'template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}';

  it('rolling updates', () => {
    const recreate = fromYaml<Deployment>(
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {strategy: {type: Recreate}, selector: {matchLabels: {a: b}}, ${template}}`,
    );
    expect(recreate.spec?.strategy).toEqual({ type: 'Recreate' });
    const daemons = fromYaml<DaemonSet>(
      `apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec: {selector: {matchLabels: {a: b}}, ${template}}`,
    );
    expect(daemons.spec?.updateStrategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } });
    const set = fromYaml<StatefulSet>(
      `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec: {selector: {matchLabels: {a: b}}, ${template}}`,
    );
    expect(set.spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    });
  });

  it('jobs: one completion, or an open number when only the parallelism is given', () => {
    const job = (spec: string): Job => fromYaml<Job>(`apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {${spec}${template}}`);
    expect(job('').spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      podReplacementPolicy: 'TerminatingOrFailed',
    });
    expect(job('parallelism: 3, ').spec?.completions).toBeUndefined();
    expect(job('completions: 4, ').spec?.parallelism).toBe(1);
  });

  it('services', () => {
    const service = (spec: string): Service => fromYaml<Service>(`apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: ${spec}`);
    expect(service('{ports: [{port: 80}]}').spec).toEqual({
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
      internalTrafficPolicy: 'Cluster',
    });
    expect(service('{type: NodePort, sessionAffinity: ClientIP, ports: [{port: 80, targetPort: http}]}').spec).toMatchObject({
      externalTrafficPolicy: 'Cluster',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
      ports: [{ targetPort: 'http' }],
    });
  });

  it('secrets keep what was written as text in their data', () => {
    const secret = fromYaml<Secret>('apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: YQ==, b: YQ==}\nstringData: {b: xyz}');
    expect(secret).toMatchObject({ type: 'Opaque', data: { a: 'YQ==', b: 'eHl6' } });
    expect(secret.stringData).toBeUndefined();
  });

  it('limit ranges, network policies, bindings', () => {
    const range = fromYaml<LimitRange>(
      'apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container, max: {memory: 200Mi}, min: {cpu: 10m}}]}',
    );
    expect(range.spec?.limits[0]).toMatchObject({ default: { memory: '200Mi' }, defaultRequest: { memory: '200Mi', cpu: '10m' } });
    const policy = fromYaml<NetworkPolicy>(
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {podSelector: {}, egress: [{ports: [{port: 53}]}]}',
    );
    expect(policy.spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'], egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }] });
    const binding = fromYaml<RoleBinding>(
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\nroleRef: {kind: Role, name: r}\nsubjects: [{kind: User, name: u}, {kind: ServiceAccount, name: s}]',
    );
    expect(binding.roleRef.apiGroup).toBe('rbac.authorization.k8s.io');
    expect(binding.subjects?.map(({ apiGroup }) => apiGroup)).toEqual(['rbac.authorization.k8s.io', undefined]);
  });
});
