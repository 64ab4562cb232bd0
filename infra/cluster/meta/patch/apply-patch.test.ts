import { describe, expect, it } from 'vitest';
import { applyDefaults } from '../defaults.ts';
import { convertStrict, kindInfo } from '../decode.ts';
import type { Deployment } from '../generated/types.ts';
import type { KubeObject, PatchKind } from '../kube-object.ts';
import { StatusError } from '../status-error.ts';
import { fromYaml, infoOf, resource, sample } from '../testing/samples.ts';
import { applyPatch, decodePatched, parsePatch, type PlainPatchKind } from './apply-patch.ts';

const configmaps = resource('configmaps');
const deployments = resource('deployments.apps');

const configMap = fromYaml('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gw}\ndata: {model: large, timeout: 5s}');

function patched(kind: PlainPatchKind, patch: unknown, object: KubeObject = configMap): KubeObject {
  return applyPatch(kind, object, patch, infoOf(object));
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

describe('a recorded strategic patch', () => {
  it('does what the server did', () => {
    const { request, response } = sample<{ request: { body: string }; response: Deployment }>('strategic-patch');
    const before = structuredClone(response);
    delete before.spec!.template.spec!.containers[0]!.env;
    const after = patched('strategic', JSON.parse(request.body), before);
    const { object } = convertStrict(after, deployments, 'Strict');
    expect((applyDefaults(object) as Deployment).spec).toEqual(response.spec);
  });
});

describe('merge patches', () => {
  it('set, remove and leave alone', () => {
    expect(patched('merge', { data: { model: 'small', timeout: null, extra: { a: 1, b: null } } })).toMatchObject({
      data: { model: 'small', extra: { a: 1 } },
    });
    expect(patched('merge', { metadata: { labels: { a: 'b' } } }).metadata.labels).toEqual({ a: 'b' });
  });

  it('do not change what they are applied to', () => {
    const frozen = Object.freeze({ ...configMap, data: Object.freeze({ model: 'large' }) }) as KubeObject;
    expect(patched('merge', { data: { model: 'small' } }, frozen)).toMatchObject({ data: { model: 'small' } });
    expect(frozen).toMatchObject({ data: { model: 'large' } });
  });

  it('must be objects and cannot reach the prototype', () => {
    expect(refusal(() => patched('merge', [])).code).toBe(400);
    patched('merge', JSON.parse('{"__proto__":{"polluted":true}}'));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('JSON patches', () => {
  it('change in order', () => {
    const patch = [
      { op: 'remove', path: '/data/timeout' },
      { op: 'test', path: '/data/model', value: 'large' },
      { op: 'add', path: '/data/new', value: 'x' },
    ];
    expect(patched('json', patch)).toMatchObject({ data: { model: 'large', new: 'x' } });
    expect(configMap).toMatchObject({ data: { timeout: '5s' } });
  });

  it.each([
    [[{ op: 'test', path: '/data/model', value: 'nope' }]],
    [[{ op: 'remove', path: '/data/none' }]],
    [[{ op: 'move', from: '', path: '/metadata/labels' }]],
    [[{ op: 'move', from: '/metadata', path: '/metadata/labels' }]],
    [[{ op: 'replace', path: '/none/none', value: 1 }]],
    [[{ op: 'nonsense', path: '/data' }]],
    [[{ op: 'add', path: '/__proto__/polluted', value: true }]],
    [['nonsense']],
  ])("%j is refused with the server's terse answer", (patch) => {
    const error = refusal(() => patched('json', patch));
    expect(error.status).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    });
  });

  it('are bounded', () => {
    expect(refusal(() => patched('json', new Array(10_001).fill({ op: 'test', path: '', value: 1 }))).code).toBe(413);
    const doubling = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '/data', path: `/data/copy${index}` }));
    expect(refusal(() => patched('json', doubling)).code).toBe(422);
    expect(refusal(() => patched('json', {})).code).toBe(400);
  });
});

