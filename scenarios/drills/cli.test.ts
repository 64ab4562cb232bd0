import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDrillCommand } from './cli.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'drill-cli-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function drill(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string; readonly told: string }> {
  const said: string[] = [];
  const told: string[] = [];
  const code = await runDrillCommand(args, { say: (text) => said.push(text), tell: (text) => told.push(text) });
  return { code, said: said.join('\n'), told: told.join('\n') };
}

describe('npm run drill', () => {
  it('finds nothing wrong with the scripts that are here, and says which can be live fire', async () => {
    const { code, said } = await drill('check');
    expect(code).toBe(0);
    expect(said).toMatch(
      /^data-source-gone 1\.\d+\.\d+: 1\d injects, \d+ minutes, tabletop, or live fire in the lab incident, sha256 [0-9a-f]{12}$/m,
    );
  });

  it('tells file, line and remedy of what is wrong, and ends with 1', async () => {
    await writeFile(path.join(dir, 'mine.yaml'), 'title: Mine\ninjekts: []\n');
    const { code, said } = await drill('check', dir);
    expect(code).toBe(1);
    expect(said).toMatch(/^mine\.yaml:2:1: injekts: Unknown key injekts\. \S+/m);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['no command', [], /Name a command/],
    ['an unknown command', ['burn'], /no command burn/],
    ['an unknown option', ['check', '--fast'], /--fast/],
  ])('answers 2 with the usage to %s', async (_, args, why) => {
    const { code, told } = await drill(...args);
    expect(code).toBe(2);
    expect(told).toMatch(why);
    expect(told).toContain('usage:');
  });
});
