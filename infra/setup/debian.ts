import { existsSync, readFileSync } from 'node:fs';

/** The distribution's identity, from /etc/os-release. */
export interface HostSystem {
  readonly isDebian: boolean;
  readonly isRoot: boolean;
}

export function detectHost(osReleaseFile = '/etc/os-release'): HostSystem {
  const text = existsSync(osReleaseFile) ? readFileSync(osReleaseFile, 'utf8') : '';
  const values = [...text.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap((match) => (match[1] ?? '').split(' '));
  return { isDebian: values.includes('debian'), isRoot: process.getuid?.() === 0 };
}
