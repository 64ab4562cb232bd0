import { describe, expect, it } from 'vitest';
import type { Secret } from '../generated/types.ts';
import type { KubeObject } from '../kube-object.ts';
import { invalid } from '../status-error.ts';
import { fromYaml, infoOf, sample } from '../testing/samples.ts';
import { validateCreate, validateUpdate } from './validate.ts';

function faultsOf(yaml: string): string[] {
  const object = fromYaml(yaml);
  const errors = validateCreate(object, infoOf(object));
  return errors.length === 0
    ? []
    : (invalid(infoOf(object), object.metadata.name, errors).status.details?.causes ?? []).map(
        ({ field = '', message = '' }) => `${field}: ${message}`,
      );
}

const label1123 =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name', or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain1123 =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe('objects of a real server', () => {
  it.each(
    sample<KubeObject[]>('objects')
      .filter(({ kind }) => kind !== 'Scale')
      .map((object) => [`${object.kind} ${object.metadata.name}`, object] as const),
  )('%s is valid', (_title, object) => {
    expect(validateCreate(object, infoOf(object))).toEqual([]);
    expect(validateUpdate(object, object, infoOf(object))).toEqual([]);
  });
});

describe('a recorded refusal', () => {
  it('is given word for word', () => {
    const recorded = sample<Record<string, { request: { body: string }; response: object }>>('errors')['invalid'];
    const object = fromYaml(`# apiVersion: apps/v1 kind: Deployment\n${recorded?.request.body ?? ''}`);
    expect(invalid(infoOf(object), 'X', validateCreate(object, infoOf(object))).status).toEqual(recorded?.response);
  });
});

