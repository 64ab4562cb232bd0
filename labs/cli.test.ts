import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

  it.each<[string, readonly string[], RegExp]>([
    ['no command', [], /Name a command/],
    ['an unknown command', ['burn'], /no command burn/],
    ['an unknown lab', ['prove', 'nope'], /no lab nope; there are: endpoint/],
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
