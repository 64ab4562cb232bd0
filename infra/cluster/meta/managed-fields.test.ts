import { describe, expect, it } from 'vitest';
import { convertStrict } from './decode.ts';
import { difference, intersection, pathsOf, union } from './field-set.ts';
import type { Deployment, JSONSchemaProps } from './generated/types.ts';
import type { KubeObject, ManagedFieldsEntry } from './kube-object.ts';
import { managerFromUserAgent, serverSideApply, trackUpdate, type OwnedResource } from './managed-fields.ts';
import type { StatusError } from './status-error.ts';
import { fromYaml, infoOf, resource, sample } from './testing/samples.ts';

const timeIso = '2026-01-01T00:00:00Z';
const later = '2026-01-01T00:01:00Z';
const configmaps = resource('configmaps');
const objects = sample<KubeObject[]>('objects');

describe('sets of fields', () => {
  const a = { 'f:a': {}, 'f:b': { '.': {}, 'f:c': {} } };

  it('joins, cuts and takes away path by path', () => {
    expect(union(a, { 'f:b': { 'f:d': {} } })).toEqual({ 'f:a': {}, 'f:b': { '.': {}, 'f:c': {}, 'f:d': {} } });
    expect(difference(a, { 'f:b': {} })).toEqual({ 'f:a': {}, 'f:b': { 'f:c': {} } });
    expect(difference(a, { 'f:b': { 'f:c': {} } })).toEqual({ 'f:a': {}, 'f:b': {} });
    expect(difference(a, a)).toEqual({});
    expect(intersection(a, { 'f:b': { 'f:c': {} } })).toEqual({ 'f:b': { 'f:c': {} } });
  });

  it('prints paths as messages show them', () => {
    const set = {
      'f:spec': { 'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } } },
      'f:metadata': { 'f:finalizers': { 'v:"x/y"': {} } },
    };
    expect(pathsOf(set)).toEqual([
      '.metadata.finalizers[="x/y"]',
      '.spec.ports[containerPort=80,protocol="TCP"]',
      '.spec.ports[containerPort=80,protocol="TCP"].name',
    ]);
  });
});

describe('creating what a real server recorded', () => {
  /** The recorded object as its creator sent it: without what others added. */
  function created(
    kind: string,
    strip: (object: Record<string, never>) => void,
  ): { next: KubeObject; entry: ManagedFieldsEntry | undefined; manager: string } {
    const object = structuredClone(
      objects.find((other) => other.kind === kind && other.metadata.deletionTimestamp === undefined),
    ) as KubeObject & { status?: unknown };
    const entry = object.metadata.managedFields?.find(
      ({ subresource, manager }) => subresource === undefined && manager.startsWith('kubectl'),
    );
    delete object.metadata.managedFields;
    delete object.status;
    strip(object as unknown as Record<string, never>);
    return { next: convertStrict(object, infoOf(object), 'Strict').object, entry, manager: entry?.manager ?? '' };
  }

  it.each<[string, (object: never) => void]>([
    ['Deployment', (object: Deployment) => delete object.metadata.annotations],
    ['ConfigMap', () => undefined],
    ['CronJob', () => undefined],
    ['Secret', () => undefined],
    ['ResourceQuota', () => undefined],
    ['PodDisruptionBudget', () => undefined],
    [
      'Service',
      (object: { spec: Record<string, unknown> }) => {
        for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) Reflect.deleteProperty(object.spec, field);
      },
    ],
  ] as [string, (object: never) => void][])('%s', (kind, strip) => {
    const { next, entry, manager } = created(kind, strip as (object: Record<string, never>) => void);
    expect(entry).toBeDefined();
    const [tracked] = trackUpdate(undefined, next, { manager, timeIso, info: infoOf(next) });
    expect(tracked?.fieldsV1).toEqual(entry?.fieldsV1);
    expect(tracked).toMatchObject({ manager, operation: 'Update', apiVersion: next.apiVersion, fieldsType: 'FieldsV1', time: timeIso });
  });
});

