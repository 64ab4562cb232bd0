import { describe, expect, it } from 'vitest';
import { connectTarget, hasListener, listenAddress, parseHosts } from './addresses.ts';

const pod = { podIp: '127.9.4.2', loopback: '127.9.6.2' };

describe('where a pod’s program listens', () => {
  it.each([
    [undefined, '127.9.4.2'],
    ['0.0.0.0', '127.9.4.2'],
    ['::', '127.9.4.2'],
    ['localhost', '127.9.6.2'],
    ['127.0.0.1', '127.9.6.2'],
    ['127.9.4.2', '127.9.4.2'],
  ])('%s becomes %s', (host, address) => expect(listenAddress(host, pod)).toBe(address));
});

describe('where a pod’s program connects', () => {
  const hosts = parseHosts('127.9.5.3\tapi api.shop # a comment\n::1 localhost\n\n10.1.2.3 outside\n127.9.4.7 peers\n');

  it.each([
    ['localhost', { host: '127.9.4.2', localAddress: '127.9.4.2' }],
    ['127.9.5.9', { host: '127.9.5.9', localAddress: '127.9.4.2' }],
    ['API.shop.', { host: '127.9.5.3', localAddress: '127.9.4.2' }],
    ['outside', { host: '10.1.2.3', localAddress: undefined }],
    ['example.org', undefined],
    ['10.9.9.9', undefined],
  ])('%s', (host, target) => expect(connectTarget(host, pod, hosts)).toEqual(target));
});

describe('the kernel’s table of sockets', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue',
    '   0: 0206097F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0',
    '   1: 0206097F:1F41 0304097F:C350 01 00000000:00000000 00:00000000 00000000 0 0 1 1 0',
  ].join('\n');

  it('tells listeners from connections and ports from one another', () => {
    expect(hasListener(table, '127.9.6.2', 8000)).toBe(true);
    expect(hasListener(table, '127.9.6.2', 8001)).toBe(false);
    expect(hasListener(table, '127.9.6.3', 8000)).toBe(false);
    const everywhere = `   0: ${'0'.repeat(32)}:1F90 ${'0'.repeat(32)}:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0`;
    expect(hasListener(everywhere, '::', 8080)).toBe(true);
  });
});
