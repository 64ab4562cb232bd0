import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { AppsV1Api, CoreV1Api, KubeConfig, PortForward } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createProcessRuntime } from '../runtime/process/process-runtime.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import { ensureKubectl } from '../setup/kubectl.ts';
import type { Cluster, ClusterLog } from './cluster-options.ts';
import { startCluster } from './cluster.ts';

/** A workload of a few answers: an echo, a size, a stream of events, and an upgrade to an echo of bytes. */
const workload = `
const http = require('node:http');
const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/bytes') { response.end(Buffer.alloc(Number(url.searchParams.get('n')), 'x')); return; }
  if (url.pathname === '/headers') { response.setHeader('set-cookie', ['a=1', 'b=2']); response.end(JSON.stringify(request.headers)); return; }
  if (url.pathname === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 0\\n\\n');
    let next = 1;
    request.on('data', () => response.write('data: ' + next++ + '\\n\\n'));
    response.on('close', () => console.log('events closed'));
    request.on('end', () => response.end());
    return;
  }
  response.writeHead(200, { 'x-method': request.method });
  request.pipe(response);
});
server.on('upgrade', (request, socket, head) => {
  if (request.url.includes('refuse')) { socket.end('HTTP/1.1 418 Teapot\\r\\ncontent-length: 5\\r\\n\\r\\nshort'); return; }
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nupgrade: echo\\r\\nconnection: upgrade\\r\\nx-protocols: ' + (request.headers['sec-websocket-protocol'] ?? '') + '\\r\\n\\r\\n');
  socket.write(head);
  socket.pipe(socket);
});
server.listen(8123, () => console.log('listening'));
`;

const quiet: ClusterLog = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
};
const folder = mkdtempSync(path.join(tmpdir(), 'streams-'));
let runtime: ContainerRuntime;
let cluster: Cluster;
let config: KubeConfig;
let core: CoreV1Api;
let kubectl: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  kubectl = await ensureKubectl();
  runtime = await createProcessRuntime({ stateDir: path.join(folder, 'runtime'), log: quiet });
  cluster = await startCluster({ clusterId: 'streams', runtime, dataDir: path.join(folder, 'cluster'), log: quiet });
  writeFileSync(path.join(folder, 'kubeconfig'), cluster.kubeconfig('admin'));
  config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig('admin'));
  core = config.makeApiClient(CoreV1Api);
  const labels = { app: 'web' };
  await config.makeApiClient(AppsV1Api).createNamespacedDeployment({
    namespace: 'default',
    body: {
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 0,
            containers: [
              {
                name: 'web',
                image: 'registry.lab/base:1.0',
                command: ['node', '-e', workload],
                ports: [{ name: 'web', containerPort: 8123 }],
                readinessProbe: { httpGet: { path: '/bytes?n=1', port: 8123 }, periodSeconds: 1 },
              },
            ],
          },
        },
      },
    },
  });
  await core.createNamespacedService({
    namespace: 'default',
    body: { metadata: { name: 'web' }, spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'web' }] } },
  });
  await vi.waitUntil(async () => (await endpoints()).length === 1, { timeout: 60_000, interval: 100 });
}, 120_000);

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await cluster[Symbol.asyncDispose]();
  await runtime[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function endpoints(): Promise<string[]> {
  const { items } = await core.listNamespacedPod({ namespace: 'default', labelSelector: 'app=web' });
  return items
    .filter((pod) => pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'))
    .map((pod) => pod.metadata?.name ?? '');
}

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  KUBECONFIG: path.join(folder, 'kubeconfig'),
  HOME: folder,
  ...more,
});

interface Forward extends AsyncDisposable {
  readonly port: number;
  readonly output: () => string;
}

async function forward(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Forward> {
  const child = spawn(kubectl, ['port-forward', '-v=4', ...args], { env: environment(more), stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let output = '';
  const take = (data: Buffer): void => void (output += data.toString());
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  await expect.poll(() => output, { timeout: 20_000 }).toMatch(/Forwarding from 127\.0\.0\.1:(\d+)/);
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(output)?.[1]);
  return {
    port,
    output: () => output,
    async [Symbol.asyncDispose]() {
      children.delete(child);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    },
  };
}

async function post(port: number, body: Buffer): Promise<Buffer> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: new Uint8Array(body) });
  return Buffer.from(await answer.arrayBuffer());
}

