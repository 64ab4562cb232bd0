import { expect, it } from 'vitest';
import type { Pod } from '../meta/generated/types.ts';
import { NodeDevices } from './node-devices.ts';

const gpu = 'nvidia.com/gpu';
const pod = (uid: string, ...limits: readonly Record<string, string>[]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: uid, uid },
  spec: { containers: limits.map((each, index) => ({ name: `c${index}`, image: 'base', resources: { limits: each, requests: each } })) },
});

it('gives out what the node has, says what is missing and tells that somebody was misled', () => {
  let misled = 0;
  const devices = new NodeDevices({ [gpu]: 2 }, () => (misled += 1));
  expect(devices.claim(pod('a', { [gpu]: '1' }))).toBeUndefined();
  expect(devices.claim(pod('a', { [gpu]: '1' }))).toBeUndefined();
  expect(devices.claim(pod('b', { [gpu]: '1' }, { [gpu]: '1' }))).toBe(
    'Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 2, Available: 1, which is unexpected',
  );
  expect(misled).toBe(1);
  devices.release('a');
  expect(devices.claim(pod('b', { [gpu]: '2' }))).toBeUndefined();
  expect(devices.claim(pod('c', { cpu: '64', 'example.com/dongle': '3' }))).toBeUndefined();
  expect(misled).toBe(1);
});

it('counts what runs already, even more than there is', () => {
  const devices = new NodeDevices({ [gpu]: 1 }, () => undefined);
  devices.hold(pod('a', { [gpu]: '1' }));
  devices.hold(pod('b', { [gpu]: '1' }));
  expect(devices.claim(pod('c', { [gpu]: '1' }))).toContain('Available: 0');
  devices.release('a');
  expect(devices.claim(pod('c', { [gpu]: '1' }))).toContain('Available: 0');
  devices.release('b');
  expect(devices.claim(pod('c', { [gpu]: '1' }))).toBeUndefined();
});
