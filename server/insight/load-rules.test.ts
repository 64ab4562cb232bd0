import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownLabsDir } from '../../labs/catalogue.ts';
import { loadDefinitions, ownDefinitionsDir } from '../certification/load-definitions.ts';
import { loadRules, ownRulesDir, type KnownThings } from './load-rules.ts';

describe('the rules that come with Drillhouse', () => {
  let known: KnownThings;
  beforeAll(async () => {
    const labs = (await readdir(ownLabsDir)).filter((name) => existsSync(path.join(ownLabsDir, name, 'lab.yaml')));
    const { definitions } = await loadDefinitions(ownDefinitionsDir);
    known = { labs, certificates: definitions.map(({ id }) => id) };
  });

  it('load whole, and name only labs and certificates that exist', async () => {
    const { rules, problems } = await loadRules(ownRulesDir, known);
    expect(problems).toEqual([]);
    expect(rules.services.map(({ id }) => id)).toEqual(['gateway', 'incident-command', 'inference']);
    // A dimension whose first lab went away would send people nowhere.
    expect(Object.values(rules.skills.dimensions).every(({ labs }) => labs.length > 0)).toBe(true);
  });
});

describe('rules of one’s own', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'drillhouse-rules-'));
    await mkdir(path.join(dir, 'services'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('without skills that load say what is wrong and where, and nothing begins', async () => {
    await writeFile(path.join(dir, 'skills.yaml'), 'halfLifeDays: often\n');
    await expect(loadRules(dir, { labs: [], certificates: [] })).rejects.toThrow(/oncall\/skills\.yaml:1:15: halfLifeDays: /);
  });
});