describe('metadata', () => {
  const configMap = (metadata: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: ${metadata}`;
  it.each([
    [configMap('{name: Bad_Name}'), [`metadata.name: Invalid value: "Bad_Name": ${subdomain1123}`]],
    [configMap('{}'), ['metadata.name: Required value: name or generateName is required']],
    [
      configMap('{name: a, labels: {"bad key!": x}}'),
      [
        `metadata.labels: Invalid value: "bad key!": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName', or 'my.name', or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      ],
    ],
    [
      configMap('{name: a, finalizers: [odd]}'),
      ['metadata.finalizers[0]: Invalid value: "odd": name is neither a standard finalizer name nor is it fully qualified'],
    ],
    ['apiVersion: v1\nkind: Namespace\nmetadata: {name: a.b}', ['metadata.name: Invalid value: "a.b": must not contain dots']],
    [
      'apiVersion: v1\nkind: Service\nmetadata: {name: 1a}\nspec: {ports: [{port: 80}]}',
      [
        `metadata.name: Invalid value: "1a": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name', or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      ],
    ],
    ['apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: "system:odd"}', []],
  ])('%s', (yaml, expected) => {
    expect(faultsOf(yaml)).toEqual(expected);
  });

  it('two owners cannot both control', () => {
    const owner = '{apiVersion: v1, kind: Pod, name: o, uid: u, controller: true}';
    expect(faultsOf(configMap(`{name: a, ownerReferences: [${owner}, ${owner}]}`))[0]).toContain(
      'Only one reference can have Controller set to true.',
    );
  });
});

describe('pods', () => {
  const pod = (spec: string): string => `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: ${spec}`;
  const container = (fields: string): string => pod(`{containers: [{name: c, image: i, ${fields}}]}`);
  it.each([
    [pod('{containers: []}'), ['spec.containers: Required value']],
    [pod('{containers: [{}]}'), ['spec.containers[0].name: Required value', 'spec.containers[0].image: Required value']],
    [pod('{containers: [{name: C_, image: i}]}'), [`spec.containers[0].name: Invalid value: "C_": ${label1123}`]],
    [pod('{containers: [{name: c, image: i}, {name: c, image: i}]}'), ['spec.containers[1].name: Duplicate value: "c"']],
    [
      pod('{containers: [{name: c, image: " i"}]}'),
      ['spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace'],
    ],
    [
      container('imagePullPolicy: Sometimes'),
      ['spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
    ],
    [
      container('ports: [{containerPort: 99999}]'),
      ['spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive'],
    ],
    [
      container('ports: [{containerPort: 1, protocol: FOO}]'),
      ['spec.containers[0].ports[0].protocol: Unsupported value: "FOO": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [container('volumeMounts: [{name: x, mountPath: /x}]'), ['spec.containers[0].volumeMounts[0].name: Not found: "x"']],
    [
      container('env: [{name: "A=B"}]'),
      [
        `spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`,
      ],
    ],
    [
      container('env: [{name: A, value: x, valueFrom: {secretKeyRef: {name: s, key: k}}}]'),
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      container('env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.foo}}}]'),
      [
        'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo',
      ],
    ],
    [container('livenessProbe: {}'), ['spec.containers[0].livenessProbe: Required value: must specify a handler type']],
    [
      container('livenessProbe: {successThreshold: 2, exec: {command: [x]}}'),
      ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    ],
    [
      container('readinessProbe: {periodSeconds: -1, exec: {command: [x]}}'),
      ['spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      container('resources: {limits: {memory: 64Mi}, requests: {memory: 65Mi}}'),
      ['spec.containers[0].resources.requests: Invalid value: "65Mi": must be less than or equal to memory limit of 64Mi'],
    ],
    [
      container('resources: {requests: {nvidia.com/gpu: 1}}'),
      ['spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources'],
    ],
    [
      container('resources: {limits: {nvidia.com/gpu: 500m}}'),
      [
        'spec.containers[0].resources.limits[nvidia.com/gpu]: Invalid value: "500m": must be an integer',
        'spec.containers[0].resources.requests[nvidia.com/gpu]: Invalid value: "500m": must be an integer',
      ],
    ],
    [
      container('resources: {limits: {gpu: 1}}').replace('limits', 'requests'),
      [
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers',
      ],
    ],
    [
      container('securityContext: {privileged: true, allowPrivilegeEscalation: false, runAsUser: -1}'),
      [
        'spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
        'spec.containers[0].securityContext: Invalid value: {"allowPrivilegeEscalation":false,"privileged":true,"runAsUser":-1}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
    [
      pod('{restartPolicy: Sometimes, containers: [{name: c, image: i}]}'),
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      pod('{volumes: [{name: v, emptyDir: {}, secret: {secretName: s}}], containers: [{name: c, image: i}]}'),
      ['spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type'],
    ],
    [pod('{volumes: [{name: v, secret: {}}], containers: [{name: c, image: i}]}'), ['spec.volumes[0].secret.secretName: Required value']],
    [
      pod('{volumes: [{name: v, configMap: {name: m, items: [{key: k, path: ../x}]}}], containers: [{name: c, image: i}]}'),
      [`spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain '..'`],
    ],
    [
      pod('{tolerations: [{operator: Equal, effect: NoExecute}], containers: [{name: c, image: i}]}'),
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      pod('{initContainers: [{name: i, image: i, livenessProbe: {exec: {command: [x]}}}], containers: [{name: c, image: i}]}'),
      ['spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
    ],
    [
      pod('{dnsPolicy: None, containers: [{name: c, image: i}]}'),
      ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    ],
    [
      pod(
        '{affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 101, podAffinityTerm: {topologyKey: ""}}]}}, containers: [{name: c, image: i}]}',
      ),
      [
        'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
        'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey: Required value: can not be empty',
      ],
    ],
  ])('%s', (yaml, expected) => {
    expect(faultsOf(yaml)).toEqual(expected);
  });

  const old = fromYaml(pod('{tolerations: [{key: a, operator: Exists}], containers: [{name: c, image: i}]}'));
  function updateFaults(change: (spec: Record<string, never>) => unknown): string[] {
    const next = structuredClone(old);
    change((next as unknown as { spec: Record<string, never> }).spec);
    return validateUpdate(next, old, infoOf(old)).map(({ path, detail }) => `${path}: ${detail.split('\n')[0] ?? ''}`);
  }

  it('may change their image and little else', () => {
    type Spec = { containers: { image: string; command?: string[] }[]; tolerations: object[]; activeDeadlineSeconds?: number };
    expect(updateFaults((spec) => ((spec as unknown as Spec).containers[0]!.image = 'j'))).toEqual([]);
    expect(updateFaults((spec) => (spec as unknown as Spec).tolerations.push({ key: 'b', operator: 'Exists' }))).toEqual([]);
    expect(updateFaults((spec) => ((spec as unknown as Spec).activeDeadlineSeconds = 5))).toEqual([]);
    expect(updateFaults((spec) => ((spec as unknown as Spec).containers[0]!.command = ['x']))).toEqual([
      'spec: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ]);
    expect(updateFaults((spec) => ((spec as unknown as Spec).containers = []))).toContain(
      'spec.containers: pod updates may not add or remove containers',
    );
    expect(updateFaults((spec) => ((spec as unknown as Spec).tolerations = []))).toContain(
      'spec.tolerations: existing toleration can not be modified except its tolerationSeconds',
    );
  });
});

describe('workloads', () => {
  const template = 'template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}';
  const deployment = (spec: string): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {${spec}}`;
  const job = (spec: string): string => `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: {${spec}}`;
  const jobTemplate = 'jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}';
  it.each([
    [
      deployment(template),
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
      ],
    ],
    [deployment(`selector: {}, ${template}`), ['spec.selector: Invalid value: {}: empty selector is invalid for deployment']],
    [
      deployment(`selector: {matchLabels: {a: c}}, ${template}`),
      ['spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`'],
    ],
    [
      deployment(`replicas: -1, selector: {matchLabels: {a: b}}, ${template}`),
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      deployment(`strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}, selector: {matchLabels: {a: b}}, ${template}`),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      deployment(`strategy: {type: Recreate, rollingUpdate: {}}, selector: {matchLabels: {a: b}}, ${template}`),
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      deployment(`selector: {matchLabels: {a: b}}, ${template.replace('containers', 'restartPolicy: Never, containers')}`),
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      job(`schedule: sometimes, ${jobTemplate}`),
      ['spec.schedule: Invalid value: "sometimes": expected exactly 5 fields, found 1: [sometimes]'],
    ],
    [job(`schedule: 70 * * * *, ${jobTemplate}`), ['spec.schedule: Invalid value: "70 * * * *": end of range (70) above maximum (59): 70']],
    [job(`schedule: "*/5 0-3 1,15 jan mon-fri", ${jobTemplate}`), []],
    [
      job(`schedule: "@hourly", timeZone: Europe/Nowhere, ${jobTemplate}`),
      ['spec.timeZone: Invalid value: "Europe/Nowhere": unknown time zone Europe/Nowhere'],
    ],
    [
      job(`schedule: "@daily", ${jobTemplate.replace('Never', 'Always')}`),
      ['spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
  ])('%s', (yaml, expected) => {
    expect(faultsOf(yaml)).toEqual(expected);
  });

  it('a stateful set may mount what its claim templates will be; its pods are looked at when they are made', () => {
    const template = '{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i, volumeMounts: [{name: data, mountPath: /d}]}]}}';
    const claims = '[{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]';
    const spec = `{selector: {matchLabels: {a: b}}, serviceName: s, template: ${template}, volumeClaimTemplates: ${claims}}`;
    expect(faultsOf(`apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec: ${spec}`)).toEqual([]);
  });

  it('a daemon set without a selector is refused, not a crash', () => {
    expect(faultsOf(`apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec: {${template}}`)[0]).toBe(
      'spec.selector: Required value',
    );
  });

  it('a selector cannot change', () => {
    const old = fromYaml(deployment(`selector: {matchLabels: {a: b}}, ${template}`));
    const next = structuredClone(old) as KubeObject & { spec: { selector: { matchLabels: Record<string, string> } } };
    next.spec.selector.matchLabels['z'] = 'z';
    expect(invalid(infoOf(old), 'd', validateUpdate(next, old, infoOf(old))).message).toBe(
      'Deployment.apps "d" is invalid: [spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`, spec.selector: Invalid value: {"matchLabels":{"a":"b","z":"z"}}: field is immutable]',
    );
  });
});

describe('other kinds', () => {
  const service = (spec: string): string => `apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: ${spec}`;
  const rbac = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ';
  const policy = (spec: string): string => `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: ${spec}`;
  it.each([
    [service('{ports: []}'), ['spec.ports: Required value']],
    [service('{clusterIP: None}'), []],
    [service('{ports: [{port: 80}, {port: 81}]}'), ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value']],
    [
      service('{ports: [{name: a, port: 80}, {name: b, port: 80}]}'),
      ['spec.ports[1]: Duplicate value: {"AppProtocol":null,"Name":"","NodePort":0,"Port":80,"Protocol":"TCP","TargetPort":0}'],
    ],
    [
      service('{type: Foo, ports: [{port: 80}]}'),
      ['spec.type: Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
    ],
    [service('{type: ExternalName}'), ['spec.externalName: Required value']],
    [
      service('{clusterIP: 1.2.3.400, ports: [{port: 80}]}'),
      ['spec.clusterIPs[0]: Invalid value: "1.2.3.400": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: kubernetes.io/tls',
      ['data[tls.crt]: Required value', 'data[tls.key]: Required value'],
    ],
    [
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: x}\nbinaryData: {a: eA==}',
      ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
    ],
    [
      'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: 1.5, widgets: 1}}',
      [
        'spec.hard[pods]: Invalid value: "1500m": must be an integer',
        'spec.hard[widgets]: Invalid value: "widgets": must be a standard resource for quota',
      ],
    ],
    [
      'apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container, min: {memory: 2Gi}, max: {memory: 1Gi}, default: {memory: 1Gi}, defaultRequest: {memory: 1Gi}}]}',
      [
        'spec.limits[0].min[memory]: Invalid value: "2Gi": min value 2Gi is greater than max value 1Gi',
        'spec.limits[0].defaultRequest[memory]: Invalid value: "1Gi": min value 2Gi is greater than default request value 1Gi',
        'spec.limits[0].default[memory]: Invalid value: "1Gi": min value 2Gi is greater than default value 1Gi',
      ],
    ],
    [
      `${rbac}Role\nmetadata: {name: r}\nrules: [{resources: [pods], apiGroups: [""]}]`,
      ['rules[0].verbs: Required value: verbs must contain at least one value'],
    ],
    [
      `${rbac}Role\nmetadata: {name: r}\nrules: [{verbs: [get], nonResourceURLs: [/x]}]`,
      ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
    ],
    [
      `${rbac}ClusterRoleBinding\nmetadata: {name: r}\nroleRef: {kind: Role, name: x}\nsubjects: [{kind: ServiceAccount, name: s}, {kind: Robot, name: x}]`,
      [
        'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
        'subjects[0].namespace: Required value',
        'subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
      ],
    ],
    [policy('{podSelector: {}, ingress: [{from: [{}]}]}'), ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      policy('{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}'),
      ['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'],
    ],
    [
      'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {rules: [{http: {paths: [{path: x, backend: {service: {name: s}}}]}}]}',
      [
        'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
        'spec.rules[0].http.paths[0].backend: Required value: port name or number is required',
      ],
    ],
    [
      'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {minReplicas: 5, maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: d}}',
      ['spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`'],
    ],
    [
      'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p}\nspec: {minAvailable: 1, maxUnavailable: 1}',
      ['spec: Invalid value: {"maxUnavailable":1,"minAvailable":1}: minAvailable and maxUnavailable cannot be both set'],
    ],
    [
      'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {}',
      ['spec.accessModes: Required value: at least 1 access mode is required', 'spec.resources[storage]: Required value'],
    ],
    [
      'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: wrong}\nspec: {group: lab.example, scope: Namespaced, names: {plural: drills, kind: Drill}, versions: []}',
      [
        'metadata.name: Invalid value: "wrong": must be spec.names.plural+"."+spec.group',
        'spec.versions: Required value: must have exactly one version marked as storage version',
      ],
    ],
  ])('%s', (yaml, expected) => {
    expect(faultsOf(yaml)).toEqual(expected);
  });

  it('what is immutable stays', () => {
    const secret = fromYaml<Secret>('apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nimmutable: true\ndata: {a: YQ==}');
    const next = { ...secret, data: { a: 'Yg==' }, type: 'lab.example/x' };
    expect(validateUpdate(next, secret, infoOf(secret)).map(({ path, detail }) => `${path}: ${detail}`)).toEqual([
      'type: field is immutable',
      'data: field is immutable when `immutable` is set',
    ]);
  });
});