describe('updates', () => {
  const base = fromYaml('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, labels: {x: z}}\ndata: {a: "1", b: "1"}');
  const options = { manager: 'one', timeIso, info: configmaps };
  const withFields = (object: KubeObject, managedFields: ManagedFieldsEntry[]): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, managedFields },
  });
  const first = withFields(base, trackUpdate(undefined, base, options));

  it('give to the writer what changed and take it from others', () => {
    const next = { ...first, data: { a: '2', c: '1' } } as KubeObject;
    const entries = trackUpdate(first, next, { ...options, manager: 'two', timeIso: later });
    expect(entries.map(({ manager, time, fieldsV1 }) => [manager, time, fieldsV1])).toEqual([
      ['one', timeIso, { 'f:data': {}, 'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } } }],
      ['two', later, { 'f:data': { 'f:a': {}, 'f:c': {} } }],
    ]);
  });

  it('that change nothing leave the books as they are', () => {
    expect(trackUpdate(first, structuredClone(first), { ...options, manager: 'two', timeIso: later })).toEqual(
      first.metadata.managedFields,
    );
  });

  it('by the same manager keep one entry, by another subresource a second', () => {
    const next = { ...first, data: { a: '1', b: '2' } } as KubeObject;
    expect(trackUpdate(first, next, { ...options, timeIso: later })).toHaveLength(1);
    expect(trackUpdate(first, next, { ...options, subresource: 'status' })).toHaveLength(2);
  });

  it('reset the books with one empty entry, not with an empty list, which clients that know nothing of the field send', () => {
    expect(trackUpdate(first, withFields(base, [{} as ManagedFieldsEntry]), options)).toEqual([]);
    expect(trackUpdate(first, withFields(base, []), options)).toEqual(first.metadata.managedFields);
  });

  it('may write the books themselves, but no illegible ones and not through a subresource', () => {
    const entries = (first.metadata.managedFields ?? []).map((entry) => ({ ...entry, manager: 'kubectl', operation: 'Apply' as const }));
    expect(trackUpdate(first, withFields(base, entries), options)).toEqual(entries);
    expect(trackUpdate(first, withFields(base, entries), { ...options, subresource: 'status' })).toEqual(first.metadata.managedFields);
    const illegible = entries.map((entry) => ({ ...entry, fieldsType: 'FieldsV2' }) as unknown as ManagedFieldsEntry);
    expect(trackUpdate(first, withFields(base, illegible), options)).toEqual(first.metadata.managedFields);
  });

  it('by very many managers are drawn together', () => {
    let object = first;
    for (let index = 0; index < 30; index += 1) {
      const next = { ...object, data: { ...(object as unknown as { data: object }).data, [`k${index}`]: 'x' } } as KubeObject;
      object = withFields(
        next,
        trackUpdate(object, next, { ...options, manager: `m${index}`, timeIso: `2026-01-01T00:01:${String(index).padStart(2, '0')}Z` }),
      );
    }
    const entries = object.metadata.managedFields ?? [];
    expect(entries).toHaveLength(10);
    const ancient = entries.find(({ manager }) => manager === 'ancient-changes');
    expect(pathsOf((ancient?.fieldsV1 ?? {}) as never)).toContain('.data.k5');
  });
});

