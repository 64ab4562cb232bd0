import { describe, expect, test } from 'vitest';
import type { ServiceRoute } from '../runtime.ts';
import { planHosts } from './service-names.ts';

const pod = {
  ip: '10.213.0.2',
  hostname: 'box',
  searchNamespace: 'default',
  hostAliases: [{ ip: '10.0.0.9', hostnames: ['alpha', 'beta'] }],
};

function service(overrides: Partial<ServiceRoute>): ServiceRoute {
  return { namespace: 'default', name: 'web', clusterIp: '10.96.0.5', ports: [], ...overrides };
}

/** Names by address, as a resolver reads the file. */
function resolve(services: readonly ServiceRoute[]): Record<string, readonly string[]> {
  const entries = planHosts(pod, services)
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
    .map(([ip = '', ...names]) => [ip, names] as const);
  return Object.fromEntries(entries);
}

describe('a pod’s hosts file', () => {
  test('knows the pod and its aliases', () => {
    expect(resolve([])).toMatchObject({ '127.0.0.1': ['localhost'], '10.213.0.2': ['box'], '10.0.0.9': ['alpha', 'beta'] });
  });

  test('knows a Service of its own namespace by its short name too', () => {
    expect(resolve([service({})])['10.96.0.5']).toEqual(['web.default.svc.cluster.local', 'web.default.svc', 'web.default', 'web']);
    expect(resolve([service({ namespace: 'prod' })])['10.96.0.5']).toEqual(['web.prod.svc.cluster.local', 'web.prod.svc', 'web.prod']);
  });

  test('knows the endpoints of a headless Service, each also by its own name', () => {
    const ports = [1, 2].map((port) => ({
      port,
      protocol: 'TCP' as const,
      endpoints: [
        { ip: '10.213.0.7', port, hostname: 'db-0' },
        { ip: '10.213.0.8', port },
      ],
    }));
    const names = resolve([service({ name: 'db', clusterIp: 'None', ports })]);
    expect(names['10.213.0.7']).toEqual(
      expect.arrayContaining(['db', 'db.default.svc.cluster.local', 'db-0.db', 'db-0.db.default.svc.cluster.local']),
    );
    expect(names['10.213.0.8']).toEqual(['db.default.svc.cluster.local', 'db.default.svc', 'db.default', 'db']);
  });

  test('leaves out a Service that has no address yet', () => {
    expect(Object.keys(resolve([service({ clusterIp: '' })]))).not.toContain('');
  });
});
