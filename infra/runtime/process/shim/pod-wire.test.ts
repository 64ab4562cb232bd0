import { describe, expect, it } from 'vitest';
import { admits, type PodWire } from './pod-wire.ts';

const self = '127.9.4.2';
const wire = (rest: Partial<PodWire>): PodWire => ({ door: { host: '127.9.7.1', port: 1 }, podPrefix: '127.9.4.', cuts: [], ...rest });
const neighbours = { peers: [{ cidr: '127.9.4.3/32', except: [] }], ports: [{ protocol: 'TCP' as const, first: 80 }] };

describe('a connection that comes in', () => {
  it.each<[string, Partial<PodWire>, string, number, boolean]>([
    ['from a pod while nothing isolates', {}, '127.9.4.3', 80, true],
    ['from a pod that the policy names', { ingress: [neighbours] }, '127.9.4.3', 80, true],
    ['on a port that it does not name', { ingress: [neighbours] }, '127.9.4.3', 81, false],
    ['from a pod that it does not name', { ingress: [neighbours] }, '127.9.4.30', 80, false],
    ['from the node, though nobody may come in', { ingress: [] }, '127.0.0.1', 80, true],
    ['from the pod itself', { ingress: [], cuts: [{ ip: self }] }, self, 80, true],
    ['from the other side of a partition', { cuts: [{ ip: '127.9.4.3' }] }, '127.9.4.3', 80, false],
    ['beside a partition of another port', { cuts: [{ ip: '127.9.4.3', port: 81 }] }, '127.9.4.3', 80, true],
  ])('%s', (_, rest, source, port, isAdmitted) => expect(admits(wire(rest), self, source, port)).toBe(isAdmitted));
});
