import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiObjects } from './api-objects.ts';
import { ensureObject } from './ensure-object.ts';
import { SharedReads } from './shared-reads.ts';
import { PlatformError } from './platform-error.ts';

const open: Server[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve)))));

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly type: string | undefined;
  readonly body: unknown;
}

/** An API server that answers as told and keeps what it was asked. */
async function api(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ objects: ApiObjects; asked: Asked[]; abort: AbortController }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      asked.push({
        method: request.method ?? '',
        url: request.url ?? '',
        type: request.headers['content-type'],
        body: text === '' ? undefined : JSON.parse(text),
      });
      answer(request, response);
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }, { name: 'u', token: 'secret' });
  const abort = new AbortController();
  return { objects: new ApiObjects(config, abort.signal), asked, abort };
}

const json = (status: number, body: unknown) => (_: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(status, { connection: 'close' }).end(JSON.stringify(body));
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'n' } };
const ref = { kind: 'Pod', namespace: 'n', name: 'a' };

describe('ApiObjects', () => {
  it('asks for objects by their kind’s path', async () => {
    const { objects, asked } = await api(json(200, { ...pod, items: [] }));
    await objects.find(ref);
    await objects.find({ kind: 'Namespace', name: 'n' });
    await objects.list('Deployment', { namespace: 'n', labelSelector: 'app=a,b=c' });
    await objects.create(pod);
    await objects.patch(ref, 'strategic', { spec: {} });
    await objects.patch(ref, 'json', []);
    await objects.remove(ref, { graceSeconds: 1 });
    expect(asked.map(({ method, url, type }) => [method, url, type])).toEqual([
      ['GET', '/api/v1/namespaces/n/pods/a', undefined],
      ['GET', '/api/v1/namespaces/n', undefined],
      ['GET', '/apis/apps/v1/namespaces/n/deployments?labelSelector=app%3Da%2Cb%3Dc', undefined],
      ['POST', '/api/v1/namespaces/n/pods', 'application/json'],
      ['PATCH', '/api/v1/namespaces/n/pods/a', 'application/strategic-merge-patch+json'],
      ['PATCH', '/api/v1/namespaces/n/pods/a', 'application/json-patch+json'],
      ['DELETE', '/api/v1/namespaces/n/pods/a?propagationPolicy=Background&gracePeriodSeconds=1', undefined],
    ]);
  });

  it('takes absence for a value where it can be one', async () => {
    const { objects } = await api(json(404, { message: 'pods "a" not found' }));
    expect(await objects.find(ref)).toBeUndefined();
    expect(await objects.remove(ref)).toBe(false);
    await expect(objects.patch(ref, 'merge', {})).rejects.toThrow('PATCH /api/v1/namespaces/n/pods/a answered 404: pods "a" not found');
  });

  it('gives the items of a list what lists leave out', async () => {
    const { objects } = await api(json(200, { items: [{ metadata: { name: 'a' } }] }));
    expect(await objects.list('Deployment', { namespace: 'n' })).toEqual([
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } },
    ]);
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void, RegExp]>([
    ['a refusal', json(403, { message: 'forbidden' }), /403: forbidden/],
    ['a page of something else', (_, response) => void response.writeHead(200).end('<html>'), /not JSON/],
    ['a connection that breaks', (request) => void request.socket.destroy(), /failed/],
  ])('throws a PlatformError for %s', async (_, answer, message) => {
    const { objects } = await api(answer);
    const error: unknown = await objects.find(ref).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PlatformError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('secret');
  });

  it('ends with the stage', async () => {
    const { objects, abort } = await api(() => abort.abort(new Error('the attempt ended')));
    await expect(objects.find(ref)).rejects.toThrow('the attempt ended');
    open.at(-1)?.closeAllConnections();
  });

  it('replaces whatever is there, keeping what cannot change', async () => {
    const { objects, asked } = await api(json(200, { ...pod, kind: 'Service', spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] } }));
    await ensureObject(objects, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '7' },
      spec: { ports: [] },
    } as never);
    expect(asked.at(-1)).toMatchObject({
      method: 'PUT',
      body: { metadata: { name: 'a', namespace: 'n' }, spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ports: [] } },
    });
    expect(asked.at(-1)?.body).not.toHaveProperty('metadata.resourceVersion');
  });

  it('does not know kinds that are not in its table', async () => {
    const { objects } = await api(json(200, {}));
    await expect(objects.find({ kind: 'Widget', name: 'a' })).rejects.toThrow('Widget');
  });
});

describe('SharedReads', () => {
  it('asks once for what many want at the same time, and again afterwards', async () => {
    const { objects, asked } = await api(json(200, pod));
    const shared = new SharedReads(objects);
    await Promise.all([shared.find(ref), shared.find(ref), shared.find({ ...ref, name: 'b' })]);
    expect(asked).toHaveLength(2);
    await shared.find(ref);
    expect(asked).toHaveLength(3);
  });

  it('lets whoever reads after a write see it', async () => {
    const waiting: ServerResponse[] = [];
    const { objects, asked } = await api((request, response) =>
      request.method === 'GET' ? void waiting.push(response) : json(200, pod)(request, response),
    );
    const shared = new SharedReads(objects);
    const before = shared.find(ref);
    await shared.patch(ref, 'merge', {});
    const after = shared.find(ref);
    while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const response of waiting) response.writeHead(200, { connection: 'close' }).end(JSON.stringify(pod));
    await Promise.all([before, after]);
    expect(asked.filter(({ method }) => method === 'GET')).toHaveLength(2);
  });
});
