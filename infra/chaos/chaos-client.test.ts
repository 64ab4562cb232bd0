import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../cluster/meta/manual-clock.ts';
import { ChaosClient, type ChaosClientOptions } from './chaos-client.ts';
import type { ChaosError } from './chaos-error.ts';
import type { PodChaosSpec } from './chaos-types.ts';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly type: string;
  readonly authorization: string;
  readonly body: string;
}
/** A code and a body; `hang` never answers, `cut` breaks the connection off. */
type Reply = readonly [code: number, body: object, headers?: Readonly<Record<string, string>>] | 'hang' | 'cut';

let server: Server;
let asked: Asked[];
let reply: (asked: Asked, count: number) => Reply;
let clock: ManualClock;
let client: ChaosClient;

beforeEach(async () => {
  asked = [];
  clock = new ManualClock();
  server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, type: headers['content-type'] ?? '', authorization: headers.authorization ?? '', body };
      asked.push(one);
      const answer = reply(one, asked.length);
      if (answer === 'cut') response.destroy();
      else if (answer !== 'hang')
        response.writeHead(answer[0], { 'content-type': 'application/json', ...answer[2] }).end(JSON.stringify(answer[1]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = open();
});
afterEach(() => {
  client[Symbol.dispose]();
  server.closeAllConnections();
  server.close();
});

function open(options: ChaosClientOptions = {}): ChaosClient {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'c', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true }],
    users: [{ name: 'u', token: 'secret-token' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  return new ChaosClient(config, { clock, requestTimeoutMs: 2_000, retries: 3, ...options });
}

/** Lets time go by until the call has come to its end. */
async function passing<T>(call: Promise<T>): Promise<T> {
  const state = { isOver: false };
  const over = call.finally(() => (state.isOver = true));
  over.catch(() => undefined);
  while (!state.isOver) {
    await clock.advance(50);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return over;
}

const failure = (call: Promise<unknown>): Promise<ChaosError> =>
  passing(call).then(
    () => expect.fail('it succeeded'),
    (error: unknown) => error as ChaosError,
  );

const name = { namespace: 'lab', name: 'kill' };
const spec: PodChaosSpec = { action: 'pod-kill', mode: 'one', selector: { namespaces: ['atlas'] } };
const status = (code: number, reason: string, message = reason): Reply => [code, { kind: 'Status', code, reason, message }];
const withConditions = (desiredPhase: string, ...types: string[]): Reply => [
  200,
  { metadata: name, status: { conditions: types.map((type) => ({ type, status: 'True' })), experiment: { desiredPhase } } },
];

describe('requests', () => {
  it('are those of Chaos Mesh, with the token of the kubeconfig', async () => {
    reply = () => [201, {}];
    await client.create({ kind: 'PodChaos', ...name, labels: { a: 'b' }, spec });
    await client.pause('Schedule', name);
    await client.resume('HTTPChaos', name);
    expect(asked).toMatchObject([
      {
        method: 'POST',
        url: '/apis/chaos-mesh.org/v1alpha1/namespaces/lab/podchaos',
        type: 'application/json',
        authorization: 'Bearer secret-token',
      },
      { method: 'PATCH', url: '/apis/chaos-mesh.org/v1alpha1/namespaces/lab/schedules/kill', type: 'application/merge-patch+json' },
      { method: 'PATCH', url: '/apis/chaos-mesh.org/v1alpha1/namespaces/lab/httpchaos/kill' },
    ]);
    expect(asked.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { apiVersion: 'chaos-mesh.org/v1alpha1', kind: 'PodChaos', metadata: { name: 'kill', namespace: 'lab', labels: { a: 'b' } }, spec },
      { metadata: { annotations: { 'experiment.chaos-mesh.org/pause': 'true' } } },
      { metadata: { annotations: { 'experiment.chaos-mesh.org/pause': null } } },
    ]);
  });

  it.each<[string, Reply]>([
    ['too many requests', status(429, 'TooManyRequests')],
    ['a server that is not there yet', status(503, 'ServiceUnavailable')],
    ['a broken connection', 'cut'],
  ])('are made again after %s', async (_, first) => {
    reply = (_asked, count) => (count < 3 ? first : [200, { items: [] }]);
    expect(await passing(client.list('PodChaos', 'lab'))).toEqual([]);
    expect(asked).toHaveLength(3);
  });

  it('wait as long as the server asks', async () => {
    reply = (_asked, count) => (count === 1 ? [429, {}, { 'retry-after': '2' }] : [200, { items: [] }]);
    const before = clock.now();
    await passing(client.list('PodChaos', 'lab'));
    expect(clock.now() - before).toBeGreaterThanOrEqual(2_000);
  });

  it('are given up after so many tries', async () => {
    reply = () => 'cut';
    expect(await failure(client.list('PodChaos', 'lab'))).toMatchObject({ name: 'ChaosError', code: 'Unreachable' });
    expect(asked).toHaveLength(4);
  });

  it('are given up when nobody answers', async () => {
    reply = () => 'hang';
    client[Symbol.dispose]();
    client = open({ requestTimeoutMs: 50, retries: 1 });
    expect(await failure(client.list('PodChaos', 'lab'))).toMatchObject({ code: 'Unreachable' });
    expect(asked).toHaveLength(2);
  });

  it('are not repeated where they are refused, and the refusal is told without the credentials', async () => {
    reply = () => status(422, 'Invalid', 'PodChaos "kill" is invalid: spec.mode');
    const error = await failure(client.create({ kind: 'PodChaos', ...name, spec }));
    expect(error).toMatchObject({ code: 'Refused', status: { code: 422, reason: 'Invalid' } });
    expect(error.message).toContain('spec.mode');
    expect(JSON.stringify({ ...error, cause: error.cause })).not.toContain('secret-token');
    expect(asked).toHaveLength(1);
  });

  it('end with their signal', async () => {
    const stop = new AbortController();
    reply = () => {
      stop.abort();
      return 'hang';
    };
    client[Symbol.dispose]();
    client = open({ signal: stop.signal });
    await failure(client.list('PodChaos', 'lab'));
    expect(asked).toHaveLength(1);
  });
});

it('a create whose answer was lost finds what it made', async () => {
  reply = ({ method }, count) => {
    if (count === 1) return 'cut';
    return method === 'POST' ? status(409, 'AlreadyExists') : [200, { metadata: name, spec }];
  };
  expect(await passing(client.create({ kind: 'PodChaos', ...name, spec }))).toMatchObject({ metadata: name });
});

it('absence is a value', async () => {
  reply = () => status(404, 'NotFound');
  expect(await client.find('PodChaos', name)).toBeUndefined();
  expect(await client.delete('PodChaos', name)).toBe(false);
  expect(await client.isServed()).toBe(false);
});

describe('waiting', () => {
  it('for injection is not deceived by AllInjected alone, as before anything is selected', async () => {
    const states = [
      withConditions('Run', 'AllInjected', 'AllRecovered'),
      withConditions('Stop', 'Selected', 'AllInjected'),
      withConditions('Run', 'Selected', 'AllInjected'),
    ];
    reply = (_asked, count) => states[Math.min(count, states.length) - 1]!;
    await passing(client.awaitInjected('PodChaos', name));
    expect(asked).toHaveLength(3);
  });

  it('for recovery is not deceived by AllRecovered alone, as before injection', async () => {
    const states = [withConditions('Run', 'AllRecovered'), withConditions('Stop', 'AllRecovered')];
    reply = (_asked, count) => states[Math.min(count, states.length) - 1]!;
    await passing(client.awaitRecovered('PodChaos', name));
    expect(asked).toHaveLength(2);
  });

  it('ends, and tells what went wrong last', async () => {
    const events = [{ type: 'Failed', operation: 'Apply', message: 'no such container', timestamp: '' }];
    reply = () => [200, { metadata: name, status: { experiment: { desiredPhase: 'Run', containerRecords: [{ events }] } } }];
    const error = await failure(client.awaitInjected('PodChaos', name));
    expect(error).toMatchObject({ code: 'TimedOut' });
    expect(error.message).toContain('no such container');
  });

  it('for what is gone ends at once', async () => {
    reply = () => status(404, 'NotFound');
    expect(await failure(client.awaitInjected('PodChaos', name))).toMatchObject({ code: 'Refused', status: { code: 404 } });
  });

  it('for a deletion lasts until the finalizer is gone', async () => {
    reply = ({ method }, count) => (method === 'DELETE' || count < 4 ? [200, { metadata: name }] : status(404, 'NotFound'));
    expect(await passing(client.delete('PodChaos', name))).toBe(true);
    expect(asked.map(({ method }) => method)).toEqual(['DELETE', 'GET', 'GET', 'GET']);
  });
});

it('of a namespace everything is deleted, schedules first', async () => {
  const gone = new Set<string>();
  reply = ({ method, url }) => {
    if (method === 'DELETE') gone.add(url);
    if (method === 'DELETE' || !/(kill|every)$/.test(url))
      return [
        200,
        { items: url.endsWith('/schedules') ? [{ metadata: { name: 'every' } }] : url.endsWith('/podchaos') ? [{ metadata: name }] : [] },
      ];
    return status(404, 'NotFound');
  };
  await passing(client.deleteAll('lab'));
  expect([...gone].map((url) => url.split('/').slice(-2).join('/'))).toEqual(['schedules/every', 'podchaos/kill']);
});
