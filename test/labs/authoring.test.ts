import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSubstrate } from '../../infra/substrate/open-substrate.ts';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import { runLabCommand } from '../../labs/cli.ts';
import { proveLabs } from '../../labs/prove/prove.ts';
import { toTable } from '../../labs/prove/table.ts';
import { readConfig } from '../../server/config.ts';

/** What labs/AUTHORING.md tells an author to type, in its order. */
let commands: readonly string[];
let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'authoring-'));
  const guide = await readFile(path.join(ownLabsDir, 'AUTHORING.md'), 'utf8');
  commands = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs `npm run lab -- …` of the guide, its folder being one of this test's. */
async function type(wanted: RegExp): Promise<{ readonly code: number; readonly said: string }> {
  const command = commands.find((line) => wanted.test(line));
  if (command === undefined) throw new Error(`The guide has no command like ${String(wanted)}.`);
  const said: string[] = [];
  const args = command.replace('npm run lab -- ', '').replace('my-labs', path.join(root, 'my-labs')).split(' ');
  const tell = (text: string): number => said.push(text);
  return { code: await runLabCommand(args, { say: tell, tell }), said: said.join('\n') };
}

it('the guide leads from nothing to a lab that is whole and is served beside ours', async () => {
  expect(commands.map((line) => line.split(' ').slice(0, 5).join(' '))).toEqual([
    'npm run lab -- new',
    'npm run lab -- check',
    'npm run lab -- prove',
    'npm run lab -- preview',
    'LABS_DIRS=labs:my-labs npm start',
  ]);
  expect(await type(/-- new/)).toMatchObject({ code: 0 });
  expect(await type(/-- check/)).toMatchObject({ code: 0, said: expect.stringContaining('canary-release 0.1.0') as string });
  const labsDirs = /^LABS_DIRS=(\S+)/.exec(commands.at(-1) ?? '')?.[1]?.replace('my-labs', path.join(root, 'my-labs'));
  const { labs, problems } = await loadCatalogue(readConfig({ LABS_DIRS: labsDirs }, [], '').labsDirs);
  expect(problems).toEqual([]);
  expect(labs.map(({ summary }) => summary.slug)).toEqual(expect.arrayContaining(['endpoint', 'canary-release']));
});

it('the lab that the guide begins with proves itself', { timeout: 6 * 60_000 }, async () => {
  const { labs } = await loadCatalogue([path.join(root, 'my-labs')]);
  const lab = labs[0]!;
  // Most cheats take as long as their window of stability; two of different kinds tell whether the new lab is whole.
  const cheats = lab.example.cheats.filter(({ script }) => /delete-workload|literal-key/.test(script));
  const log = pino({ level: 'fatal' }, pino.destination(2));
  await using substrate = await openSubstrate({ runtime: 'process', dataDir: path.join(root, 'data'), log, report: () => undefined });
  const outcomes = await proveLabs([{ ...lab, example: { ...lab.example, cheats } }], {
    substrate,
    seed: 'guide',
    times: 1,
    jobs: 4,
    signal: new AbortController().signal,
    report: () => undefined,
  });
  expect(
    outcomes.every(({ ok }) => ok),
    `\n${toTable(outcomes)}`,
  ).toBe(true);
  expect(outcomes.length).toBeGreaterThanOrEqual(12);
  expect(outcomes.find(({ group }) => group === 'solution')?.score).toBe(100);
});
