import { describe, expect, it } from 'vitest';
import type { Deployment } from './generated/types.ts';
import { convertStrict, decodeObject, deleteOptionsKind, kindInfo, type FieldValidation } from './decode.ts';
import { jsonEqual } from './go-format.ts';
import type { KubeObject } from './kube-object.ts';
import { StatusError } from './status-error.ts';
import { infoOf, resource, sample } from './testing/samples.ts';

const deployments = resource('deployments.apps');
const pods = resource('pods');
const configmaps = resource('configmaps');

function decode(
  body: string | object,
  info = configmaps,
  fieldValidation: FieldValidation = 'Strict',
  contentType = 'application/json',
): ReturnType<typeof decodeObject> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return decodeObject(Buffer.from(text), contentType, { info }, fieldValidation);
}

function refusal(run: () => unknown): StatusError {
  try {
    run();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('objects of a real server', () => {
  it.each(sample<KubeObject[]>('objects').map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))(
    '%s comes back as it was',
    (_title, object) => {
      const { object: decoded, warnings } = decode(object, infoOf(object));
      expect(warnings).toEqual([]);
      // The one known difference: Go writes a list that must be there but was never set as null, we as empty.
      const known = JSON.stringify(object).replaceAll('"currentMetrics":null', '"currentMetrics":[]');
      expect(jsonEqual(decoded, JSON.parse(known)), JSON.stringify(decoded)).toBe(true);
    },
  );
});

describe('faults', () => {
  const deployment = (spec: object): object => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec });
  const container = (fields: object): object => ({ template: { spec: { containers: [{ name: 'c', ...fields }] } } });
  const head = 'Deployment in version "v1" cannot be handled as a Deployment: ';

  it.each([
    [deployment({ replicas: 'many' }), 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [deployment({ replicas: 1.5 }), 'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [
      deployment({ replicas: 3e9 }),
      'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [deployment({ paused: 'yes' }), 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool'],
    [
      deployment(container({ env: [{ name: 'A', value: 1 }] })),
      'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
    ],
    [
      deployment(container({ imagePullPolicy: 1 })),
      'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.imagePullPolicy of type v1.PullPolicy',
    ],
    [
      deployment({ template: { spec: { containers: {} } } }),
      'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [deployment({ replica: 1 }), 'strict decoding error: unknown field "spec.replica"'],
    [
      deployment({ ...container({ imag: 'j' }), replica: 1 }),
      'strict decoding error: unknown field "spec.template.spec.containers[0].imag", unknown field "spec.replica"',
    ],
    [
      deployment(container({ resources: { limits: { memory: '64Q' } } })),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ])('%j', (body, reason) => {
    const error = refusal(() => decode(body, deployments));
    expect(error.code).toBe(400);
    expect(error.message).toBe(head + reason);
  });

  it('finds keys that stand twice, which JSON.parse does not', () => {
    const text = '{"kind":"ConfigMap","metadata":{"name":"x","name":"y"},"data":{"a":"{\\"b\\":1}","a":"2"}}';
    expect(refusal(() => decode(text)).message).toContain('duplicate field "metadata.name", duplicate field "data.a"');
    expect(decode(text, configmaps, 'Warn').warnings).toEqual(['duplicate field "metadata.name"', 'duplicate field "data.a"']);
    expect(decode(text, configmaps, 'Ignore').warnings).toEqual([]);
  });

  it('answers wrong kinds and versions like the server', () => {
    expect(refusal(() => decode({ apiVersion: 'v1', kind: 'Pod' })).message).toContain('cannot be handled as a ConfigMap: converting');
    expect(refusal(() => decode({ apiVersion: 'v1', kind: 'Widget' })).message).toContain(
      'no kind "Widget" is registered for version "v1"',
    );
    expect(refusal(() => decode({ apiVersion: 'apps/v1', kind: 'ConfigMap' })).message).toBe(
      'the API version in the data (apps/v1) does not match the expected API version (v1)',
    );
  });

  it.each(['', '{', 'null', '[]', '"x"', '1', '[[[[', '{"a":}', '\u0000'])('never throws anything but a StatusError: %j', (text) => {
    expect(refusal(() => decode(text)).code).toBe(400);
  });

  it('bounds depth and size', () => {
    const deep = `{"data":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    expect(refusal(() => decode(deep)).message).toContain('exceeded max depth');
    const deepYaml = `a: ${'['.repeat(2000)}${']'.repeat(2000)}`;
    expect(refusal(() => decode(deepYaml, configmaps, 'Strict', 'application/yaml')).code).toBe(400);
    expect(refusal(() => decode(`{"data":{"a":"${'x'.repeat(3 * 1024 * 1024)}"}}`)).code).toBe(413);
  });

  it('leaves the prototype alone', () => {
    const { object } = decode('{"data":{"__proto__":"x"}}');
    expect(Object.getPrototypeOf((object as { data?: object }).data)).toBe(Object.prototype);
    expect(JSON.stringify(object)).toContain('"__proto__":"x"');
  });

  it('does not take media types that it cannot read', () => {
    expect(refusal(() => decode('{}', configmaps, 'Strict', 'text/plain')).code).toBe(415);
  });
});

describe('YAML', () => {
  const yaml = (text: string): object => decode(text, configmaps, 'Strict', 'application/yaml').object;

  it('is read as Kubernetes reads it', () => {
    expect(yaml('kind: ConfigMap\ndata: {date: 2001-01-01, time: 12:30:45, text: "yes"}\n')).toMatchObject({
      data: { date: '2001-01-01', text: 'yes' },
    });
    expect(refusal(() => yaml('data: {a: yes}')).message).toContain(
      'cannot unmarshal bool into Go struct field ConfigMap.data of type string',
    );
  });

  it('bounds aliases', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghij'.replace(/./g, (c, i: number) => `${c}: &${c} [${`*${'abcdefghij'[i] ?? ''},`.repeat(10)}]\n`)}`;
    expect(refusal(() => yaml(bomb)).code).toBe(400);
  });
});

describe('protobuf, as kubectl 1.32 sends it', () => {
  const bodies = sample<Record<string, { path: string; contentType: string; body: string }>>('kubectl-protobuf');

  function decodeRecorded(name: string, plural: string, subresource?: string): KubeObject {
    const { body, contentType } = bodies[name] ?? { body: '', contentType: '' };
    const expected = { info: resource(plural), ...(subresource !== undefined && { subresource }) };
    return decodeObject(Buffer.from(body, 'base64'), contentType, expected, 'Strict').object;
  }

  it('keeps the zero of a pointer and drops that of a plain field', () => {
    const { spec } = decodeRecorded('deployment', 'deployments.apps') as Deployment;
    expect(spec).toEqual({
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            { name: 'base', image: 'registry.lab/base:1.0', command: ['sleep', 'inf'], ports: [{ containerPort: 8080 }], resources: {} },
          ],
        },
      },
      strategy: {},
    });
  });

  it.each([
    ['secret', 'secrets', { data: { token: 'YWJj' } }],
    ['configmap', 'configmaps', { data: { model: 'small' } }],
    ['job', 'jobs.batch', { spec: { template: { spec: { restartPolicy: 'Never' } } } }],
    ['role', 'roles.rbac.authorization.k8s.io', { rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] }] }],
    ['quota', 'resourcequotas', { spec: { hard: { pods: '2', 'limits.memory': '256Mi' } } }],
    ['pdb', 'poddisruptionbudgets.policy', { spec: { minAvailable: '50%' } }],
    ['ingress', 'ingresses.networking.k8s.io', { spec: { rules: [{ host: 'lab.example', http: { paths: [{ pathType: 'Prefix' }] } }] } }],
    ['service', 'services', { spec: { ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }], type: 'ClusterIP' } }],
    ['cani', 'selfsubjectaccessreviews.authorization.k8s.io', { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } }],
    ['rolebinding', 'rolebindings.rbac.authorization.k8s.io', { subjects: [{ kind: 'ServiceAccount', name: 'b', namespace: 'a' }] }],
  ])('%s', (name, plural, expected) => {
    expect(decodeRecorded(name, plural)).toMatchObject(expected);
  });

  it('reads the kind of a subresource', () => {
    expect(decodeRecorded('token', 'serviceaccounts', 'token')).toMatchObject({ kind: 'TokenRequest', spec: { expirationSeconds: 1200 } });
  });

  function decodeOrRefuse(bytes: Buffer): void {
    try {
      decodeObject(bytes, 'application/vnd.kubernetes.protobuf', { info: deployments }, 'Strict');
    } catch (error) {
      expect(error).toBeInstanceOf(StatusError);
    }
  }

  it('refuses what is cut off or garbled with a 400', () => {
    const bytes = Buffer.from(bodies['deployment']?.body ?? '', 'base64');
    const type = 'application/vnd.kubernetes.protobuf';
    expect(() => decodeObject(bytes.subarray(0, bytes.length - 60), type, { info: deployments }, 'Strict')).toThrow(StatusError);
    for (let length = 0; length < bytes.length; length += 1) decodeOrRefuse(bytes.subarray(0, length));
    for (let index = 4; index < bytes.length; index += 1) {
      const garbled = Buffer.from(bytes);
      garbled[index] = (garbled[index] ?? 0) ^ 0xff;
      decodeOrRefuse(garbled);
    }
  });
});