const ways = [
  ['a WebSocket tunnel', {}],
  ['SPDY', { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
] as const;

describe.each(ways)('kubectl port-forward over %s', (_way, env) => {
  it.each([
    ['deployment/web', ':8123'],
    ['svc/web', ':80'],
    ['svc/web', ':http'],
  ])('reaches %s at %s', async (target, port) => {
    await using tunnel = await forward([target, port], env);
    const body = randomBytes(3_000_000);
    expect((await post(tunnel.port, body)).equals(body)).toBe(true);
    // It would carry on over SPDY where the server does not take the tunnel.
    expect(tunnel.output()).not.toContain('fallback');
  });

  it('reaches a pod by many connections at once, and goes on after one breaks', async () => {
    const [pod = ''] = await endpoints();
    await using tunnel = await forward([`pod/${pod}`, ':8123'], env);
    const bodies = Array.from({ length: 12 }, (_, index) => randomBytes(100_000 + index));
    const broken = connect(tunnel.port, '127.0.0.1');
    await once(broken, 'connect');
    broken.write('GET /bytes?n=100000000 HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(broken, 'data');
    broken.destroy();
    const answers = await Promise.all(bodies.map((body) => post(tunnel.port, body)));
    expect(answers.every((answer, index) => answer.equals(bodies[index] ?? Buffer.alloc(0)))).toBe(true);
    expect((await buffer(httpGet(tunnel.port, '/bytes?n=20000000'))).byteLength).toBe(20_000_000);
  });

  it('says in Kubernetes’ words that nothing listens', async () => {
    const [pod = ''] = await endpoints();
    await using tunnel = await forward([`pod/${pod}`, ':8124'], env);
    await expect(fetch(`http://127.0.0.1:${tunnel.port}/`)).rejects.toThrow();
    await expect
      .poll(tunnel.output)
      .toMatch(
        /an error occurred forwarding \d+ -> 8124: error forwarding port 8124 to pod .*failed to connect to localhost:8124 inside namespace.*connection refused/s,
      );
  });
});

it('a client that goes takes its connections to the pod with it', async () => {
  const tunnel = await forward(['svc/web', ':80']);
  const events = connect(tunnel.port, '127.0.0.1');
  events.on('error', () => {});
  events.write('POST /events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n');
  await once(events, 'data');
  const log = async (): Promise<string> => core.readNamespacedPodLog({ namespace: 'default', name: (await endpoints())[0] ?? '' });
  const before = (await log()).split('events closed').length;
  for (const child of children) child.kill('SIGKILL');
  await expect.poll(async () => (await log()).split('events closed').length, { timeout: 15_000 }).toBe(before + 1);
  await tunnel[Symbol.asyncDispose]();
});

it('kubectl get --raw reaches a workload through the proxy', async () => {
  const answer = await promisify(execFile)(
    kubectl,
    ['get', '--raw', '/api/v1/namespaces/default/services/web:http/proxy/bytes?n=2000000'],
    {
      env: environment(),
      maxBuffer: 10_000_000,
    },
  );
  expect(answer.stdout).toHaveLength(2_000_000);
});

function httpGet(port: number, url: string): PassThrough {
  const through = new PassThrough();
  http
    .get({ port, host: '127.0.0.1', path: url, agent: false }, (answer) => answer.pipe(through))
    .on('error', (error) => through.destroy(error));
  return through;
}

it('client-node’s PortForward works over WebSocket channels', async () => {
  const [pod = ''] = await endpoints();
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const socket = await new PortForward(config, false).portForward('default', pod, [8123], output, errors, input);
  let text = '';
  output.on('data', (data: Buffer) => (text += data.toString()));
  input.write('GET /bytes?n=100000 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  await expect.poll(() => text.length).toBeGreaterThan(100_000);
  await expect.poll(() => (socket as { readyState: number }).readyState).toBe(3);
  const refused = new PassThrough();
  await new PortForward(config, false).portForward('default', pod, [8124], new PassThrough(), refused, new PassThrough());
  const [word] = (await once(refused, 'data')) as [Buffer];
  expect(word.toString()).toContain('error forwarding port 8124');
});

describe.each([
  ['WebSocket', {}],
  ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }],
])('kubectl exec over %s', (_way, env) => {
  const run = async (...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> => {
    try {
      return { ...(await promisify(execFile)(kubectl, args, { env: environment(env), maxBuffer: 50_000_000 })), code: 0 };
    } catch (error) {
      const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
      return { stdout, stderr, code };
    }
  };

  it('tells outputs apart and passes the exit code on', async () => {
    const result = await run('exec', 'deploy/web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
    expect(result).toMatchObject({ stdout: 'out\n', code: 7 });
    expect(result.stderr).toContain('err\n');
  });

  it('copies a file there and back', async () => {
    const [pod = ''] = await endpoints();
    const file = path.join(folder, 'file');
    const body = randomBytes(5_000_000);
    writeFileSync(file, body);
    const { stdout, stderr, code } = await run('cp', file, `${pod}:/tmp/copy-${Object.keys(env).length}`);
    expect({ stdout, stderr, code }).toMatchObject({ code: 0 });
    const back = await run('exec', pod, '--', 'sha256sum', `/tmp/copy-${Object.keys(env).length}`);
    const { createHash } = await import('node:crypto');
    expect(back.stdout).toContain(createHash('sha256').update(body).digest('hex'));
  });

  it('passes input on to its end', async () => {
    const child = spawn(kubectl, ['exec', '-i', 'deploy/web', '--', 'wc', '-c'], {
      env: environment(env),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(Buffer.alloc(2_000_000));
    expect((await buffer(child.stdout)).toString().trim()).toBe('2000000');
  });

  it('a command that is not there fails with a word', async () => {
    const { code, stderr } = await run('exec', 'deploy/web', '--', 'no-such-command');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: Internal error occurred: error executing command in container: failed to exec in container: .*no-such-command/,
    );
  });
});
