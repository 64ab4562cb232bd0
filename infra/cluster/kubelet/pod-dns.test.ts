import { expect, it } from 'vitest';
import { planResolvConf } from '../../runtime/dns/resolv-conf.ts';
import type { PodSpec } from '../meta/generated/types.ts';
import { planPodDns } from './pod-dns.ts';

/** What the pod's resolv.conf says, line by line. */
function linesFor(spec: Pick<PodSpec, 'dnsPolicy' | 'dnsConfig'>): string[] {
  return planResolvConf('shop', '10.0.0.10', [], planPodDns(spec).dns).trimEnd().split('\n');
}

const clusterSearch = 'search shop.svc.cluster.local svc.cluster.local cluster.local';

it.each<[string, Pick<PodSpec, 'dnsPolicy' | 'dnsConfig'>, string[]]>([
  ['the usual policy', { dnsPolicy: 'ClusterFirst' }, [clusterSearch, 'nameserver 10.0.0.10', 'options ndots:5']],
  [
    'additions come after the cluster, options of one name replace each other',
    {
      dnsPolicy: 'ClusterFirst',
      dnsConfig: {
        nameservers: ['192.0.2.53', '10.0.0.10'],
        searches: ['corp.example', 'cluster.local'],
        options: [{ name: 'ndots', value: '2' }, { name: 'rotate' }],
      },
    },
    [`${clusterSearch} corp.example`, 'nameserver 10.0.0.10', 'nameserver 192.0.2.53', 'options ndots:2 rotate'],
  ],
  [
    'None is what the pod says and nothing else',
    { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.53'], searches: ['corp.example'] } },
    ['search corp.example', 'nameserver 192.0.2.53', 'options'],
  ],
  ['Default is a node that has no resolver', { dnsPolicy: 'Default' }, ['options']],
])('%s', (_name, spec, lines) => {
  expect(linesFor(spec)).toEqual(lines);
});
