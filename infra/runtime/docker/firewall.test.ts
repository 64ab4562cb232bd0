import { describe, expect, test } from 'vitest';
import type { ServiceRoute } from '../runtime.ts';
import { planFirewall } from './firewall.ts';

const gateway = '10.213.0.1';

function rulesFor(services: readonly ServiceRoute[]): readonly string[] {
  return planFirewall({ podCidr: '10.213.0.0/26', gateway, services })
    .split('\n')
    .map((line) => line.trim());
}

function service(clusterIp: string, endpoints: readonly { ip: string; port: number }[], protocol: 'TCP' | 'UDP' = 'TCP'): ServiceRoute {
  return { namespace: 'default', name: 'web', clusterIp, ports: [{ port: 80, protocol, endpoints }] };
}

describe('a pod’s firewall', () => {
  test('spreads a ClusterIP over its endpoints, each with its own port', () => {
    const rules = rulesFor([
      service('10.96.0.5', [
        { ip: '10.213.0.2', port: 8080 },
        { ip: '10.213.0.3', port: 8081 },
      ]),
    ]);
    expect(rules).toContain(
      'ip daddr 10.96.0.5 tcp dport 80 dnat ip addr . port to numgen random mod 2 map { 0 : 10.213.0.2 . 8080, 1 : 10.213.0.3 . 8081 }',
    );
  });

  test('has no way for a Service without endpoints or without a ClusterIP', () => {
    const rules = rulesFor([
      service('10.96.0.5', []),
      service('None', [{ ip: '10.213.0.2', port: 1 }]),
      service('', [{ ip: '10.213.0.2', port: 1 }]),
    ]);
    expect(rules.filter((rule) => rule.includes('dnat'))).toEqual([]);
  });

  test('opens the host for named ports alone, before it closes it', () => {
    const rules = rulesFor([
      service('10.96.0.1', [{ ip: gateway, port: 6443 }]),
      service('10.96.0.2', [{ ip: gateway, port: 6443 }]),
      service('10.96.0.3', [{ ip: gateway, port: 53 }], 'UDP'),
    ]);
    const host = rules.filter((rule) => rule.startsWith(`ip daddr ${gateway}`));
    expect(host).toEqual([
      `ip daddr ${gateway} tcp dport 6443 accept`,
      `ip daddr ${gateway} udp dport 53 accept`,
      `ip daddr ${gateway} goto refuse`,
    ]);
    expect(rules.indexOf(`ip daddr ${gateway} goto refuse`)).toBeLessThan(rules.indexOf('ip daddr 10.213.0.0/26 accept'));
  });

  test('refuses the engine’s resolver and broadcasts before it lets anything pass, and all that it does not name', () => {
    const rules = rulesFor([]);
    const closed = rules.indexOf('ip daddr { 127.0.0.11, 10.213.0.0, 10.213.0.63 } goto refuse');
    expect(closed).toBeGreaterThan(0);
    expect(closed).toBeLessThan(rules.indexOf('oifname "lo" accept'));
    expect(rules.filter((rule) => rule !== '' && rule !== '}').at(-1)).toBe('goto refuse');
    expect(rules.join()).toContain('priority 0; policy drop;');
  });

  test('replaces whatever was there in one transaction', () => {
    expect(rulesFor([]).slice(0, 3)).toEqual(['add table inet drillhouse', 'delete table inet drillhouse', 'table inet drillhouse {']);
  });
});
