import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../meta/generated/types.ts';
import { ApiCaller, type ApiAnswer } from '../testing/api-caller.ts';
import { startBareControlPlane, type BareControlPlane } from '../testing/bare-control-plane.ts';

const base = '/api/v1/namespaces/default/services';
let plane: BareControlPlane;
let caller: ApiCaller;

beforeAll(async () => {
  plane = await startBareControlPlane();
  caller = new ApiCaller(plane, 'admin');
});
afterAll(async () => {
  caller[Symbol.dispose]();
  await plane[Symbol.asyncDispose]();
});

const service = (name: string, spec: object): object => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });
const create = (name: string, spec: object): Promise<ApiAnswer> => caller.call('POST', base, { body: service(name, spec) });
const port = (nodePort?: number, more: object = {}): object => ({ port: 80, ...(nodePort === undefined ? {} : { nodePort }), ...more });
const nodePort = (name: string, ...ports: object[]): Promise<ApiAnswer> => create(name, { type: 'NodePort', ports });

describe('node ports', () => {
  it.each([
    [40_000, 'provided port is not in the valid range. The range of valid ports is 30000-32767'],
    [29_999, 'provided port is not in the valid range. The range of valid ports is 30000-32767'],
  ])('%i is out of range', async (number, why) => {
    const answer = await nodePort('out', port(number));
    expect(answer.code).toBe(422);
    expect(answer.json()).toMatchObject({
      reason: 'Invalid',
      message: `Service "out" is invalid: spec.ports[0].nodePort: Invalid value: ${number}: ${why}`,
    });
  });

  it('are one Service’s only, but may serve two protocols of it', async () => {
    const both = [port(30_080, { name: 'tcp' }), { ...port(30_080, { name: 'udp' }), protocol: 'UDP' }];
    expect((await nodePort('first', ...both)).code).toBe(201);
    const second = await nodePort('second', port(30_080));
    expect(second.code).toBe(422);
    expect(second.json()).toMatchObject({ message: expect.stringContaining('provided port is already allocated') });
    const twice = await nodePort('twice', port(30_081, { name: 'a' }), { port: 81, name: 'b', nodePort: 30_081 });
    expect(twice.json()).toMatchObject({ message: expect.stringContaining('spec.ports[1].nodePort: Duplicate value: 30081') });
    await caller.call('DELETE', `${base}/first`);
    expect((await nodePort('second', port(30_080))).code).toBe(201);
  });

  it('are kept by updates and given back with the type', async () => {
    const created = (await nodePort('kept', port())).json<Service>();
    const number = created.spec?.ports?.[0]?.nodePort;
    expect(number).toBeGreaterThanOrEqual(30_000);
    const patch = (body: object): Promise<ApiAnswer> =>
      caller.call('PATCH', `${base}/kept`, { body, headers: { 'content-type': 'application/merge-patch+json' } });
    const labelled = (await patch({ metadata: { labels: { a: 'b' } } })).json<Service>();
    expect(labelled.spec?.ports?.[0]?.nodePort).toBe(number);
    const inner = (await patch({ spec: { type: 'ClusterIP' } })).json<Service>();
    expect(inner.spec).toMatchObject({ type: 'ClusterIP', ports: [{ port: 80 }] });
    expect(inner.spec?.ports?.[0]?.nodePort).toBeUndefined();
    expect((await nodePort('other', port(number))).code).toBe(201);
  });
});

describe('cluster addresses', () => {
  it.each([
    [
      '10.97.0.1',
      'failed to allocate IP 10.97.0.1: the provided IP (10.97.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/24',
    ],
    ['10.96.0.1', 'failed to allocate IP 10.96.0.1: provided IP is already allocated'],
    ['nonsense', 'must be a valid IP address'],
  ])('%s is refused', async (clusterIP, why) => {
    const answer = await create('refused', { clusterIP, ports: [port()] });
    expect(answer.code).toBe(422);
    expect(answer.json()).toMatchObject({ message: expect.stringContaining(why) });
  });

  it('are each one Service’s', async () => {
    expect((await create('a', { clusterIP: '10.96.0.77', ports: [port()] })).code).toBe(201);
    expect((await create('b', { clusterIP: '10.96.0.77', ports: [port()] })).code).toBe(422);
  });
});