describe('strategic merge patches', () => {
  const deployment = fromYaml<Deployment>(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, finalizers: [lab.example/a, lab.example/b]}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      nodeSelector: {disk: ssd}
      volumes: [{name: v, emptyDir: {}}]
      tolerations: [{key: a, operator: Exists}]
      containers:
      - {name: one, image: "i:1", env: [{name: A, value: "1"}, {name: B, value: "2"}], ports: [{containerPort: 80}]}
      - {name: two, image: "i:1"}
`);
  const podSpec = (patch: object): NonNullable<NonNullable<Deployment['spec']>['template']['spec']> => {
    const result = patched('strategic', { spec: { template: { spec: patch } } }, deployment) as Deployment;
    return result.spec!.template.spec!;
  };
  const names = (list: readonly { name: string }[] | undefined): string[] => (list ?? []).map(({ name }) => name);

  it('merge lists by key', () => {
    const { containers } = podSpec({
      containers: [
        { name: 'two', image: 'i:2' },
        { name: 'three', image: 'i' },
      ],
    });
    // Items that the patch names stand in its order, the others before the first that stood behind them.
    expect(containers.map(({ name, image }) => `${name} ${image ?? ''}`)).toEqual(['one i:1', 'two i:2', 'three i']);
    expect(containers[0]?.env).toHaveLength(2);
  });

  it('merge lists inside lists, new items before those that only the server has, and delete from them', () => {
    const { containers } = podSpec({
      containers: [
        {
          name: 'one',
          env: [
            { name: 'B', $patch: 'delete' },
            { name: 'C', value: '3' },
          ],
        },
      ],
    });
    expect(names(containers[0]?.env)).toEqual(['C', 'A']);
    expect(names(podSpec({ containers: [{ name: 'two', $patch: 'delete' }] }).containers)).toEqual(['one']);
    expect(names(podSpec({ containers: [{ name: 'none', $patch: 'delete' }] }).containers)).toEqual(['one', 'two']);
  });

  it('replace what merges when told so, and what has no key anyway', () => {
    expect(names(podSpec({ containers: [{ $patch: 'replace' }, { name: 'new', image: 'i' }] }).containers)).toEqual(['new']);
    expect(podSpec({ tolerations: [{ key: 'b', operator: 'Exists' }] }).tolerations).toEqual([{ key: 'b', operator: 'Exists' }]);
    expect(podSpec({ nodeSelector: { $patch: 'replace', zone: 'a' } }).nodeSelector).toEqual({ zone: 'a' });
    expect(podSpec({ nodeSelector: { zone: 'a' } }).nodeSelector).toEqual({ disk: 'ssd', zone: 'a' });
    expect(podSpec({ nodeSelector: null }).nodeSelector).toBeUndefined();
  });

  it('order lists as $setElementOrder says', () => {
    const order = [{ name: 'two' }, { name: 'one' }];
    expect(names(podSpec({ '$setElementOrder/containers': order }).containers)).toEqual(['two', 'one']);
    const patch = { '$setElementOrder/containers': [{ name: 'new' }, { name: 'two' }], containers: [{ name: 'new', image: 'i' }] };
    expect(names(podSpec(patch).containers)).toEqual(['new', 'one', 'two']);
  });

  it('change a union by $retainKeys', () => {
    const { volumes } = podSpec({ volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }] });
    expect(volumes).toEqual([{ name: 'v', configMap: { name: 'c' } }]);
  });

  it('merge lists of plain values and delete from them', () => {
    const meta = (patch: object): string[] | undefined => patched('strategic', { metadata: patch }, deployment).metadata.finalizers;
    expect(meta({ finalizers: ['lab.example/c', 'lab.example/a'] })).toEqual(['lab.example/c', 'lab.example/a', 'lab.example/b']);
    expect(meta({ '$deleteFromPrimitiveList/finalizers': ['lab.example/a'] })).toEqual(['lab.example/b']);
    expect(meta({ finalizers: null })).toBeUndefined();
  });

  it('leave no directive behind in what is new', () => {
    const { containers } = podSpec({
      containers: [
        { name: 'new', image: 'i', env: [{ $patch: 'replace' }, { name: 'X', value: '1' }], '$setElementOrder/env': [{ name: 'X' }] },
      ],
    });
    expect(JSON.stringify(containers)).not.toContain('$');
  });

  it.each([
    [{ containers: [{ image: 'i' }] }, 'map: {"image":"i"} does not contain declared merge key: name'],
    [{ $patch: 'nonsense' }, 'unrecognized patch directive'],
    [{ volumes: [{ name: 'v', $retainKeys: ['name'], configMap: {} }] }, 'configMap must be present in the $retainKeys list'],
    [{ '$setElementOrder/containers': [{ name: 'two' }], containers: [{ name: 'one' }] }, "doesn't match $setElementOrder list"],
  ])('%j is a bad request', (patch, message) => {
    const error = refusal(() => podSpec(patch));
    expect(error.code).toBe(400);
    expect(error.message).toContain(message);
  });

  it('are not for custom resources', () => {
    const drill = { apiVersion: 'lab.example/v1', kind: 'Drill', metadata: { name: 'd' } };
    expect(refusal(() => applyPatch('strategic', drill, {}, kindInfo('lab.example', 'v1', 'Drill'))).code).toBe(415);
  });
});

describe('reading and decoding', () => {
  it('reads JSON, and YAML for apply', () => {
    expect(parsePatch('merge', Buffer.from('{"a":1}'))).toEqual({ a: 1 });
    expect(parsePatch('apply', Buffer.from('a: 1'))).toEqual({ a: 1 });
    for (const kind of ['json', 'merge', 'strategic', 'apply'] satisfies PatchKind[]) {
      expect(refusal(() => parsePatch(kind, Buffer.from('{"a":'))).code).toBe(400);
    }
  });

  it('shows the patch or the patched object when the result is no such object', () => {
    const context = { info: configmaps, fieldValidation: 'Strict' } as const;
    const merge = { spec: { foo: 1 } };
    expect(refusal(() => decodePatched('merge', patched('merge', merge), merge, context)).message).toContain(
      '\\"spec\\":{\\"foo\\":1}}": strict decoding error: unknown field "spec"',
    );
    const wrongType = { data: { a: [1, true] } };
    expect(refusal(() => decodePatched('strategic', patched('strategic', wrongType), wrongType, context)).message).toBe(
      ' "" is invalid: patch: Invalid value: "map[data:map[a:[1 true]]]": unrecognized type: string',
    );
    const number = { data: { a: 1 } };
    expect(refusal(() => decodePatched('strategic', patched('strategic', number), number, context)).message).toBe(
      ' "" is invalid: patch: Invalid value: "map[data:map[a:1]]": cannot convert int64 to string',
    );
    const notAMap = { metadata: { labels: 'x' } };
    expect(refusal(() => decodePatched('strategic', patched('strategic', notAMap), notAMap, context)).message).toBe(
      ' "" is invalid: patch: Invalid value: "map[metadata:map[labels:x]]": cannot restore map from string',
    );
    expect(decodePatched('merge', patched('merge', merge), merge, { ...context, fieldValidation: 'Warn' }).warnings).toEqual([
      'unknown field "spec"',
    ]);
  });
});
