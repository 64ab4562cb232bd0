import { expect, it } from 'vitest';
import { mapHostPaths } from './path-map.ts';

const map = [
  { containerPath: '/etc/tls', hostPath: '/s/vol/tls' },
  { containerPath: '/etc/tls/deep', hostPath: '/s/vol/deep' },
  { containerPath: '/app/inference.mjs', hostPath: '/dist/inference.mjs' },
];

it.each([
  ['/etc/tls/tls.crt', '/s/vol/tls/tls.crt'],
  ['--ssl-certfile=/etc/tls/tls.crt', '--ssl-certfile=/s/vol/tls/tls.crt'],
  ['/etc/tls/deep/x:/etc/tls', '/s/vol/deep/x:/s/vol/tls'],
  ['cat "/etc/tls/a" >/etc/tls/b', 'cat "/s/vol/tls/a" >/s/vol/tls/b'],
  ['/app/inference.mjs', '/dist/inference.mjs'],
  ['/my/etc/tls', '/my/etc/tls'],
  ['/etc/tls-old/x', '/etc/tls-old/x'],
  ['etc/tls', 'etc/tls'],
  ['no path', 'no path'],
])('%s', (text, mapped) => expect(mapHostPaths(map, text)).toBe(mapped));
