import type { Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { stableConfig } from './stable-archive.ts';
import { clampShadow, stableHeader } from './stable-tar.ts';

const EPOCH_SECONDS = 1_767_225_600;

function header(more: Partial<Header>): Header {
  return {
    name: 'usr/bin/x',
    size: 1,
    mode: 0o755,
    mtime: new Date(0),
    type: 'file',
    linkname: '',
    uid: 0,
    gid: 0,
    uname: 'root',
    gname: 'root',
    devmajor: 0,
    devminor: 0,
    ...more,
  };
}

describe('what makes a layer the same whenever it is built', () => {
  it.each([
    ['what is younger than the epoch gets the epoch', 1_800_000_000.5, EPOCH_SECONDS],
    ['what is older keeps its time, to the second', 1_700_000_000.7, 1_700_000_000],
  ])('%s', (_name, builtSeconds, seconds) => {
    expect(stableHeader(header({ mtime: new Date(builtSeconds * 1000) }), EPOCH_SECONDS).mtime).toEqual(new Date(seconds * 1000));
  });

  it('keeps capabilities of files and drops what says the time again', () => {
    const pax = { mtime: '1800000000.5', 'SCHILY.xattr.security.capability': 'cap', path: 'usr/bin/x' };
    expect(stableHeader(header({ pax }), EPOCH_SECONDS)).toMatchObject({ pax: { 'SCHILY.xattr.security.capability': 'cap' }, mode: 0o755 });
    expect(stableHeader(header({ pax: { mtime: '1.5' } }), EPOCH_SECONDS)).not.toHaveProperty('pax');
  });

  it('gives accounts no younger day than the epoch’s', () => {
    expect(clampShadow('root:*:20000:0:99999:7:::\nsomebody:!:20600::::::\nodd\n', EPOCH_SECONDS)).toBe(
      'root:*:20000:0:99999:7:::\nsomebody:!:20454::::::\nodd\n',
    );
  });

  it('keeps of the configuration what the image does, not who built it and when', () => {
    const built = {
      architecture: 'amd64',
      container: 'abc',
      docker_version: '20.10',
      created: '2026-11-21T12:00:00Z',
      config: { User: '1000', Hostname: 'abc', Image: 'sha256:parent' },
      history: [{ created: '2026-11-21T12:00:00Z', created_by: 'RUN x' }],
      rootfs: { type: 'layers', diff_ids: ['sha256:old'] },
    };
    expect(stableConfig(built, ['new'], EPOCH_SECONDS)).toEqual({
      architecture: 'amd64',
      created: '2026-01-01T00:00:00.000Z',
      config: { User: '1000', Hostname: '', Image: '' },
      history: [{ created: '2026-01-01T00:00:00.000Z', created_by: 'RUN x' }],
      rootfs: { type: 'layers', diff_ids: ['sha256:new'] },
    });
  });
});
