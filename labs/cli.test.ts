import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLabCommand } from './cli.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'lab-cli-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function lab(...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const code = await runLabCommand(args, { say: (text) => stdout.push(text), tell: (text) => stderr.push(text) });
  return { code, stdout: stdout.join('\n'), stderr: stderr.join('\n') };
}

describe('npm run lab', () => {
  it('finds nothing wrong with the labs that are here', async () => {
    const { code, stdout } = await lab('check');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^endpoint 1\.\d+\.\d+: 7 steps, 3 faults, sha256 [0-9a-f]{12}$/m);
  });

  it('tells file, line and column of what is wrong, and ends with 1', async () => {
    await mkdir(path.join(dir, 'mine'), { recursive: true });
    await writeFile(path.join(dir, 'mine/lab.yaml'), 'title: Mine\nvariants:\n  choose: {}\nfaultz: []\n');
    const { code, stdout } = await lab('check', dir);
    expect(code).toBe(1);
    expect(stdout).toContain('mine/lab.yaml:4:1: faultz: Unknown key faultz.');
  });

  it('writes a lab that is whole, with a schema that editors find, and nothing over another', async () => {
    const labs = path.join(dir, 'new labs');
    const { code, stdout } = await lab('new', 'canary-release', '--dir', labs);
    expect(code).toBe(0);
    expect(stdout).toContain(path.join(labs, 'canary-release', 'lab.yaml'));
    const checked = await lab('check', '--dir', labs);
    expect(checked.stdout).toMatch(/^canary-release 0\.1\.0: 2 steps, 1 faults/);
    expect(checked.code).toBe(0);
    const [first = ''] = (await readFile(path.join(labs, 'canary-release/lab.yaml'), 'utf8')).split('\n');
    const schema = first.replace(/^.*\$schema=/, '');
    expect(JSON.parse(await readFile(path.resolve(labs, 'canary-release', schema), 'utf8'))).toHaveProperty('properties.artefacts');
    const again = await lab('new', 'canary-release', '--dir', labs);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('EEXIST');
  });

  it.each<[string, readonly string[], RegExp]>([
    ['a new lab without a name', ['new'], /Name the new lab/],
    ['a name that is none', ['new', 'Über Lab'], /small letters/],
    ['a way out of the folder', ['new', '../elsewhere'], /small letters/],
    ['no command', [], /Name a command/],
    ['an unknown command', ['burn'], /no command burn/],
    ['an unknown lab', ['prove', 'nope'], /no lab nope; there are: .*endpoint/],
    ['an unknown fault', ['prove', 'endpoint', '--fault', 'nope'], /no fault nope/],
    ['an unknown runtime', ['prove', 'endpoint', '--runtime', 'podman'], /no runtime podman/],
    ['an unknown option', ['prove', 'endpoint', '--fast'], /--fast/],
  ])('explains %s and ends with 2', async (_, args, message) => {
    const { code, stderr } = await lab(...args);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('usage:');
    expect(code).toBe(2);
  });
});
