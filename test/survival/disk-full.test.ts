import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../server/testing/eventually.ts';
import { startServerProcess } from '../support/server-process.ts';
import { ServerClient } from '../support/server-client.ts';

/** A file system small enough to fill, which only root can mount. */
function mountSmallDisk(): (Disposable & { readonly dir: string }) | undefined {
  const dir = mkdtempSync(path.join(tmpdir(), 'drillhouse-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    rmSync(dir, { recursive: true });
    return undefined;
  }
  return {
    dir,
    [Symbol.dispose]: () => {
      execFileSync('umount', ['--lazy', dir]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function fill(dir: string): string {
  const file = path.join(dir, 'ballast');
  const { bavail, bsize } = statfsSync(dir);
  try {
    writeFileSync(file, Buffer.alloc(bavail * bsize + 1));
  } catch {
    // Written as far as there was room, which is the point.
  }
  return file;
}

describe('a full disk', () => {
  it('is said plainly, loses nothing that was saved, and is over when there is room', async (context) => {
    using disk = mountSmallDisk();
    if (disk === undefined) {
      if (process.env.CI === 'true') throw new Error('A small disk could not be mounted; this test needs root.');
      context.skip();
      return;
    }
    await using server = await startServerProcess({ dataDir: disk.dir, runtime: 'process', args: ['--demo'] });
    const [, link = ''] = await server.waitForOutput(/instructor +(http\S+\/welcome\/\S+)/);
    const instructor = await ServerClient.fromLink(link);
    await instructor.request('POST', '/api/cohorts', { name: 'Before' });
    const ballast = fill(disk.dir);
    const refusal = await eventually('a refusal', async () => {
      for (let index = 0; index < 50; index += 1) {
        const error = await instructor
          .request('POST', '/api/cohorts', { name: `While full ${Math.random()}` })
          .then(() => undefined, String);
        if (error !== undefined) return error;
      }
      return undefined;
    });
    expect(refusal).toContain('507');
    expect(refusal).toContain('StorageFull');
    expect(JSON.stringify(await instructor.request('GET', '/api/cohorts'))).toContain('"Before"');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    rmSync(ballast);
    await instructor.request('POST', '/api/cohorts', { name: 'After' });
    expect(JSON.stringify(await instructor.request('GET', '/api/cohorts'))).toContain('"After"');
  });
});
