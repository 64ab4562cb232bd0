import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, type Server } from 'node:http';
import https from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { KubeletEndpoint } from '../meta/kubelet-endpoint.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { startBareControlPlane, type BareControlPlane } from '../testing/bare-control-plane.ts';
import { agentFor } from '../testing/client-credentials.ts';
import { CertificateAuthority } from './certificates.ts';

const base = '/api/v1/namespaces/default';
let plane: BareControlPlane;
let agent: https.Agent;
let plain: Server;
let secure: https.Server;
let signals: (AbortSignal | undefined)[] = [];
let seen: IncomingMessage[] = [];
let answer: RequestListener;

beforeAll(async () => {
  plane = await startBareControlPlane();
  agent = agentFor(plane.kubeconfig('admin'));
  plain = http.createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered].at(-1) ?? false });
  plain.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    seen.push(request);
    if (request.url === '/declined') socket.end('HTTP/1.1 418 Teapot\r\ncontent-length: 5\r\n\r\nshort');
    else
      sockets.handleUpgrade(request, socket, head, (client) =>
        client.on('message', (data: Buffer) => client.send(`echo ${data.toString()}`)),
      );
  });
  const authority = await (await CertificateAuthority.create(Date.now())).export();
  secure = https.createServer({ cert: authority.certificate, key: authority.key }, (_request, response) => response.end('over TLS'));
  for (const server of [plain, secure]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  plane.plane.setKubelet({ dial } as Partial<KubeletEndpoint> as KubeletEndpoint);
  await createObjects();
});

afterAll(async () => {
  for (const server of [plain, secure]) {
    server.close();
    server.closeAllConnections();
  }
  await plane[Symbol.asyncDispose]();
});

/** Ties a connection to the signal for good, as Node's own `connect` does. Port 9 is where nobody listens. */
async function dial(_pod: unknown, port: number, signal?: AbortSignal): Promise<Duplex> {
  signals.push(signal);
  if (port === 9) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const server = port === 8443 ? secure : plain;
  const options = { port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true };
  const socket = connect(signal === undefined ? options : { ...options, signal });
  await once(socket, 'connect');
  return socket;
}

async function createObjects(): Promise<void> {
  const client = plane.plane.clientFor('test');
  const create = (group: string, resource: string, object: object): Promise<KubeObject> =>
    client.create({ group, version: 'v1', resource }, object as KubeObject);
  await create('', 'pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', ports: [{ name: 'web', containerPort: 8080 }] }] },
  });
  const ports = [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'tls', port: 443, targetPort: 8443 },
  ];
  await create('', 'services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'default' }, spec: { ports } });
  await create('discovery.k8s.io', 'endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 's-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 's' } },
    addressType: 'IPv4',
    ports: ports.map(({ name, targetPort }) => ({ name, port: targetPort })),
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'p' } }],
  });
}

function open(path: string, options: https.RequestOptions = {}): http.ClientRequest {
  seen = [];
  signals = [];
  return https.request(plane.url + base + path, { agent, ...options });
}

