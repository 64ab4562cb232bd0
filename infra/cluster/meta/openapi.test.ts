import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs/minimal.js';
import { describe, expect, it } from 'vitest';
import { etagOf, openApiDocument, openApiIndex } from './openapi.ts';
import { openApiV2Document } from './openapi-v2.ts';
import { ResourceRegistry, type ResourceInfo } from './registry.ts';

type Schema = { type?: string; description?: string; properties?: Record<string, Schema>; [key: string]: unknown };
interface Document {
  readonly paths: Record<string, Record<string, { parameters?: { name: string }[]; [key: string]: unknown }>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

function read(path: string, registry?: ResourceRegistry): Document {
  const document = openApiDocument(path, registry);
  if (document === undefined) throw new Error(`no document ${path}`);
  return JSON.parse(document.body.toString()) as Document;
}

describe('the documents', () => {
  it('are named by the hash of their content', () => {
    const document = openApiDocument('apis/apps/v1');
    expect(document?.etag).toMatch(/^[0-9A-F]{128}$/);
    expect(etagOf(document!.body)).toBe(document?.etag);
    expect(gunzipSync(document!.gzip)).toEqual(document?.body);
    expect(openApiIndex().paths['apis/apps/v1']?.serverRelativeURL).toBe(`/openapi/v3/apis/apps/v1?hash=${document?.etag ?? ''}`);
    expect(openApiIndex().paths['api/v1']).toBeDefined();
    expect(openApiDocument('apis/none/v1')).toBeUndefined();
  });

  it('are made once for all clusters', () => {
    expect(openApiDocument('api/v1', new ResourceRegistry())).toBe(openApiDocument('api/v1', new ResourceRegistry()));
  });

  it('promise fieldValidation on PATCH, which kubectl asks for', () => {
    const patch = read('apis/policy/v1').paths['/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets/{name}']?.['patch'];
    expect(patch?.parameters?.map(({ name }) => name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect(patch).toMatchObject({
      operationId: 'patchPolicyV1NamespacedPodDisruptionBudget',
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' },
    });
  });

  it('refer to no schema that is not in them', () => {
    for (const path of Object.keys(openApiIndex().paths)) {
      const document = read(path);
      const references = new Set(JSON.stringify(document).match(/#\/components\/schemas\/[^"]+/g));
      for (const reference of references)
        expect(document.components.schemas).toHaveProperty([reference.slice('#/components/schemas/'.length)]);
    }
  });

  it('describe types with their prose, enums and merge keys', () => {
    const { schemas } = read('api/v1').components;
    const podSpec = schemas['io.k8s.api.core.v1.PodSpec'];
    expect(podSpec?.properties?.['restartPolicy']).toMatchObject({ type: 'string', enum: ['Always', 'Never', 'OnFailure'] });
    expect(podSpec?.properties?.['restartPolicy']?.description).toMatch(
      /^Restart policy for all containers within the pod\.[\s\S]*\n\nPossible enum values:\n - `"Always"`\n - `"Never"`\n - `"OnFailure"`$/,
    );
    expect(podSpec?.properties?.['containers']).toMatchObject({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(podSpec).toMatchObject({ required: ['containers'] });
    expect(schemas['io.k8s.api.core.v1.Pod']?.['x-kubernetes-group-version-kind']).toEqual([{ group: '', version: 'v1', kind: 'Pod' }]);
    expect(schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toEqual({
      format: 'int-or-string',
      oneOf: [{ type: 'integer' }, { type: 'string' }],
    });
  });

  it('hold the prose of fields whose type is described too', () => {
    const { strategy } = read('apis/apps/v1').components.schemas['io.k8s.api.apps.v1.DeploymentSpec']?.properties ?? {};
    expect(strategy?.description).toBe('The deployment strategy to use to replace existing pods with new ones.');
    expect(strategy?.['allOf']).toEqual([{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy' }]);
  });
});

describe('custom resources', () => {
  const drills: ResourceInfo = {
    group: 'lab.example',
    version: 'v1',
    resource: 'drills',
    kind: 'Drill',
    listKind: 'DrillList',
    singular: 'drill',
    namespaced: true,
    verbs: ['get', 'list', 'create', 'update', 'patch', 'delete'],
    shortNames: [],
    categories: [],
    subresources: [],
    columns: [],
    schema: { type: 'object', properties: { spec: { type: 'object', properties: { severity: { type: 'integer' } } } } },
  };

  it('have a document as long as they are served, of their own cluster', () => {
    const registry = new ResourceRegistry();
    registry.add(drills);
    const document = read('apis/lab.example/v1', registry);
    expect(document.components.schemas['example.lab.v1.Drill']).toMatchObject({
      properties: { spec: { properties: { severity: { type: 'integer' } } }, metadata: {} },
      'x-kubernetes-group-version-kind': [{ group: 'lab.example', version: 'v1', kind: 'Drill' }],
    });
    expect(
      document.paths['/apis/lab.example/v1/namespaces/{namespace}/drills/{name}']?.['patch']?.parameters?.map(({ name }) => name),
    ).toContain('fieldValidation');
    expect(openApiIndex(registry).paths['apis/lab.example/v1']).toBeDefined();
    expect(openApiIndex().paths['apis/lab.example/v1']).toBeUndefined();
    const first = openApiDocument('apis/lab.example/v1', registry);
    expect(openApiDocument('apis/lab.example/v1', registry)).toBe(first);
    registry.add({ ...drills, schema: { type: 'object' } });
    expect(openApiDocument('apis/lab.example/v1', registry)?.etag).not.toBe(first?.etag);
  });
});

describe('version 2', () => {
  it('is a document of the right kind with nothing in it', () => {
    const reader = protobuf.Reader.create(openApiV2Document());
    expect([reader.uint32() >>> 3, reader.string()]).toEqual([1, '2.0']);
    expect(reader.uint32() >>> 3).toBe(2);
    reader.skip(reader.uint32());
    expect([reader.uint32() >>> 3, reader.uint32()]).toEqual([8, 0]);
    expect(reader.pos).toBe(reader.len);
  });
});
