import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeApiServer, type FakeApiServer } from '../../../server/testing/fake-api-server.ts';
import { ClusterLink } from './cluster-link.ts';
import { parseClustersFile, type ClusterSettings } from './clusters-file.ts';
import { describeQuestion, orchestratorRules, questionsOf } from './rights.ts';

let api: FakeApiServer;
/** What the cluster says to whoever asks for what; tests change it. */
let answers: {
  version: object;
  allowed: (attributes: Record<string, string>) => boolean;
  refuseAll?: { readonly code: number; readonly message: string };
};

beforeEach(async () => {
  api = await startFakeApiServer();
  answers = { version: { major: '1', minor: '36', gitVersion: 'v1.36.2' }, allowed: () => true };
  api.respond = ({ url = '' }, response) => send(response, answerTo(url, api.requests.at(-1)?.body ?? ''));
});
afterEach(() => api[Symbol.asyncDispose]());

type Answer = readonly [code: number, body: object];

function answerTo(url: string, body: string): Answer {
  if (answers.refuseAll !== undefined) return [answers.refuseAll.code, answers.refuseAll];
  if (url === '/version') return [200, answers.version];
  if (url.endsWith('/selfsubjectreviews'))
    return [201, { status: { userInfo: { username: 'system:serviceaccount:drillhouse:orchestrator' } } }];
  if (url.endsWith('/selfsubjectaccessreviews')) {
    const { spec } = JSON.parse(body) as { readonly spec: { readonly resourceAttributes: Record<string, string> } };
    return [201, { status: { allowed: answers.allowed(spec.resourceAttributes) } }];
  }
  if (url.includes('/endpointslices/')) return [200, { endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 6443 }] }];
  return [404, { message: 'not found', reason: 'NotFound', code: 404 }];
}

function send(response: ServerResponse, [code, body]: Answer): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const settings: ClusterSettings = parseClustersFile(
  '/clusters.yaml',
  'installation: one\nclusters: [{ name: east, kubeconfig: k, capacity: 1 }]',
).clusters[0]!;
const link = (config = api.kubeConfig): ClusterLink => new ClusterLink(settings, { config, healthTimeoutMs: 300 });

describe('a cluster', () => {
  it('is looked at once: who we are there, what it serves, where its API server is', async () => {
    using east = link();
    expect(await east.findTrouble()).toBeUndefined();
    expect(await east.facts()).toEqual({
      version: 'v1.36.2',
      self: 'system:serviceaccount:drillhouse:orchestrator',
      servesChaos: false,
      api: [{ cidr: '10.0.0.1/32', ports: [6443] }],
    });
    const asked = api.requests.filter(({ url }) => url.endsWith('/selfsubjectaccessreviews')).length;
    expect(asked).toBe(questionsOf(orchestratorRules).length);
    await east.findTrouble();
    expect(api.requests.filter(({ url }) => url.endsWith('/selfsubjectaccessreviews'))).toHaveLength(asked);
  });

  it('names exactly the rights that are missing, and the role that gives them', async () => {
    answers.allowed = ({ verb, resource }) => !(verb === 'bind' || (verb === 'patch' && resource === 'namespaces'));
    using east = link();
    const trouble = await east.findTrouble();
    const missing = questionsOf(orchestratorRules)
      .filter(({ verb, resource }) => verb === 'bind' || (verb === 'patch' && resource === 'namespaces'))
      .map(describeQuestion);
    expect(trouble).toContain(`lack rights: ${missing.join('; ')}. Bind the ClusterRole drillhouse-orchestrator`);
    answers.allowed = () => true;
    expect(await east.findTrouble()).toBeUndefined();
  });

  it.each([
    [
      'too old',
      { major: '1', minor: '30+', gitVersion: 'v1.30.4-eks' },
      'The cluster east is too old: it runs v1.30.4-eks, and 1.31 is the least.',
    ],
    ['no Kubernetes', {}, 'The cluster east is too old'],
  ])('is refused when it is %s', async (_, version, words) => {
    answers.version = version;
    using east = link();
    expect(await east.findTrouble()).toContain(words);
  });

  it.each([
    [
      'credentials that have expired',
      { code: 401, message: 'Unauthorized', reason: 'Unauthorized' },
      'does not accept the credentials in its kubeconfig any more',
    ],
    [
      'a server that fails',
      { code: 503, message: 'etcd is away', reason: 'ServiceUnavailable' },
      'its API server is overloaded or failing',
    ],
  ])('says so of %s, also after it was fine', async (_, refusal, words) => {
    using east = link();
    expect(await east.findTrouble()).toBeUndefined();
    answers.refuseAll = refusal;
    expect(await east.findTrouble()).toContain(words);
    delete answers.refuseAll;
    expect(await east.findTrouble()).toBeUndefined();
  });

  it('that stalls is told of in bounded time, and used again when it goes on', async () => {
    using east = link();
    const respond = api.respond;
    api.respond = () => undefined;
    expect(await east.findTrouble()).toContain('its API server does not answer in time');
    api.respond = respond;
    expect(await east.findTrouble()).toBeUndefined();
  });

  it('that is not there is told of by where its kubeconfig points', async () => {
    const config = new KubeConfig();
    config.loadFromClusterAndUser({ name: 'gone', server: 'http://127.0.0.1:9', skipTLSVerify: true }, { name: 'x', token: 't' });
    using nowhere = link(config);
    expect(await nowhere.findTrouble()).toContain('nothing answers where its kubeconfig points');
  });

  it('without a kubeconfig that can be read says whose, and is used once there is one, and another once that is no good', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'kubeconfig-'));
    const kubeconfig = path.join(folder, 'config');
    using east = new ClusterLink({ ...settings, kubeconfig });
    expect(await east.findTrouble()).toContain('The kubeconfig of the cluster east cannot be read');
    await writeFile(kubeconfig, api.kubeConfig.exportConfig());
    expect(await east.findTrouble()).toBeUndefined();
    answers.refuseAll = { code: 401, message: 'Unauthorized' };
    expect(await east.findTrouble()).toContain('does not accept the credentials');
    delete answers.refuseAll;
    const renewed = api.kubeConfig.exportConfig().replace(api.kubeConfig.getCurrentUser()?.token ?? '', 'renewed');
    await writeFile(kubeconfig, renewed);
    expect(await east.findTrouble()).toBeUndefined();
    expect(api.requests.at(-1)?.headers.authorization).toBe('Bearer renewed');
    await rm(folder, { recursive: true });
  });

  it('whose quota is spent says so, and not that a right is missing', async () => {
    using east = link();
    await east.facts();
    answers.refuseAll = { code: 403, message: 'namespaces "x" is forbidden: exceeded quota: company' };
    await expect(east.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } })).rejects.toMatchObject({
      code: 'CapacityExhausted',
    });
  });
});

it('never puts a token into what it says', async () => {
  answers.refuseAll = { code: 401, message: 'Unauthorized' };
  using east = link();
  const { token = 'none' } = api.kubeConfig.getCurrentUser() ?? {};
  expect(await east.findTrouble()).not.toContain(token);
});
