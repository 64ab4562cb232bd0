import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { playerRoles } from '../../grader/incidents/roles.ts';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import { drillJsonSchema } from './drill-script.ts';
import { loadScripts, ownScriptsDir, parseScript } from './load-scripts.ts';

const { labs } = await loadCatalogue([ownLabsDir]);
const known = labs.map(({ summary }) => summary);
const own = await loadScripts([ownScriptsDir], known);
const harmful = await readFile(path.join(ownScriptsDir, 'harmful-output.yaml'), 'utf8');

/** The one problem of our first script after an edit, as file:line path: message. */
function problemAfter(from: string, to: string): string {
  expect(harmful).toContain(from);
  const { problems } = parseScript('harmful-output.yaml', harmful.replace(from, to), known);
  expect(problems, JSON.stringify(problems)).toHaveLength(1);
  const [{ file, line, path: where, message, remedy }] = problems as [(typeof problems)[number]];
  expect(remedy).not.toBe('');
  return `${file}:${line ?? 0} ${where ?? ''}: ${message}`;
}

const lineOf = (text: string): number => harmful.slice(0, harmful.indexOf(text)).split('\n').length;

describe('the scripts that come with Drillhouse', () => {
  it('load without a problem', () => {
    expect(own.problems).toEqual([]);
  });

  it('are six on what goes wrong, two of nothing but talk, and one without a fault', () => {
    const slugs = own.scripts.map(({ slug }) => slug);
    expect(slugs).toEqual(
      expect.arrayContaining(['harmful-output', 'data-source-gone', 'provider-rate-limit', 'leaked-key', 'bad-release', 'cost-runaway']),
    );
    const talk = own.scripts.filter(({ script }) => script.live === undefined && script.injects.every(({ kind }) => kind !== 'fault'));
    expect(talk.length).toBeGreaterThanOrEqual(2);
    expect(own.scripts.filter(({ script }) => script.classification === 'none')).toHaveLength(1);
  });

  it('have the JSON Schema for editors beside them, up to date', async () => {
    const text = await readFile(path.join(ownScriptsDir, 'drill.schema.json'), 'utf8');
    const remedy = 'write it anew: npm run --silent drill -- schema > scenarios/drills/drill.schema.json';
    expect(JSON.parse(text), remedy).toEqual(drillJsonSchema());
  });
});

describe.each(own.scripts.map(({ slug, script }) => [slug, script] as const))('the script %s', (_, script) => {
  it('tells players of no cause before it is found', () => {
    const spoken = script.injects.filter(({ kind }) => kind !== 'fault').map(({ text }) => text);
    for (const text of spoken) expect(text).not.toMatch(/what really happened|expected response|inject \d/i);
  });

  it('gives each needed role something to do, and each objective something to be seen by', () => {
    for (const role of script.roles.needed)
      expect(
        script.injects.some(({ to, expect: wanted }) => wanted !== undefined && to !== 'everyone' && to.includes(role)),
        role,
      ).toBe(true);
    for (const { id } of script.objectives)
      expect(
        script.injects.some(({ objective }) => objective === id),
        id,
      ).toBe(true);
  });

  it('has a contingency, and ends in time', () => {
    expect(script.injects.some(({ when }) => when !== undefined) || script.minutes <= 20).toBe(true);
    for (const { at } of script.injects) expect(at ?? 0).toBeLessThanOrEqual(script.minutes * 60_000);
  });
});

