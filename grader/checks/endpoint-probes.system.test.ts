import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundlePath, ensureImageBundles } from '../../infra/images/bundle.ts';
import { probeRequestSchema, type ProbeRequest, type ProbeResult } from '../../infra/images/prober/protocol.ts';
import { makeRequest } from '../../infra/images/prober/request.ts';
import { createAuthority, issueCertificate, type PemPair } from '../certificates.ts';
import { startCheck, type Check } from '../check-spec.ts';
import { Credentials } from '../credentials.ts';
import {
  endpoint,
  authorityRef,
  checkOf,
  goodKey,
  healthyObjects,
  secretOf,
  testContext,
  type FakeProber,
} from '../testing/sandbox-fixtures.ts';
import { FakeObjects } from '../testing/fake-objects.ts';
import type { Verdict } from '../verdict.ts';

/** The true prober's requests, with the Service's name leading to a port of this machine, as a cluster's network would lead it. */
function realProber(port: number): FakeProber {
  const probe = async (requests: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> =>
    Promise.all(
      requests.map(async (request) => {
        const url = new URL(request.url);
        const serverName = url.hostname;
        url.hostname = '127.0.0.1';
        url.port = String(port);
        return makeRequest(
          probeRequestSchema.parse({
            ...request,
            url: url.href,
            ...(request.tls === undefined ? {} : { tls: { ...request.tls, serverName } }),
          }),
        );
      }),
    );
  return { probe, asked: [] } as unknown as FakeProber;
}

const running: ChildProcess[] = [];
const folders: string[] = [];
let authority: PemPair;

beforeAll(async () => {
  await ensureImageBundles();
  authority = await createAuthority('Drillhouse lab CA');
});

afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

interface Setting {
  readonly key?: string;
  readonly tls?: 'off' | 'server' | 'mutual';
  readonly names?: readonly string[];
  readonly model?: string;
}

/** A true inference server; resolves when it answers its health on the management port. */
async function serve({
  key = goodKey,
  tls = 'mutual',
  names = ['inference.atlas.svc'],
  model = endpoint.model,
}: Setting): Promise<FakeProber> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'probes-'));
  folders.push(folder);
  const server = await issueCertificate(authority, { commonName: names[0] ?? '', usage: 'server', names });
  await Promise.all([
    writeFile(path.join(folder, 'tls.crt'), server.cert),
    writeFile(path.join(folder, 'tls.key'), server.key),
    writeFile(path.join(folder, 'ca.crt'), authority.cert),
  ]);
  const [port, managementPort] = [await freePort(), await freePort()];
  const file = (name: string): string => path.join(folder, name);
  const tlsFlags = tls === 'off' ? [] : ['--ssl-certfile', file('tls.crt'), '--ssl-keyfile', file('tls.key')];
  const clientFlags = tls === 'mutual' ? ['--ssl-ca-certs', file('ca.crt'), '--ssl-cert-reqs', '2'] : [];
  const args = ['--host', '127.0.0.1', '--port', String(port), '--management-port', String(managementPort), '--served-model-name', model];
  const child = spawn(process.execPath, [bundlePath('inference'), ...args, ...tlsFlags, ...clientFlags], {
    env: { PATH: process.env['PATH'], LOAD_MS: '0', INFERENCE_RELEASE: '1.4.2', VLLM_API_KEY: key },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  running.push(child);
  await untilHealthy(managementPort);
  return realProber(port);
}

async function untilHealthy(port: number): Promise<void> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the inference server did not start');
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function judge(check: Check, prober: FakeProber): Promise<Verdict> {
  const client = await issueCertificate(authority, { commonName: 'application', usage: 'client' });
  const objects = new FakeObjects(...healthyObjects(), secretOf('inference-client', { 'tls.crt': client.cert, 'tls.key': client.key }));
  objects.put(secretOf('lab-authority', { 'ca.crt': authority.cert, 'ca.key': authority.key }, 'drillhouse-system'));
  const context = testContext({ objects, prober, credentials: new Credentials(objects, endpoint, authorityRef) });
  const sample = await startCheck(check, context);
  return sample();
}

const request = (name: string, more: object): object => ({ name, path: '/v1/models', ...more });
const keyDemanded = checkOf('key', {
  kind: 'http',
  requests: [
    request('none', { key: 'none', expect: { status: 401 } }),
    request('wrong', { key: 'wrong', expect: { status: 401 } }),
    request('good', { expect: { status: 200 } }),
  ],
});
const clientDemanded = checkOf('client', {
  kind: 'http',
  requests: [
    request('no certificate', { client: 'none', expect: { refused: 'handshake' } }),
    request('a stranger', { client: 'stranger', expect: { refused: 'handshake' } }),
    request('the team', { expect: { status: 200 } }),
    request('the application', { client: 'handed-over', expect: { status: 200 } }),
  ],
});
const encrypted = checkOf('tls', {
  kind: 'http',
  requests: [request('clear text', { scheme: 'http', expect: { refused: 'connection' } }), request('tls', { expect: { status: 200 } })],
});
const ask = (kind: string): Check => checkOf(kind, { kind: 'completion', ask: kind });

describe('probes of a true inference server', () => {
  it('find a safe endpoint safe and its answers genuine', async () => {
    const prober = await serve({});
    for (const check of [keyDemanded, clientDemanded, encrypted, ask('echo'), ask('prose'), ask('stream')]) {
      expect(await judge(check, prober), check.id).toMatchObject({ kind: 'pass' });
    }
  });

  it('find one without a key open', async () => {
    const prober = await serve({ key: '' });
    expect(await judge(keyDemanded, prober)).toMatchObject({ kind: 'fail', reason: 'none: the answer was 200, wanted 401.' });
    expect((await judge(clientDemanded, prober)).kind).toBe('pass');
  });

  it('find one that asks for no certificate', async () => {
    const prober = await serve({ tls: 'server' });
    expect(await judge(clientDemanded, prober)).toMatchObject({
      kind: 'fail',
      reason: 'no certificate: it was let in: the answer was HTTP 200.',
    });
    expect((await judge(encrypted, prober)).kind).toBe('pass');
  });

  it('find one in clear text', async () => {
    const prober = await serve({ tls: 'off' });
    expect((await judge(encrypted, prober)).kind).toBe('fail');
    expect((await judge(clientDemanded, prober)).kind).toBe('fail');
  });

  it('find a certificate made out to somebody else', async () => {
    const prober = await serve({ names: ['other.atlas.svc'] });
    expect(await judge(ask('echo'), prober)).toMatchObject({ kind: 'fail' });
  });

  it('find a model that is not offered under its name', async () => {
    const prober = await serve({ model: 'another' });
    expect(await judge(ask('echo'), prober)).toMatchObject({
      kind: 'fail',
      reason: 'The endpoint refused a client with the right credentials: HTTP 404.',
    });
  });

  it('pass nothing when nobody is there, negative probes least of all', async () => {
    const prober = realProber(await freePort());
    for (const check of [keyDemanded, clientDemanded, encrypted, ask('echo')])
      expect((await judge(check, prober)).kind, check.id).toBe('fail');
  });
});