async function responseOf(request: http.ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

async function get(
  path: string,
  headers: http.OutgoingHttpHeaders = {},
): Promise<{ code: number | undefined; body: string; headers: http.IncomingHttpHeaders }> {
  const response = await responseOf(open(path, { headers }).end());
  return { code: response.statusCode, body: await text(response), headers: response.headers };
}

describe('the proxy of pods and services', () => {
  it.each([
    ['/services/s/proxy/a/b?c=d%2F', '/a/b?c=d%2F'],
    ['/services/s:http/proxy/', '/'],
    ['/services/s:80/proxy/x', '/x'],
    ['/services/http:s:http/proxy/x', '/x'],
    ['/services/:s:http/proxy/x', '/x'],
    ['/pods/p/proxy/x', '/x'],
    ['/pods/p:web/proxy/x', '/x'],
    ['/pods/p:8080/proxy', '/'],
    ['/pods/http:p:8080/proxy/%20', '/%20'],
  ])('%s reaches %s', async (path, reached) => {
    answer = (_request, response) => response.end('here');
    expect(await get(path)).toMatchObject({ code: 200, body: 'here' });
    expect(seen[0]?.url).toBe(reached);
  });

  it.each(['/services/https:s:tls/proxy/', '/services/https:s:443/proxy/', '/pods/https:p:8443/proxy/'])('%s speaks TLS', async (path) => {
    expect(await get(path)).toMatchObject({ code: 200, body: 'over TLS' });
  });

  it.each([
    ['/services/ftp:s:http/proxy/', 400, 'invalid service request "ftp:s:http"'],
    ['/services/s:nope/proxy/', 503, 'no endpoints available for service "s:nope"'],
    ['/services/gone/proxy/', 404, 'services "gone" not found'],
    ['/pods/gone/proxy/', 404, 'pods "gone" not found'],
    ['/pods/p:99999/proxy/', 400, 'unknown port 99999'],
    ['/pods/p:9/proxy/', 503, 'error trying to reach service: dial tcp'],
  ])('%s is refused with %i', async (path, code, message) => {
    const { code: got, body } = await get(path);
    expect(got).toBe(code);
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', code, message: expect.stringContaining(message) });
  });

  it('keeps to itself what is between it and the client, and passes on the rest', async () => {
    answer = (_request, response) =>
      response.writeHead(201, { 'set-cookie': ['a=1', 'b=2'], connection: 'close, x-hop', 'x-hop': '1', 'x-own': '2' }).end();
    const { code, headers } = await get('/services/s/proxy/', {
      cookie: 'c=3',
      connection: 'close, x-mine',
      'x-mine': 'no',
      'x-kept': 'yes',
      expect: '100-continue',
    });
    expect({ code, cookies: headers['set-cookie'], hop: headers['x-hop'], own: headers['x-own'] }).toEqual({
      code: 201,
      cookies: ['a=1', 'b=2'],
      hop: undefined,
      own: '2',
    });
    expect(seen[0]?.headers).toMatchObject({ cookie: 'c=3', 'x-kept': 'yes', 'x-forwarded-for': expect.stringContaining('127.0.0.1') });
    expect(Object.keys(seen[0]?.headers ?? {})).not.toEqual(expect.arrayContaining(['x-mine']));
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });

  it('passes bodies on as they come, both ways', async () => {
    answer = (request, response) => request.pipe(response);
    const request = open('/services/s/proxy/', { method: 'POST' });
    request.write('one');
    const response = await responseOf(request);
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(first.toString()).toBe('one');
    request.end('two');
    expect((await buffer(response)).toString()).toBe('two');
  });

  it('keeps the framing of a body that its method rarely has', async () => {
    answer = (request, response) => request.pipe(response);
    const request = open('/services/s/proxy/', { method: 'DELETE', headers: { 'transfer-encoding': 'chunked' } });
    request.end('a body');
    expect(await text(await responseOf(request))).toBe('a body');
  });

  it('limits nothing once the answer has begun', async () => {
    let finish: () => void = () => {};
    answer = (_request, response) => {
      response.write('data: 0\n\n');
      finish = () => response.end('data: 1\n\n');
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), ms);
      return stop.signal;
    });
    try {
      const response = await responseOf(open('/services/s/proxy/').end());
      await once(response, 'data');
      vi.advanceTimersByTime(86_400_000);
      finish();
      expect(await text(response)).toBe('data: 1\n\n');
      expect(signals[0]?.aborted).toBe(false);
    } finally {
      vi.useRealTimers();
      vi.restoreAllMocks();
    }
  });

  it('takes the request to the workload away when the client goes', async () => {
    const closed = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        response.once('close', () => resolve());
        response.write('x');
      };
    });
    const request = open('/services/s/proxy/').end();
    const response = await responseOf(request);
    response.on('error', () => {});
    request.destroy();
    await closed;
  });

  it('says so when the workload hangs up', async () => {
    answer = (request) => request.socket.destroy();
    const { code, body } = await get('/services/s/proxy/');
    expect(code).toBe(503);
    expect((JSON.parse(body) as { message: string }).message).toContain('error trying to reach service: ');
  });

  it('passes WebSockets on, without the token that a browser carries in them', async () => {
    const client = new WebSocket(`${plane.url.replace('https', 'wss')}${base}/services/s/proxy/ws`, ['chat'], { agent });
    await once(client, 'open');
    expect(client.protocol).toBe('chat');
    client.send('hello');
    const [message] = (await once(client, 'message')) as [Buffer];
    expect(message.toString()).toBe('echo hello');
    expect(seen.at(-1)?.url).toBe('/ws');
    client.close();
    await once(client, 'close');
    const token = await plane.plane
      .clientFor('test')
      .post<{ status: { token: string } }>(
        { group: '', version: 'v1', resource: 'serviceaccounts', subresource: 'token' },
        'default',
        'default',
        { spec: { audiences: [] } },
      );
    const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from(token.status.token).toString('base64url')}`;
    const refused = new WebSocket(`${plane.url.replace('https', 'wss')}${base}/services/s/proxy/ws`, ['chat', bearer], {
      ca: plane.authority,
    });
    refused.on('error', () => {});
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(403);
    refused.terminate();
    const carrying = new WebSocket(`${plane.url.replace('https', 'wss')}${base}/services/s/proxy/ws`, ['chat', bearer], { agent });
    await once(carrying, 'open');
    expect(seen.at(-1)?.headers['sec-websocket-protocol']).toBe('chat');
    carrying.terminate();
  });

  it('gives a declined upgrade’s answer back', async () => {
    const request = open('/services/s/proxy/declined', { headers: { connection: 'Upgrade', upgrade: 'websocket' } }).end();
    const response = await responseOf(request);
    expect(response.statusCode).toBe(418);
    expect(await text(response)).toBe('short');
  });
});
