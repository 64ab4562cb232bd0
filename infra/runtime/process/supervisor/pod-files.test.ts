import { describe, expect, it } from 'vitest';
import type { PodSandboxSpec, ServiceRoute } from '../../runtime.ts';
import { listedServices, renderHosts } from './pod-files.ts';

const spec: PodSandboxSpec = {
  podUid: 'u',
  namespace: 'shop',
  name: 'web-1',
  hostname: 'web-1',
  dnsSearchNamespace: 'shop',
  labels: {},
  shareProcessNamespace: false,
  hostAliases: [{ ip: '127.9.9.9', hostnames: ['old.example', 'older.example'] }],
};
const pod = { spec, ip: '127.9.4.2' };
const port = (endpoints: ServiceRoute['ports'][number]['endpoints']): ServiceRoute['ports'] => [{ port: 80, protocol: 'TCP', endpoints }];

/** What getaddrinfo would make of it: the addresses of a name, in order. */
function resolve(hosts: string, name: string): string[] {
  const lines = hosts.split('\n').filter((line) => !line.startsWith('#'));
  return lines.filter((line) => line.split(/\s+/).slice(1).includes(name)).map((line) => line.split(/\s+/)[0] ?? '');
}

describe('a pod’s hosts file', () => {
  const hosts = renderHosts(pod, [
    { namespace: 'shop', name: 'api', clusterIp: '127.9.5.3', ports: port([]) },
    { namespace: 'bank', name: 'api', clusterIp: '127.9.5.4', ports: port([]) },
    {
      namespace: 'shop',
      name: 'peers',
      clusterIp: 'None',
      ports: port([
        { ip: '127.9.4.5', port: 80, hostname: 'p-0' },
        { ip: '127.9.4.6', port: 80 },
      ]),
    },
    { namespace: 'shop', name: 'pending', clusterIp: '', ports: [] },
  ]);

  it.each([
    ['web-1', ['127.9.4.2']],
    ['older.example', ['127.9.9.9']],
    ['api', ['127.9.5.3']],
    ['api.shop', ['127.9.5.3']],
    ['api.bank', ['127.9.5.4']],
    ['api.bank.svc', ['127.9.5.4']],
    ['api.bank.svc.cluster.local', ['127.9.5.4']],
    ['peers', ['127.9.4.5', '127.9.4.6']],
    ['p-0.peers.shop.svc.cluster.local', ['127.9.4.5']],
    ['pending', []],
    ['localhost', ['127.0.0.1', '::1']],
  ])('resolves %s', (name, addresses) => expect(resolve(hosts, name)).toEqual(addresses));

  it('lists Services while names are answered, and hidden ones for their own namespace always', () => {
    const answering = [{ ip: '127.0.0.1', port: 5353 }];
    const dns = (endpoints: typeof answering): ServiceRoute => ({
      namespace: 'kube-system',
      name: 'kube-dns',
      clusterIp: 'c',
      ports: port(endpoints),
    });
    const api: ServiceRoute = { namespace: 'shop', name: 'api', clusterIp: 'a', ports: [] };
    const secret: ServiceRoute = { namespace: 'back', name: 'prober', clusterIp: 'b', ports: [], isHidden: true };
    const listed = (namespace: string, services: readonly ServiceRoute[]) =>
      listedServices({ dnsSearchNamespace: namespace }, services).map(({ name }) => name);
    expect(listed('shop', [api, secret, dns(answering)])).toEqual(['api', 'kube-dns']);
    expect(listed('back', [api, secret, dns(answering)])).toEqual(['api', 'prober', 'kube-dns']);
    expect(listed('back', [api, secret, dns([])])).toEqual(['prober']);
    expect(listed('shop', [api])).toEqual([]);
    const elsewhere = { usesCluster: false, nameservers: ['192.0.2.53'], searches: [], options: [] };
    expect(listedServices({ dnsSearchNamespace: 'shop', dns: elsewhere }, [api, dns(answering)])).toEqual([]);
  });
});
