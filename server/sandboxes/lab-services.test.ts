import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabService } from '../../labs/lab-stage.ts';
import { startFakeApiServer, type FakeApiServer } from '../testing/fake-api-server.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { lookAtService, scrape } from './lab-services.ts';

let api: FakeApiServer;
const clock = new ManualClock();
const service: LabService = {
  name: 'inference',
  namespace: 'lab',
  port: 8000,
  title: 'Inference',
  scheme: 'auto',
  healthPath: '/health',
  metricsPath: '/metrics',
};
const httpsPath = '/api/v1/namespaces/lab/services/https:inference:8000/proxy';
const httpPath = '/api/v1/namespaces/lab/services/inference:8000/proxy';

beforeEach(async () => {
  api = await startFakeApiServer();
});
afterEach(() => api[Symbol.asyncDispose]());

const answer = (answers: Readonly<Record<string, readonly [number, string]>>): void => {
  api.respond = (request, response) => {
    const [status, body] = answers[request.url ?? ''] ?? [404, ''];
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
  };
};
const statusBody = (message: string): string => JSON.stringify({ kind: 'Status', status: 'Failure', message });
const look = (): ReturnType<typeof lookAtService> => lookAtService(api.kubeConfig, service, '/preview/x/inference/', clock);

describe('a service of a lab', () => {
  it.each([
    ['over TLS', { [`${httpsPath}/health`]: [200, ''] as const }, 'healthy', 'HTTP 200 in 0 ms'],
    [
      'plain, when it does not speak TLS',
      {
        [`${httpsPath}/health`]: [503, statusBody('tls: first record does not look like a TLS handshake')] as const,
        [`${httpPath}/health`]: [200, ''] as const,
      },
      'healthy',
      'HTTP 200 in 0 ms',
    ],
    [
      'that is loading',
      { [`${httpsPath}/health`]: [503, statusBody('x')] as const, [`${httpPath}/health`]: [503, 'loading'] as const },
      'unhealthy',
      'HTTP 503 in 0 ms',
    ],
    [
      'without ready endpoints',
      {
        [`${httpsPath}/health`]: [503, statusBody('no endpoints available for service "inference"')] as const,
        [`${httpPath}/health`]: [503, statusBody('no endpoints available for service "inference"')] as const,
      },
      'unreachable',
      'no endpoints available for service "inference"',
    ],
    [
      'that is not there',
      { [`${httpsPath}/health`]: [404, statusBody('services "inference" not found')] as const },
      'absent',
      'There is no such Service in the cluster.',
    ],
  ])('%s', async (_what, answers, health, seen) => {
    answer(answers);
    expect(await look()).toMatchObject({ health, seen, hasMetrics: true, previewPath: '/preview/x/inference/' });
  });

  it("is asked for with the operator's credential", async () => {
    answer({ [`${httpsPath}/health`]: [200, ''] });
    await look();
    expect(api.requests[0]?.headers.authorization).toBe('Bearer operator-token');
  });

  it('is unreachable when the cluster is', async () => {
    await api[Symbol.asyncDispose]();
    expect(await look()).toMatchObject({ health: 'unreachable' });
    api = await startFakeApiServer();
  });
});

describe('metrics', () => {
  it('are scraped and parsed', async () => {
    answer({ [`${httpsPath}/metrics`]: [200, 'a{b="c"} 1\n'] });
    expect(await scrape(api.kubeConfig, service, clock)).toMatchObject({
      ok: true,
      reason: null,
      samples: [{ name: 'a', labels: { b: 'c' }, value: 1 }],
    });
  });

  it('that are refused say so', async () => {
    answer({ [`${httpsPath}/metrics`]: [401, ''] });
    expect(await scrape(api.kubeConfig, service, clock)).toMatchObject({ ok: false, reason: 'HTTP 401 in 0 ms', samples: [] });
  });
});
