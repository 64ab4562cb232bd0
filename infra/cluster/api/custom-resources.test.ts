import { CustomObjectsApi, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JSONSchemaProps } from '../meta/generated/types.ts';
import { startBareControlPlane, type BareControlPlane } from '../testing/bare-control-plane.ts';
import { ApiCaller } from '../testing/api-caller.ts';
import { kubectlOn, refusalOf, type Kubectl } from './testing/api-calls.ts';

let plane: BareControlPlane;
let config: KubeConfig;
let objects: CustomObjectsApi;
let kubectl: Kubectl;
let caller: ApiCaller;

const schema: JSONSchemaProps = {
  type: 'object',
  description: 'A widget.',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer', maximum: 10 },
        count: { type: 'integer', default: 1 },
        color: { type: 'string', default: 'red' },
      },
      'x-kubernetes-validations': [{ rule: '!has(self.size) || self.count <= self.size', message: 'more than there is room for' }],
    },
    status: { type: 'object', properties: { count: { type: 'integer' }, selector: { type: 'string' } } },
  },
};

const target = { group: 'example.com', version: 'v1', namespace: 'default', plural: 'widgets' };
const widget = (name: string, spec: object = {}): object => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, spec });

beforeAll(async () => {
  plane = await startBareControlPlane();
  config = new KubeConfig();
  config.loadFromString(plane.kubeconfig('admin'));
  objects = config.makeApiClient(CustomObjectsApi);
  kubectl = kubectlOn(plane);
  caller = new ApiCaller(plane, 'admin');
  // Past the typed client, whose model of schemas renames some of their fields.
  await caller.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: schema },
            subresources: {
              status: {},
              scale: { specReplicasPath: '.spec.count', statusReplicasPath: '.status.count', labelSelectorPath: '.status.selector' },
            },
          },
        ],
      },
    },
  });
  await vi.waitFor(async () => expect((await caller.call('GET', '/apis/example.com/v1')).code).toBe(200));
});
afterAll(async () => {
  caller[Symbol.dispose]();
  await plane[Symbol.asyncDispose]();
});

describe('custom resources', () => {
  it('are pruned and defaulted by their schema', async () => {
    const created = (await objects.createNamespacedCustomObject({
      ...target,
      body: widget('pruned', { size: 2, shape: 'round' }),
    })) as object;
    expect(created).toMatchObject({ spec: { size: 2, count: 1, color: 'red' } });
    expect(JSON.stringify(created)).not.toContain('shape');
  });

  it('refuse unknown fields where that is asked for, and warn of them otherwise', async () => {
    const body = widget('strict', { shape: 'round' });
    expect(await refusalOf(objects.createNamespacedCustomObject({ ...target, body, fieldValidation: 'Strict' }))).toMatchObject({
      code: 400,
      message: 'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.shape"',
    });
    const warned = await caller.call('POST', '/apis/example.com/v1/namespaces/default/widgets', { body: widget('warned', { shape: 1 }) });
    expect(warned.headers['warning']).toBe(String.raw`299 - "unknown field \"spec.shape\""`);
  });

  it('keep the rules of their schema, on updates too', async () => {
    const refused = {
      code: 422,
      message: 'Widget.example.com "ruled" is invalid: spec: Invalid value: "object": more than there is room for',
    };
    expect(
      await refusalOf(objects.createNamespacedCustomObject({ ...target, body: widget('ruled', { size: 1, count: 2 }) })),
    ).toMatchObject(refused);
    await objects.createNamespacedCustomObject({ ...target, body: widget('ruled', { size: 1 }) });
    const patch = objects.patchNamespacedCustomObject(
      { ...target, name: 'ruled', body: { spec: { count: 2 } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    expect(await refusalOf(patch)).toMatchObject(refused);
  });

  it('scale at the paths of their definition', async () => {
    await objects.createNamespacedCustomObject({ ...target, body: widget('scaled') });
    await objects.patchNamespacedCustomObjectStatus(
      { ...target, name: 'scaled', body: { status: { count: 1, selector: 'a=b' } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    expect(await kubectl('scale', 'widget', 'scaled', '--replicas=3')).toBe('widget.example.com/scaled scaled');
    expect(await objects.getNamespacedCustomObjectScale({ ...target, name: 'scaled' })).toMatchObject({
      spec: { replicas: 3 },
      status: { replicas: 1, selector: 'a=b' },
    });
    expect(await objects.getNamespacedCustomObject({ ...target, name: 'scaled' })).toMatchObject({ spec: { count: 3 } });
    expect(await kubectl('get', 'widget', 'scaled', '--subresource=scale')).toMatch(/^NAME +DESIRED +AVAILABLE +AGE\nscaled +3 +1 /);
  });

  it('are explained, the fields that every object has among theirs', async () => {
    expect(await kubectl('explain', 'widget.apiVersion')).toContain('APIVersion defines the versioned schema');
    expect(await kubectl('explain', 'widget')).toContain('A widget.');
  });
});
