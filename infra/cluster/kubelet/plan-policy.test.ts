import { expect, test } from 'vitest';
import type { Namespace, NetworkPolicy, NetworkPolicySpec, Pod } from '../meta/generated/types.ts';
import { planPolicy, type PodPolicy } from './plan-policy.ts';
import { planTraffic } from './traffic-control.ts';
import { planWireFaults } from './wire-faults.ts';

const namespace = (name: string, labels: Record<string, string>): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});
const pod = (name: string, podIP: string, labels: Record<string, string>, inNamespace = 'shop'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: inNamespace, uid: name, labels },
  spec: { containers: [{ name: 'main', ports: [{ name: 'http', containerPort: name === 'api' ? 8080 : 9090 }] }] },
  status: { podIP, phase: 'Running' },
});
const pods = [
  pod('api', '10.0.0.1', { app: 'api' }),
  pod('web', '10.0.0.2', { app: 'web' }),
  pod('spy', '10.0.0.3', { app: 'web' }, 'guest'),
];
const namespaces = [namespace('shop', { team: 'shop' }), namespace('guest', { team: 'guest' })];
const policy = (spec: NetworkPolicySpec, name = 'p'): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});
const one = (ip: string) => ({ cidr: `${ip}/32`, except: [] });
const api = { matchLabels: { app: 'api' } };
const web = { matchLabels: { app: 'web' } };

test.each<[string, NetworkPolicySpec, PodPolicy | undefined]>([
  ['selects nobody', { podSelector: { matchLabels: { app: 'none' } } }, undefined],
  ['without types isolates what comes in', { podSelector: {} }, { ingress: [] }],
  ['without types but with egress rules isolates both', { podSelector: {}, egress: [{}] }, { ingress: [], egress: [{}] }],
  ['of type Egress alone leaves what comes in', { podSelector: {}, policyTypes: ['Egress'] }, { egress: [] }],
  ['with an empty rule lets everybody in', { podSelector: {}, ingress: [{}] }, { ingress: [{}] }],
  [
    'podSelector alone means its own namespace',
    { podSelector: api, ingress: [{ from: [{ podSelector: web }] }] },
    { ingress: [{ peers: [one('10.0.0.2')] }] },
  ],
  [
    'namespaceSelector alone means all pods there',
    { podSelector: api, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'guest' } } }] }] },
    { ingress: [{ peers: [one('10.0.0.3')] }] },
  ],
  [
    'both selectors of one peer must match',
    { podSelector: api, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'shop' } }, podSelector: web }] }] },
    { ingress: [{ peers: [one('10.0.0.2')] }] },
  ],
  [
    'peers that find nobody open nothing',
    { podSelector: api, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'x' } } }] }] },
    { ingress: [] },
  ],
  [
    'ranges keep their exceptions, ports their ends',
    {
      podSelector: api,
      ingress: [
        {
          from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }],
          ports: [{ port: 8000, endPort: 8100 }, { protocol: 'UDP' }],
        },
      ],
    },
    {
      ingress: [
        {
          peers: [{ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }],
          ports: [{ protocol: 'TCP', first: 8000, last: 8100 }, { protocol: 'UDP' }],
        },
      ],
    },
  ],
  [
    'a named port is the selected pod’s on the way in',
    { podSelector: api, ingress: [{ ports: [{ port: 'http' }] }] },
    { ingress: [{ ports: [{ protocol: 'TCP', first: 8080, last: 8080 }] }] },
  ],
  ['a name that the pod lacks opens nothing', { podSelector: api, ingress: [{ ports: [{ port: 'grpc' }] }] }, { ingress: [] }],
  [
    'a named port is each target’s on the way out',
    {
      podSelector: api,
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: web }], ports: [{ port: 'http' }, { port: 53, protocol: 'UDP' }] }],
    },
    {
      egress: [
        { peers: [one('10.0.0.2')], ports: [{ protocol: 'UDP', first: 53, last: 53 }] },
        { peers: [one('10.0.0.2')], ports: [{ protocol: 'TCP', first: 9090, last: 9090 }] },
      ],
    },
  ],
])('a policy that %s', (_, spec, expected) => {
  expect(planPolicy({ policies: [policy(spec)], pods, namespaces }).get('api')).toEqual(expected);
});

test('policies add to each other and leave other namespaces alone', () => {
  const both = [policy({ podSelector: api }), policy({ podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] }, 'q')];
  const planned = planPolicy({ policies: both, pods, namespaces });
  expect(planned.get('api')).toEqual({ ingress: [{ ports: [{ protocol: 'TCP', first: 80, last: 80 }] }] });
  expect(planned.has('spy')).toBe(false);
});

test('a pod that has ended has no address to let in, and all others are named, or they would stay closed', () => {
  const ended = pods.map((each) => (each.metadata.name === 'web' ? { ...each, status: { ...each.status, phase: 'Succeeded' } } : each));
  const traffic = planTraffic(
    { policies: [policy({ podSelector: api, ingress: [{ from: [{ podSelector: web }] }] })], pods: ended, namespaces },
    [],
  );
  expect(traffic).toEqual([
    { podUid: 'api', ingress: [], faults: [] },
    { podUid: 'spy', faults: [] },
  ]);
});

const effect = { kind: 'partition' } as const;
const peers = { source: { podSelector: api }, target: { podSelector: web, namespaces: ['shop'] } };
test.each([
  ['to', { api: ['10.0.0.2'] }],
  ['from', { web: ['10.0.0.1'] }],
  ['both', { api: ['10.0.0.2'], web: ['10.0.0.1'] }],
] as const)('a fault in direction %s harms what these pods send', (direction, expected) => {
  const rules = planWireFaults([{ id: 'f', ...peers, direction, port: 8080, effect }], pods);
  expect(Object.fromEntries([...rules].map(([uid, [rule]]) => [uid, rule?.to]))).toEqual(expected);
});
