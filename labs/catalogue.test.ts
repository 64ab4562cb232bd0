import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { findFault } from '../scenarios/faults/fault-catalogue.ts';
import { loadCatalogue, ownLabsDir, parseLab } from './catalogue.ts';
import { labJsonSchema } from './lab-schema.ts';
import { planLabVariant, RenderedLab, type Lab } from './lab.ts';
import { readLabFiles } from './lab-files.ts';

let own: ReadonlyMap<string, string>;
let endpoint: Lab;

beforeAll(async () => {
  own = await readLabFiles(path.join(ownLabsDir, 'endpoint'));
  const { lab } = parseLab('endpoint', own);
  endpoint = lab!;
});

/** The endpoint lab with one thing changed; `from` must be there. */
function broken(file: string, from: string | RegExp, to: string): ReturnType<typeof parseLab> {
  const text = own.get(file) ?? '';
  const changed = text.replace(from, to);
  expect(changed, `${file} no longer holds what this test breaks`).not.toBe(text);
  return parseLab('endpoint', new Map([...own, [file, changed]]));
}

describe('a broken lab', () => {
  it.each<[string, string, string | RegExp, string, { path?: string; message: RegExp; line?: boolean }]>([
    [
      'an unknown key',
      'lab.yaml',
      'passMark: 70',
      'passMark: 70\npasMark: 80',
      { path: 'pasMark', message: /Unknown key pasMark/, line: true },
    ],
    [
      'an unknown key far inside',
      'lab.yaml',
      'kind: workload\n    demand: { of: key }',
      'kind: workload\n    demand: { of: key, strong: true }',
      { path: 'checks.key-safe.demand.strong', message: /Unknown key strong/, line: true },
    ],
    ['a missing key', 'lab.yaml', 'level: foundation\n', '', { path: 'level', message: /Missing|Invalid option/, line: true }],
    ['a wrong type', 'lab.yaml', 'minutes: 60', 'minutes: an hour', { path: 'minutes', message: /number|int/i, line: true }],
    ['a number out of range', 'lab.yaml', 'passMark: 70', 'passMark: 700', { path: 'passMark', message: /100/, line: true }],
    [
      'a duration that is none',
      'lab.yaml',
      'holdFor: 6s',
      'holdFor: 6',
      { path: 'checks.answers.holdFor', message: /string|duration/, line: true },
    ],
    [
      'a kind of check that nobody knows',
      'lab.yaml',
      'kind: completion\n    ask: echo\n    scheme: http',
      'kind: telepathy',
      { path: 'checks.answers-plain.kind', message: /Invalid/, line: true },
    ],
    [
      'a check that is not defined',
      'lab.yaml',
      'checks: [key-safe, asks-for-key]',
      'checks: [key-safe, asks-for-keys]',
      { path: 'steps[1].checks[1]', message: /There is no check asks-for-keys/, line: true },
    ],
    [
      'a file that is not there',
      'lab.yaml',
      'steps/01-deploy.md',
      'steps/01-deploi.md',
      { path: 'steps[0].instructions', message: /no file steps\/01-deploi\.md/, line: true },
    ],
    [
      'a file outside the folder',
      'lab.yaml',
      'steps/01-deploy.md',
      '../secrets.md',
      { path: 'steps[0].instructions', message: /below the lab's folder/, line: true },
    ],
    [
      'a fault that nobody knows',
      'lab.yaml',
      '- id: bad-image',
      '- id: worse-image',
      { path: 'faults[0].id', message: /There is no fault worse-image/, line: true },
    ],
    [
      'a fault without what it needs',
      'lab.yaml',
      "with: { image: '{{badImage}}' }",
      'with: {}',
      { path: 'faults[0].with.image', message: /expected string/, line: true },
    ],
    [
      'a cheat for a fault of another lab',
      'lab.yaml',
      'script: cheats/drop-key.sh, fault: missing-secret',
      'script: cheats/drop-key.sh, fault: dns-broken',
      { path: 'cheats[7].fault', message: /There is no fault dns-broken/, line: true },
    ],
    [
      'a fault of a provider that the lab does not have',
      'lab.yaml',
      "with: { image: '{{badImage}}' }",
      "with: { image: '{{badImage}}' }\n    together: [{ id: provider-outage, with: { provider: beta } }]",
      { path: 'faults[0].together[0].with', message: /no provider beta/, line: true },
    ],
    [
      'a step without a solution',
      'lab.yaml',
      '    solution: solution/02-token.sh\n',
      '',
      { path: 'steps[1]', message: /has no solution/, line: true },
    ],
    ['two steps of one name', 'lab.yaml', '- id: token', '- id: deploy', { path: 'steps[1].id', message: /twice/, line: true }],
    ['YAML that is none', 'lab.yaml', 'passMark: 70', 'passMark: [70', { message: /./, line: true }],
    [
      'a key that is there twice',
      'lab.yaml',
      'passMark: 70',
      'passMark: 70\npassMark: 71',
      { message: /unique|twice|duplicate/i, line: true },
    ],
    ['an unknown value in lab.yaml', 'lab.yaml', "model: '{{model}}'", "model: '{{modell}}'", { message: /\{\{modell\}\}/ }],
    ['an unknown value in a step', 'steps/01-deploy.md', '{{namespace}}', '{{nameSpace}}', { message: /\{\{nameSpace\}\}/, line: true }],
  ])('is told by %s', (_, file, from, to, wanted) => {
    const { lab, problems } = broken(file, from, to);
    expect(lab).toBeUndefined();
    const problem = problems.find(
      (candidate) => wanted.message.test(candidate.message) && (wanted.path === undefined || candidate.path === wanted.path),
    );
    expect(problem, JSON.stringify(problems)).toMatchObject({ file: `endpoint/${file}` });
    expect(problem?.remedy).not.toBe('');
    if (wanted.line === true) expect(problem?.line).toBeGreaterThan(0);
  });

  it('points at the line and column of what is wrong', () => {
    const { problems } = broken('lab.yaml', 'passMark: 70', 'passMark: 70\npasMark: 80');
    const lines = (own.get('lab.yaml') ?? '').split('\n');
    expect(problems[0]).toMatchObject({ line: lines.indexOf('passMark: 70') + 2, column: 1 });
  });

  it('leaves the rest of the catalogue loadable', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'labs-'));
    try {
      for (const [slug, text] of Object.entries({ broken: 'title: [', empty: '', strange: '- a\n- b\n' })) {
        await mkdir(path.join(dir, slug));
        await writeFile(path.join(dir, slug, 'lab.yaml'), text);
      }
      await mkdir(path.join(dir, 'no-lab'));
      const { labs, problems } = await loadCatalogue([path.join(dir, 'absent'), dir, ownLabsDir]);
      expect(labs.map(({ summary }) => summary.slug)).toContain('endpoint');
      expect(new Set(problems.map(({ file }) => file))).toEqual(new Set(['broken/lab.yaml', 'empty/lab.yaml', 'strange/lab.yaml']));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('of a name that is taken is told, and the first is kept', async () => {
    const { labs, problems } = await loadCatalogue([ownLabsDir, ownLabsDir]);
    expect(labs.filter(({ summary }) => summary.slug === 'endpoint')).toHaveLength(1);
    expect(problems).toHaveLength(labs.length);
    expect(problems).toContainEqual(
      expect.objectContaining({
        file: 'endpoint/lab.yaml',
        message: expect.stringMatching(/^There is more than one lab called endpoint: \S+ is used, \S+ is not\.$/) as string,
      }),
    );
  });
});

describe('the labs that come with Drillhouse', () => {
  it('load without a problem', async () => {
    expect((await loadCatalogue([ownLabsDir])).problems).toEqual([]);
  });

  it('have the JSON Schema for editors beside them, up to date', async () => {
    const file = path.join(ownLabsDir, 'lab.schema.json');
    expect(JSON.parse(await readFile(file, 'utf8')), 'write it anew: npm run --silent lab -- schema > labs/lab.schema.json').toEqual(
      labJsonSchema(),
    );
  });

  it('change their hash with any file', () => {
    const { lab } = parseLab('endpoint', new Map([...own, ['steps/01-deploy.md', `${own.get('steps/01-deploy.md') ?? ''}!`]]));
    expect(lab?.summary.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(lab?.summary.hash).not.toBe(endpoint.summary.hash);
  });
});

const { labs: ownLabs } = await loadCatalogue([ownLabsDir]);

describe.each(ownLabs.map((lab) => [lab.summary.slug, lab] as const))('the lab %s', (_, lab) => {
  it('has scripts that bash can read, in every variant tried', () => {
    for (const seed of ['a', 'b', 'c']) {
      const rendered = new RenderedLab(lab, planLabVariant(lab, seed));
      for (const name of lab.files.keys()) {
        if (name.endsWith('.sh')) execFileSync('bash', ['-n'], { input: rendered.text(name) });
      }
    }
  });

  it('has YAML for the trainee that says what it means once values are put in', () => {
    const rendered = new RenderedLab(lab, planLabVariant(lab, 'a'));
    for (const [name, text] of rendered.workspaceFiles()) {
      if (!name.endsWith('.yaml')) continue;
      const documents = parseAllDocuments(text);
      for (const document of documents) expect(document.errors, name).toEqual([]);
      // A placeholder without quotes is a map in a map to YAML, and to a formatter.
      expect(JSON.stringify(documents.map((document) => document.toJS() as unknown)), name).not.toMatch(/null|\[object/);
    }
  });

  it('holds no script that no case runs', () => {
    const { complete, steps, faults, alternatives, cheats } = lab.example;
    const used = new Set([
      ...(complete === undefined ? [] : [complete]),
      ...steps.flatMap(({ solution }) => solution ?? []),
      ...faults.map(({ solution }) => solution),
      ...alternatives.map(({ script }) => script),
      ...cheats.map(({ script }) => script),
    ]);
    const scripts = [...lab.files.keys()].filter((name) => /^(solution|alternatives|cheats)\//.test(name));
    expect(scripts.filter((name) => !used.has(name))).toEqual([]);
  });

  it('offers two other valid fixes for every fault and at least six cheats', () => {
    const { faults, alternatives, cheats } = lab.example;
    const broken = faults.filter(({ id }) => findFault(id)?.isControl !== true);
    for (const { id } of broken) expect(alternatives.filter(({ fault }) => fault === id).length, id).toBeGreaterThanOrEqual(2);
    expect(cheats.length).toBeGreaterThanOrEqual(6);
  });

  it('shows no hidden check in a step, and tells no cause in a report', () => {
    const { steps, checks, faults } = lab.example;
    for (const step of steps) for (const id of step.checks) expect(checks[id]?.hidden, `${step.id}/${id}`).toBe(false);
    for (const { report } of faults) expect(report).not.toMatch(/\b(image|secret|memory|oom|limit|key)\b/i);
  });
});

it('puts a variant’s values into what the trainee finds', () => {
  const rendered = new RenderedLab(endpoint, planLabVariant(endpoint, 'a'));
  expect(rendered.workspaceFiles().get('operate-patch.yaml')).toContain(`memory: '${String(rendered.variant.values['memory'])}'`);
});

it('renders manifests whose values need no quoting', () => {
  const lab = new RenderedLab(endpoint, planLabVariant(endpoint, 'a'));
  const pem = '-----BEGIN CERTIFICATE-----\n"\'{{}}\n-----END CERTIFICATE-----\n';
  const values = { apiKey: 'k', caCertificate: pem, serverCertificate: pem, serverKey: pem, clientCertificate: pem, clientKey: pem };
  const objects = lab.objects([...lab.file.start, ...lab.file.healthy], values);
  expect(objects.map(({ kind }) => kind)).toEqual([
    'ResourceQuota',
    'Secret',
    'Secret',
    'Secret',
    'ConfigMap',
    'ConfigMap',
    'Deployment',
    'Service',
  ]);
  expect(objects.find(({ metadata }) => metadata.name === 'inference-tls')).toMatchObject({ stringData: { 'tls.key': pem } });
  expect(objects.find(({ kind }) => kind === 'Deployment')).toMatchObject({ spec: { replicas: lab.variant.values['replicas'] } });
});
