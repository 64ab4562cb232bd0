import { spawn } from 'node:child_process';
import { chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureImageBundles } from '../../images/bundle.ts';
import { projectRoot } from '../../setup/project-root.ts';
import { findTool } from './host-tools.ts';
import { ensureProcessBundles } from './supervisor-launch.ts';
import { readAll } from './testing/process-fixture.ts';

/** Somebody without rights: what most people are who try Drillhouse out. */
const NOBODY = 65_534;
const driver = path.join(projectRoot, 'infra/runtime/process/testing/ordinary-user.ts');

/** Root runs the other suites with root's namespaces, so this one becomes an ordinary user, if that one may read the project at all. */
const possible = process.getuid?.() === 0 && (await othersMayRead(projectRoot)) && findTool('bwrap') !== undefined;

if (possible)
  describe('containers of an ordinary user, in namespaces of its own', () => {
    let stateDir: string;
    let report: Readonly<Record<string, unknown>>;

    beforeAll(async () => {
      await ensureImageBundles();
      await ensureProcessBundles();
      stateDir = await mkdtemp(path.join(tmpdir(), 'drillhouse-user-'));
      await chown(stateDir, NOBODY, NOBODY);
      const child = spawn(process.execPath, ['--import', 'tsx', driver, path.join(stateDir, 'state')], {
        cwd: projectRoot,
        uid: NOBODY,
        gid: NOBODY,
        env: { PATH: process.env['PATH'], HOME: stateDir, TMPDIR: stateDir },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      report = JSON.parse(await readAll(child.stdout)) as typeof report;
    });
    afterAll(async () => rm(stateDir, { recursive: true, force: true }));

    it('are isolated', () => expect(report['isolation']).toContain('in bubblewrap, with this account’s rights'));
    it('have the user they asked for, in the first process and in exec', () => {
      expect(report['main']).toBe('uid=1000(trainee) gid=1000(trainee) groups=1000(trainee)');
      expect(report['exec']).toBe('uid=1000(trainee) gid=1000(trainee) groups=1000(trainee)');
      expect(report['root']).toMatch(/^uid=0\(root\) gid=0\(root\)/);
    });
    it('have no capabilities, root neither', () => {
      for (const which of ['capabilities', 'rootCapabilities']) expect(report[which]).toMatch(/^CapEff:\s+0+$/);
    });
    it('see only themselves', () => expect(Number(report['processes'])).toBeLessThan(8));
    it('have terminals of their own', () => expect(report['terminal']).toMatch(/^\/dev\/pts\/\d+/));
    it('are killed at their memory limit', () => expect(report['oom']).toMatchObject({ exitCode: 137, oomKilled: true }));
    it('leave nothing behind', async () => {
      const { readdir, readFile } = await import('node:fs/promises');
      const lines = await Promise.all((await readdir('/proc')).map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
      expect(lines.filter((line) => line.includes(stateDir))).toEqual([]);
    });
  });

async function othersMayRead(folder: string): Promise<boolean> {
  for (let at = folder; ; at = path.dirname(at)) {
    if (((await stat(at)).mode & 0o005) !== 0o005) return false;
    if (at === path.dirname(at)) return true;
  }
}

it('is tested as an ordinary user one way or the other', () =>
  expect(possible || process.getuid?.() !== 0 || process.env['CI'] !== 'true').toBe(true));
