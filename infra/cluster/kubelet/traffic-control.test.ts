import { expect, test } from 'vitest';
import { InformerFactory } from '../client/informer-factory.ts';
import { FakeApiClient } from '../client/fake-api-client.ts';
import { resources } from '../client/resources.ts';
import { silentLog } from '../client/silent-log.ts';
import type { NetworkPolicy, Pod } from '../meta/generated/types.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import type { PodTraffic } from '../../runtime/runtime.ts';
import { FakeRuntime } from './fake-runtime.ts';
import { startTrafficControl } from './traffic-control.ts';

const pod = (name: string, podIP: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: name } },
  spec: { containers: [{ name: 'c' }] },
  status: { podIP, phase: 'Running' },
});
const dnsOnly: NetworkPolicy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'dns-only', namespace: 'shop' },
  spec: {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Egress'],
    egress: [
      {
        to: [{ namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
        ports: [{ protocol: 'UDP', port: 53 }],
      },
    ],
  },
};

test('policies find the name server where every cluster has it, and faults come and go', async () => {
  const clock = new ManualClock();
  const api = new FakeApiClient(clock);
  await using informers = new InformerFactory({ api, clock, log: silentLog });
  const runtime = Object.assign(new FakeRuntime(clock), { dnsPort: 5_300 });
  const tables: (readonly PodTraffic[])[] = [];
  runtime.programTraffic = async (traffic) => void tables.push(traffic);
  await api.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  await api.create(resources.pods, pod('web', '10.64.0.2'));
  await api.create(resources.pods, pod('api', '10.64.0.3'));
  await api.create(resources.networkPolicies, dnsOnly);
  await using control = await startTrafficControl({ informers, runtime, clock, log: silentLog });
  const nameServer = { cidr: `${runtime.apiListenHost}/32`, except: [] };
  expect(tables.at(-1)?.filter(({ egress }) => egress !== undefined)).toMatchObject([
    { egress: [{ peers: [nameServer], ports: [{ protocol: 'UDP', first: 53, last: 53 }] }], faults: [] },
  ]);
  const effect = { kind: 'latency' as const, ms: 100, jitterMs: 10 };
  const [source, target] = ['api', 'web'].map((app) => ({ podSelector: { matchLabels: { app } } }));
  await control.setWireFaults([{ id: 'slow', source: source ?? {}, target: target ?? {}, direction: 'to', effect }]);
  expect(tables.at(-1)?.flatMap(({ faults }) => faults)).toEqual([{ to: ['10.64.0.2'], effect }]);
  await control.setWireFaults([]);
  expect(tables.at(-1)?.flatMap(({ faults }) => faults)).toEqual([]);
});
