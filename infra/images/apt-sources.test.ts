import { expect, test } from 'vitest';
import { parseRepositories, planSources } from './apt-sources.ts';

const listing = [
  'http://mirror/debian/\tDebian\tDebian',
  'http://mirror/security/\tDebian\tDebian-Security',
  'http://elsewhere/\tVendor\tTools',
  '',
].join('\n');

test('the base image comes from the host’s own Debian mirrors, with security updates', () => {
  expect(planSources(parseRepositories(listing), 'trixie')).toEqual([
    'deb http://mirror/debian/ trixie main',
    'deb http://mirror/debian/ trixie-updates main',
    'deb http://mirror/security/ trixie-security main',
  ]);
});

test('a host without a Debian mirror leaves the choice to mmdebstrap', () => {
  expect(planSources(parseRepositories('http://elsewhere/\tVendor\tTools'), 'trixie')).toEqual([]);
});