describe('server-side apply', () => {
  const apply = (current: KubeObject | undefined, data: object, manager: string, force = false): KubeObject =>
    serverSideApply(current, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa' }, data } as KubeObject, {
      manager,
      force,
      timeIso,
      info: configmaps,
    }).object;
  const owners = (object: KubeObject): Record<string, unknown> =>
    Object.fromEntries((object.metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]));

  it('writes the books that the server wrote', () => {
    const { request, response } = sample<{ request: { body: string }; response: KubeObject }>('apply');
    const { object } = serverSideApply(undefined, JSON.parse(request.body) as KubeObject, {
      manager: 'me',
      force: false,
      timeIso: '2026-11-21T03:00:12Z',
      info: configmaps,
    });
    expect(object.metadata.managedFields).toEqual(response.metadata.managedFields);
  });

  it('refuses what others own, field by field, unless forced', () => {
    const alice = apply(undefined, { a: '1', b: '1' }, 'alice');
    const conflict = (data: object): StatusError => {
      try {
        apply(alice, data, 'bob');
      } catch (error) {
        return error as StatusError;
      }
      throw new Error('no conflict');
    };
    const one = conflict({ a: '2' });
    expect(one.status).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "alice": .data.a',
    });
    expect(one.status.details?.causes).toEqual([{ reason: 'FieldManagerConflict', message: 'conflict with "alice"', field: '.data.a' }]);
    expect(conflict({ a: '2', b: '2' }).message).toBe('Apply failed with 2 conflicts: conflicts with "alice":\n- .data.a\n- .data.b');
    const bob = apply(alice, { a: '2' }, 'bob', true);
    expect(bob).toMatchObject({ data: { a: '2', b: '1' } });
    expect(owners(bob)).toEqual({ alice: { 'f:data': { 'f:b': {} } }, bob: { 'f:data': { 'f:a': {} } } });
  });

  it('shares a field that two want alike, and keeps it until both let go', () => {
    const both = apply(apply(undefined, { a: '1', b: '1' }, 'alice'), { a: '1' }, 'bob');
    const afterAlice = apply(both, { b: '1' }, 'alice');
    expect(afterAlice).toMatchObject({ data: { a: '1', b: '1' } });
    expect(apply(afterAlice, {}, 'bob')).toMatchObject({ data: { b: '1' } });
    expect((apply(afterAlice, {}, 'bob') as unknown as { data: object }).data).toEqual({ b: '1' });
  });

  it('names who wrote a field without apply', () => {
    const written = fromYaml('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ssa}\ndata: {a: "1"}');
    const managedFields = trackUpdate(undefined, written, { manager: 'kubectl-create', timeIso, info: configmaps });
    const current = { ...written, metadata: { ...written.metadata, managedFields } };
    expect(() => apply(current, { a: '2' }, 'bob')).toThrow('conflict with "kubectl-create" using v1: .data.a');
    expect(() => apply(written, { a: '2' }, 'bob')).toThrow('conflict with "before-first-apply" using v1: .data.a');
  });

  it('does not move the time of an apply that changes nothing', () => {
    const first = apply(undefined, { a: '1' }, 'alice');
    const again = serverSideApply(
      first,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa' }, data: { a: '1' } } as KubeObject,
      {
        manager: 'alice',
        force: false,
        timeIso: later,
        info: configmaps,
      },
    );
    expect(again.unchanged).toBe(true);
    expect(again.object).toEqual(first);
  });

  describe('after a client-side apply', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const config = (data: object): KubeObject =>
      ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', annotations: {} }, data }) as unknown as KubeObject;
    const live = (data: object, lastApplied: object): KubeObject => {
      const object = { ...config(data), metadata: { name: 'c', annotations: { [annotation]: JSON.stringify(config(lastApplied)) } } };
      const managedFields = trackUpdate(undefined, object, { manager: 'kubectl-client-side-apply', timeIso, info: configmaps });
      return { ...object, metadata: { ...object.metadata, managedFields } };
    };
    const apply = (current: KubeObject, data: object, manager = 'kubectl'): KubeObject =>
      serverSideApply(current, config(data), { manager, force: false, timeIso: later, info: configmaps }).object;

    it('kubectl takes over what it applied last, and keeps the annotation up to date', () => {
      const applied = apply(live({ a: '1' }, { a: '1' }), { a: '2' });
      expect(applied).toMatchObject({ data: { a: '2' } });
      expect(applied.metadata.annotations?.[annotation]).toBe(
        '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"c"}}\n',
      );
    });

    it('other managers do not, nor does kubectl what somebody changed since', () => {
      expect(() => apply(live({ a: '1' }, { a: '1' }), { a: '2' }, 'not-kubectl')).toThrow('Apply failed with 1 conflict');
      expect(() => apply(live({ a: '3' }, { a: '1' }), { a: '2' })).toThrow('Apply failed with 1 conflict');
      expect(() => apply({ ...live({ a: '1' }, {}), data: { a: '1' } } as KubeObject, { a: '2' })).toThrow('Apply failed with 1 conflict');
    });

    it('an annotation that is no configuration helps nobody', () => {
      const broken = live({ a: '1' }, { a: '1' });
      broken.metadata.annotations = { [annotation]: '{' };
      expect(() => apply(broken, { a: '2' })).toThrow('Apply failed with 1 conflict');
    });
  });

  describe('of lists', () => {
    const deployments = resource('deployments.apps');
    const deployment = (containers: object[], manager: string, current?: KubeObject): Deployment => {
      const config = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers } } },
      } as unknown as KubeObject;
      const { object } = serverSideApply(current, config, { manager, force: false, timeIso, info: deployments });
      return convertStrict<Deployment>(object, deployments, 'Strict').object;
    };
    const names = (object: Deployment): string[] => (object.spec?.template.spec?.containers ?? []).map(({ name }) => name);

    it('merges items by key and prunes those that are let go', () => {
      const one = deployment(
        [
          { name: 'a', image: 'i' },
          { name: 'b', image: 'i' },
        ],
        'one',
      );
      const two = deployment([{ name: 'c', image: 'i' }], 'two', one);
      expect(names(two)).toEqual(['a', 'b', 'c']);
      expect(names(deployment([{ name: 'b', image: 'i' }], 'one', two))).toEqual(['b', 'c']);
    });

    it('completes keys that have a default', () => {
      const object = deployment([{ name: 'a', image: 'i', ports: [{ containerPort: 80 }] }], 'one');
      expect(JSON.stringify(object.metadata.managedFields)).toContain('k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}');
    });

    it('refuses unknown fields in its own words', () => {
      expect(() => deployment([{ name: 'a', imag: 'i' }], 'one')).toThrow(
        'failed to create typed patch object (d; apps/v1, Kind=Deployment): .spec.template.spec.containers[0].imag: field not declared in schema',
      );
    });

    it('owns a list that names an item twice as a whole instead of losing one', () => {
      const doubled = [{ containerPort: 80 }, { containerPort: 80, name: 'x' }];
      const object = deployment([{ name: 'a', image: 'i', ports: doubled }], 'one');
      expect(object.spec?.template.spec?.containers[0]?.ports).toEqual(doubled);
    });
  });

  it('leaves status to its subresource', () => {
    const applied = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' }, status: { phase: 'Active' } } as KubeObject;
    const namespaces = resource('namespaces');
    const fields = (subresource?: string): unknown =>
      serverSideApply(undefined, applied, { manager: 'm', force: false, timeIso, info: namespaces, ...(subresource && { subresource }) })
        .object.metadata.managedFields?.[0]?.fieldsV1;
    expect(fields()).toBeUndefined();
    expect(fields('status')).toEqual({ 'f:status': { 'f:phase': {} } });
  });

  it('follows the schema of a custom resource', () => {
    const schema: JSONSchemaProps = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: {
            whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'integer' } },
            list: {
              type: 'array',
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['id'],
              items: { type: 'object', properties: { id: { type: 'integer' }, v: { type: 'integer' } } },
            },
          },
        },
      },
    };
    const info: OwnedResource = { group: 'lab.example', version: 'v1', kind: 'Drill', schema };
    const drill = {
      apiVersion: 'lab.example/v1',
      kind: 'Drill',
      metadata: { name: 'd' },
      spec: { whole: { a: 1 }, list: [{ id: 1, v: 2 }], free: { x: { y: 1 } } },
    } as KubeObject;
    const options = { manager: 'm', force: false, timeIso, info };
    expect(() => serverSideApply(undefined, { ...drill, other: 1 } as KubeObject, options)).toThrow(
      'failed to create typed patch object (d; lab.example/v1, Kind=Drill): .other: field not declared in schema',
    );
    const { object } = serverSideApply(undefined, drill, options);
    expect(object.metadata.managedFields?.[0]?.fieldsV1).toEqual({
      'f:spec': {
        'f:whole': {},
        'f:list': { 'k:{"id":1}': { '.': {}, 'f:id': {}, 'f:v': {} } },
        'f:free': { '.': {}, 'f:x': { '.': {}, 'f:y': {} } },
      },
    });
  });
});

describe('managerFromUserAgent', () => {
  it.each([
    ['kubectl-create/v1.32.0 (linux/amd64)', 'kubectl-create'],
    ['curl', 'curl'],
    ['', ''],
    ['a\u0007b/1', 'ab'],
    ['x'.repeat(200), 'x'.repeat(128)],
  ])('%j', (userAgent, manager) => {
    expect(managerFromUserAgent(userAgent)).toBe(manager);
  });
});