describe('canonical form', () => {
  it('is that of Go: quantities, zero values, structs that are always there', () => {
    const pod = {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i', tty: false, args: [], resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }] },
    };
    expect(decode(pod, pods).object).toEqual({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '500m', memory: '1Gi' } } }] },
      status: {},
    });
  });

  it('is reached once and for all', () => {
    for (const object of sample<KubeObject[]>('objects')) {
      const once = convertStrict(object, infoOf(object), 'Strict').object;
      expect(convertStrict(once, infoOf(object), 'Strict').object).toEqual(once);
    }
  });

  it('types the metadata of custom objects and leaves the rest to their schema', () => {
    const info = kindInfo('lab.example', 'v1', 'Drill');
    const body = { apiVersion: 'lab.example/v1', kind: 'Drill', metadata: { name: 'd', labels: { a: 'b' } }, spec: { any: [1, null] } };
    expect(convertStrict(body, info, 'Strict').object).toEqual(body);
    expect(() => convertStrict({ ...body, metadata: { name: 1 } }, info, 'Strict')).toThrow('of type string');
  });

  it('takes DeleteOptions under any version', () => {
    const options = { kind: 'DeleteOptions', apiVersion: 'apps/v1', propagationPolicy: 'Background' };
    const { object } = decodeObject(Buffer.from(JSON.stringify(options)), 'application/json', { info: deleteOptionsKind }, 'Ignore');
    expect(object).toMatchObject({ propagationPolicy: 'Background' });
  });
});
