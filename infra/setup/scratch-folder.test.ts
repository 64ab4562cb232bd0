import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findMemoryMount, scratchFolder } from './scratch-folder.ts';

afterEach(() => void vi.unstubAllEnvs());

describe('the folder for what is thrown away', () => {
  it.each([
    ['memory', 'proc /proc proc rw 0 0\ntmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0\n', ['rw', 'nosuid', 'nodev']],
    ['a disk', '/dev/vda /dev/shm ext4 rw 0 0\n', undefined],
    ['nothing of its own', 'tmpfs /dev tmpfs rw 0 0\n', undefined],
    ['not to be read', '', undefined],
  ])('is known for %s', (_what, mounts, options) => {
    expect(findMemoryMount(mounts)).toEqual(options);
  });

  it('is the one that TMPDIR names', () => {
    vi.stubEnv('TMPDIR', '/var/tmp');
    expect(scratchFolder()).toBe('/var/tmp');
  });

  it('is one that is there', () => {
    vi.stubEnv('TMPDIR', undefined);
    expect(['/dev/shm', tmpdir()]).toContain(scratchFolder());
  });
});