describe('a script that does not load says where and what to do', () => {
  it.each([
    [
      'an unknown fault',
      'fault: harmful-output',
      'fault: harmful-outputs',
      'injects[1].fault: The lab incident has no fault harmful-outputs.',
    ],
    ['an unknown lab', 'lab: incident', 'lab: incidents', 'live.lab: There is no lab incidents.'],
    ['a lab without the quiet control', 'lab: incident', 'lab: endpoint', 'live.lab: The lab endpoint has no control nothing-wrong'],
    [
      'an unknown objective',
      'objective: recognise\n    notes: A team',
      'objective: recognize\n    notes: A team',
      'injects[2].objective: There is no objective recognize.',
    ],
    ['a contingency on nothing', 'when: { unanswered: 5, after: 6m }', 'when: { unanswered: 50, after: 6m }', 'There is no inject 50.'],
    [
      'a contingency on what expects nothing',
      'when: { unanswered: 5, after: 6m }',
      'when: { unanswered: 1, after: 6m }',
      'The inject 1 expects no response.',
    ],
    ['a number twice', '- number: 3\n', '- number: 4\n', 'injects[3].number: This number is there twice.'],
    ['a beginning that may never come', 'begins: 3', 'begins: 6', 'begins: The inject 6 is a contingency'],
    ['an inject after the end', 'at: 36m', 'at: 46m', 'injects[10].at: This is after the end: the drill plays 45 minutes.'],
    ['times out of order', 'at: 36m', 'at: 6m', 'The times are out of order: inject'],
    ['a role that may be absent', 'to: [expert, scribe]', 'to: [scribe]', 'injects[3].to: It reaches only roles that may be absent.'],
    [
      'overlapping roles',
      'useful: [deputy, scribe, internal-liaison]',
      'useful: [deputy, commander]',
      'roles.useful[1]: The role commander is needed already.',
    ],
    ['a key that is not there', 'channel: chat\n    from: Night shift', 'chanel: chat\n    from: Night shift', 'Unknown key chanel.'],
  ])('%s', (_, from, to, expected) => {
    const text = harmful.replace(from, to);
    const { problems } = parseScript('harmful-output.yaml', text, known);
    const told = problems.map(({ file, line, path: where, message }) => `${file}:${line ?? 0} ${where ?? ''}: ${message}`);
    expect(told.join('\n')).toContain(expected);
    for (const { line, remedy } of problems) {
      expect(line).toBeGreaterThan(1);
      expect(remedy).not.toBe('');
    }
  });

  it('at the line where it stands', () => {
    expect(problemAfter('fault: harmful-output', 'fault: none-such')).toContain(`harmful-output.yaml:${lineOf('fault: harmful-output')} `);
  });

  it('an unknown role, by the roles there are', () => {
    const { problems } = parseScript('x.yaml', harmful.replace('needed: [commander,', 'needed: [captain,'), known);
    expect(problems[0]).toMatchObject({ path: 'roles.needed[0]', remedy: expect.stringContaining(playerRoles.join(', ')) as string });
  });

  it('broken YAML and files that cannot be read, beside scripts that load', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'drillhouse-scripts-'));
    try {
      await writeFile(path.join(dir, 'broken.yaml'), 'title: [');
      await writeFile(path.join(dir, 'good.yaml'), harmful);
      await mkdir(path.join(dir, 'folder.yaml'));
      const { scripts, problems } = await loadScripts([dir], known);
      expect(scripts.map(({ slug }) => slug)).toEqual(['good']);
      expect(problems.map(({ file }) => file).sort()).toEqual(['broken.yaml', 'folder.yaml']);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe('scripts from several folders', () => {
  it('are one list, read anew each time; of two with one name the first is used, and a folder that is not there is told', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'drillhouse-scripts-'));
    try {
      const [first, second, absent] = ['first', 'second', 'absent'].map((name) => path.join(dir, name)) as [string, string, string];
      await Promise.all([mkdir(first), mkdir(second)]);
      await writeFile(path.join(first, 'ours.yaml'), harmful.replace(/^title: .*$/m, 'title: Ours'));
      await writeFile(path.join(second, 'ours.yaml'), harmful);
      await writeFile(path.join(second, 'other.yaml'), harmful);
      const { scripts, problems } = await loadScripts([first, second, absent], known);
      expect(scripts.map(({ slug, script }) => [slug, script.title])).toContainEqual(['ours', 'Ours']);
      expect(scripts.map(({ slug }) => slug).sort()).toEqual(['other', 'ours']);
      expect(problems.map(({ message }) => message)).toEqual([
        expect.stringContaining('The folder of scripts cannot be read'),
        `There is more than one script called ours.yaml: that in ${first} is used, that in ${second} is not.`,
      ]);
      await writeFile(path.join(first, 'ours.yaml'), harmful.replace(/^title: .*$/m, 'title: Ours, edited'));
      expect((await loadScripts([first], known)).scripts.map(({ script }) => script.title)).toEqual(['Ours, edited']);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
