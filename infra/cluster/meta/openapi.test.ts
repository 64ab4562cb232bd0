import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs/minimal.js';
import { describe, expect, it } from 'vitest';
import { etagOf, openApiDocument, openApiIndex } from './openapi.ts';
import { generateSwagger, openApiV2Document, swaggerSchema } from './openapi-v2.ts';
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
  const swagger = generateSwagger();

  it('holds all kinds and paths, with references that lead somewhere', () => {
    expect(swagger.definitions['io.k8s.api.core.v1.ServiceList']).toMatchObject({
      properties: { items: { description: 'List of services', items: { $ref: '#/definitions/io.k8s.api.core.v1.Service' } } },
    });
    expect(swagger.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale']).toBeDefined();
    const references = JSON.stringify(swagger).match(/"#\/[^"]+"/g) ?? [];
    expect(references.length).toBeGreaterThan(1_000);
    const isThere = (reference: string): boolean => {
      const [, section = '', name = ''] = reference.split('/');
      return (swagger as unknown as Record<string, Record<string, unknown>>)[section]?.[name] !== undefined;
    };
    expect(references.map((text) => text.slice(1, -1)).filter((reference) => !isThere(reference))).toEqual([]);
  });

  it('knows of each kind what it is', () => {
    const kinds = (name: string): unknown => swagger.definitions[name]?.['x-kubernetes-group-version-kind'];
    expect(kinds('io.k8s.api.apps.v1.Deployment')).toEqual([{ group: 'apps', version: 'v1', kind: 'Deployment' }]);
    expect(kinds('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')).toEqual(
      expect.arrayContaining([
        { group: '', version: 'v1', kind: 'DeleteOptions' },
        { group: 'apps', version: 'v1', kind: 'DeleteOptions' },
      ]),
    );
  });

  it('says what may be several things as Swagger can', () => {
    expect(swagger.definitions['io.k8s.apimachinery.pkg.api.resource.Quantity']).toEqual({ type: 'string' });
    expect(swagger.definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toEqual({ type: 'string', format: 'int-or-string' });
    const nullable = swaggerSchema({ type: 'object', nullable: true, properties: { a: { type: 'string', default: 'x' } } });
    expect(nullable).toEqual({ type: 'object', properties: { a: { type: 'string' } } });
  });

  it('is the same in both forms, and of one cluster where that has kinds of its own', () => {
    const json = openApiV2Document('json');
    expect(JSON.parse(json.body().toString('utf8'))).toEqual(JSON.parse(JSON.stringify(swagger)));
    const reader = protobuf.Reader.create(openApiV2Document('protobuf').body());
    expect([reader.uint32() >>> 3, reader.string()]).toEqual([1, '2.0']);
    const registry = new ResourceRegistry();
    registry.add(drills);
    const own = openApiV2Document('json', registry);
    expect(own.body().toString('utf8')).toContain('#/definitions/example.lab.v1.Drill');
    expect(own.etag).not.toBe(json.etag);
    expect(openApiV2Document('json', new ResourceRegistry()).etag).toBe(json.etag);
  });
});
