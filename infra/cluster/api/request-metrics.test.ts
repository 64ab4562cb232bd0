import { expect, it } from 'vitest';
import { operatorGroup } from '../cluster-options.ts';
import { parseRequest } from './request-info.ts';
import { RequestMetrics } from './request-metrics.ts';
import { mastersGroup } from './user.ts';

const admin = { username: 'admin', groups: [mastersGroup] };
const operator = { username: 'grader', groups: [operatorGroup, mastersGroup] };
const request = (path: string, method = 'GET'): ReturnType<typeof parseRequest> => parseRequest(method, path, new URLSearchParams());

it('counts requests by what they were for and how they ended, and keeps to itself what operators ask', () => {
  const metrics = new RequestMetrics();
  metrics.count(admin, request('/api/v1/namespaces/default/pods'), 200);
  metrics.count(admin, request('/api/v1/namespaces/kube-system/pods'), 200);
  metrics.count(admin, request('/apis/apps/v1/namespaces/default/deployments/web/scale', 'PATCH'), 409);
  metrics.count(operator, request('/api/v1/secrets'), 200);
  const lines = metrics.text(3).split('\n');
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
    'apiserver_current_inflight_requests 3',
    'apiserver_request_total{code="200",group="",resource="pods",subresource="",verb="LIST",version="v1"} 2',
    'apiserver_request_total{code="409",group="apps",resource="deployments",subresource="scale",verb="PATCH",version="v1"} 1',
  ]);
});

it('does not grow with what requests are called', () => {
  const metrics = new RequestMetrics();
  for (let index = 0; index < 10_000; index += 1) metrics.count(admin, request(`/apis/g${index}/v1/things`), 404);
  metrics.count(admin, request('/apis/x"}evil/v1/y'), 403);
  expect(
    metrics
      .text(0)
      .split('\n')
      .filter((line) => line.startsWith('apiserver_request_total')),
  ).toEqual(['apiserver_request_total{code="403"} 1', 'apiserver_request_total{code="404"} 10000']);
});
