import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLab } from './catalogue.ts';
import { readLabFiles } from './lab-files.ts';
import { createLab } from './new/new-lab.ts';

let root: string;
let own: ReadonlyMap<string, string>;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'mistakes-'));
  await createLab('mine', root);
  own = await readLabFiles(path.join(root, 'mine'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Mistakes in a lab that was just begun: file, what is there, what is written instead, what is then told. */
const mistakes: readonly (readonly [string, string, string, string, RegExp])[] = [
  ['an artefact of no form', 'lab.yaml', 'form: runbook', 'form: memo', /Invalid option/],
  [
    'an artefact of two forms',
    'lab.yaml',
    'form: runbook,',
    'form: runbook, template: artefacts/runbook.md,',
    /one of form, template and fields/,
  ],
  ['an artefact without an example', 'lab.yaml', ', example: artefacts/runbook.md', '', /Missing|expected string/],
  [
    'an example that is not there',
    'lab.yaml',
    'example: artefacts/runbook.md',
    'example: artefacts/book.md',
    /no file artefacts\/book\.md/,
  ],
  ['a template of no title', 'lab.yaml', 'form: runbook', 'template: artefacts/runbook.md', /needs a title and a purpose/],
  ['a check of an artefact that is not asked for', 'lab.yaml', 'artefact: runbook', 'artefact: memoir', /no artefact memoir/],
  ['a demand for a field that is not there', 'lab.yaml', 'of: sections,', 'of: sections, field: body,', /no field body of the kind text/],
  ['a demand nobody knows', 'lab.yaml', '{ of: safe }', '{ of: brilliant }', /Invalid/],
  ['an artefact that decides', 'lab.yaml', 'kind: artefact', 'critical: true\n    kind: artefact', /adds to the score/],
  ['a class nobody knows', 'lab.yaml', 'classification: platform', 'classification: weather', /Invalid option/],
  [
    'a question for a class that no fault has',
    'lab.yaml',
    '      - { of: safe }',
    '      - { of: safe }\n      - { of: classification }',
    /no field classification/,
  ],
  [
    'an example that does not pass',
    'artefacts/runbook.md',
    '## Verify',
    '## Prove',
    /does not pass the check runbook: .*no section "Verify"/,
  ],
  ['an example with a secret', 'artefacts/runbook.md', '## Escalate', 'password: hunter22Xyz\n## Escalate', /what looks like a password/],
  [
    'a fault twice',
    'lab.yaml',
    '\nartefacts:',
    '\n  - { id: bad-image, title: Again, report: It fails., with: { image: x }, solution: solution/bad-image.sh }\n\nartefacts:',
    /bad-image is there twice/,
  ],
  ['checks that wait for one another', 'lab.yaml', '    ask: echo\n', '    ask: echo\n    after: [survives]\n', /waits for itself/],
  ['a hidden check in a step', 'lab.yaml', 'checks: [answers, key-safe]', 'checks: [answers, genuine]', /is hidden, and a step shows it/],
  ['a tab for an indentation', 'lab.yaml', '  - Deploy an', '\t- Deploy an', /tab/i],
  ['a value that is not among the variants', 'lab.yaml', "model: '{{model}}'", "model: '{{modle}}'", /\{\{modle\}\}/],
  ['a value that is not there in a script', 'solution/01-deploy.sh', '# ', '# {{nobody}} ', /\{\{nobody\}\}/],
  ['a lab that was never named', 'lab.yaml', /^title: .*$/m.source, 'titel: Mine', /Unknown key titel|Missing/],
  ['a duration without a unit', 'lab.yaml', 'unlockAfter: 60s', 'unlockAfter: 60', /string|duration/],
  [
    'a check of status updates that none are given for',
    'lab.yaml',
    '\nsteps:',
    '\n  told: { title: Told, explain: Because., dimension: communication, kind: status }\n\nsteps:',
    /no status updates that this check could be proven with/,
  ],
  ['a role nobody knows', 'lab.yaml', '\nartefacts:', '\nteam: [{ role: hero, min: 1, max: 1 }]\n\nartefacts:', /Invalid option/],
  [
    'a role twice',
    'lab.yaml',
    '\nartefacts:',
    '\nteam: [&one { role: expert, min: 1, max: 1 }, *one]\n\nartefacts:',
    /must name each role once/,
  ],
  ['a role of nobody', 'lab.yaml', '\nartefacts:', '\nteam: [{ role: expert, min: 2, max: 1 }]\n\nartefacts:', /min must not be above max/],
  ['a dimension nobody knows', 'lab.yaml', 'dimension: communication', 'dimension: charisma', /Invalid option/],
];

describe('a mistake in a lab', () => {
  it.each(mistakes)('such as %s is told, with file, line and remedy', (_, file, from, to, told) => {
    const text = own.get(file)!;
    const changed = from.startsWith('^')
      ? text.replace(new RegExp(from, 'm'), to)
      : from === '# ' && !text.includes(from)
        ? `${to}\n${text}`
        : text.replace(from, to);
    expect(changed).not.toBe(text);
    const { lab, problems } = parseLab('mine', new Map([...own, [file, changed]]));
    expect(lab).toBeUndefined();
    const problem = problems.find(({ message }) => told.test(message));
    expect(problem, JSON.stringify(problems)).toBeDefined();
    expect(problem).toMatchObject({ line: expect.any(Number) as number, remedy: expect.stringMatching(/\w/) as string });
    expect(problem?.file).toMatch(/^mine\//);
  });
});
