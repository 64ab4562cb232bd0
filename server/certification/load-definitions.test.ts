import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownLabsDir, loadCatalogue } from '../../labs/catalogue.ts';
import { loadDefinitions, ownDefinitionsDir, parseDefinition } from './load-definitions.ts';

const good = `title: Operator
summary: Operates it.
criteria: The holder operated it for a year.
requirements:
  - id: lab
    title: A lab
    kind: lab-passed
    lab: endpoint
    next: Take the lab.
`;

describe('certificates that come with Drillhouse', () => {
  it('load, and ask for labs and artefacts that there are', async () => {
    const { definitions, problems } = await loadDefinitions(ownDefinitionsDir);
    expect(problems).toEqual([]);
    expect(definitions.map(({ id }) => id)).toEqual(['ai-platform-operator', 'ai-platform-operator-full']);
    const { labs } = await loadCatalogue([ownLabsDir]);
    const slugs = labs.map(({ summary }) => summary.slug);
    const artefacts = labs.flatMap(({ example }) => example.artefacts.map(({ id }) => id));
    for (const requirement of definitions.flatMap(({ requirements }) => requirements)) {
      if (requirement.kind === 'lab-passed') expect(slugs).toContain(requirement.lab);
      if (requirement.kind === 'artefact-accepted') expect(artefacts).toContain(requirement.artefact);
    }
  });
});

describe('a definition', () => {
  it('is told by its file, with a hash', () => {
    expect(parseDefinition('operator.yaml', good)).toMatchObject({
      problems: [],
      definition: { id: 'operator', hash: expect.stringMatching(/^[0-9a-f]{64}$/), requirements: [{ again: false }], tags: [] },
    });
  });

  it.each([
    ['an unknown key', good.replace('summary:', 'sumary:'), 2, 'sumary', 'Unknown key sumary'],
    ['an unknown kind', good.replace('lab-passed', 'lab-taken'), 7, 'requirements[0].kind', 'Invalid'],
    ['a missing part', good.replace('    lab: endpoint\n', ''), 5, 'requirements[0].lab', 'Missing'],
    ['nothing asked for', `${good.split('requirements')[0] ?? ''}requirements: []\n`, 4, 'requirements', 'Too small'],
    ['YAML that is none', 'title: "Operator', 1, undefined, 'quote'],
  ])('with %s is refused with its line', (_what, text, line, where, message) => {
    const { definition, problems } = parseDefinition('operator.yaml', text);
    expect(definition).toBeUndefined();
    const problem = problems.find((one) => one.path === where);
    expect(problem).toMatchObject({ file: 'certificates/operator.yaml', line, message: expect.stringContaining(message) });
    expect(problem?.remedy).not.toBe('');
  });

  it('that waits for one that is not there, or for itself through others, is told', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'drillhouse-certificates-'));
    const waitFor = (certificate: string): string =>
      good.replace('kind: lab-passed\n    lab: endpoint', `kind: certificate-held\n    certificate: ${certificate}`);
    await writeFile(path.join(dir, 'a.yaml'), waitFor('b'));
    await writeFile(path.join(dir, 'b.yaml'), waitFor('a'));
    await writeFile(path.join(dir, 'c.yaml'), waitFor('nobody'));
    const { problems } = await loadDefinitions(dir);
    expect(problems.map(({ file, message }) => [file, message])).toEqual([
      ['certificates/a.yaml', 'It waits for itself, through others.'],
      ['certificates/b.yaml', 'It waits for itself, through others.'],
      ['certificates/c.yaml', 'There is no certificate nobody.'],
    ]);
    await rm(dir, { recursive: true });
  });
});
