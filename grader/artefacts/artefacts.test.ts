import { describe, expect, it } from 'vitest';
import { artefactSchema, emptyContent, fitContent, wholeText, type ArtefactContent, type WrittenArtefact } from './artefact.ts';
import { findUnmet, type ArtefactDemand } from './demands.ts';
import { artefactForms, formNames } from './forms.ts';
import { countSubstance, sectionOf } from './substance.ts';

const postmortem = artefactSchema.parse({ id: 'postmortem', ...artefactForms.postmortem });
const runbook = artefactSchema.parse({ id: 'runbook', ...artefactForms.runbook });
const facts = { classification: 'governance', secrets: ['sk-lab-0123456789abcdef'] } as const;

function written(content: ArtefactContent, definition = postmortem): WrittenArtefact {
  return { definition, content: { ...emptyContent(definition), ...content } };
}

describe('a form', () => {
  it.each(formNames)('%s is a whole artefact, and begins with what it gives', (name) => {
    const definition = artefactSchema.parse({ id: name, ...artefactForms[name] });
    expect(Object.keys(emptyContent(definition))).toEqual(definition.fields.map(({ id }) => id));
    expect(definition.rubric.length).toBeGreaterThan(0);
  });

  it('keeps what fits it and nothing else', () => {
    const content = fitContent(postmortem, {
      overview: 'It broke.',
      classification: 'weather',
      timeline: [
        { at: '09:14', what: 'It began', mood: 'bad' },
        { at: ' ', what: '' },
      ],
      actions: 'a text where a table belongs',
      stranger: 'x',
    });
    expect(content).toMatchObject({
      overview: 'It broke.',
      classification: '',
      timeline: [{ at: '09:14', what: 'It began' }],
      actions: [],
    });
    expect(content).not.toHaveProperty('stranger');
    expect(wholeText(postmortem, content)).toContain('09:14 | It began');
  });
});

describe('the substance of a text', () => {
  it.each<[string, string, string, number]>([
    ['own words', 'Users could not log in.', '', 5],
    ['headings', '# Impact\n## On users\n', '', 0],
    ['the template', 'Say who.\nThe claims team.', 'Say who.', 3],
    ['the template in other clothes', '  SAY   who. \n', 'Say who.', 0],
    ['the same words over and over', 'yes no '.repeat(50), '', 6],
    ['signs only', '--- *** 🙂 ...', '', 0],
  ])('counts %s', (_, text, template, count) => {
    expect(countSubstance(text, template)).toBe(count);
  });

  it('is looked for below a heading, down to the next of its level', () => {
    const text = '# Runbook\n## Check\none\n### Deeper\ntwo\n```\n## no heading\n```\n## Verify ##\nthree';
    expect(sectionOf(text, 'check')).toBe('one\n### Deeper\ntwo\n```\n## no heading\n```');
    expect(sectionOf(text, 'Verify')).toBe('three');
    expect(sectionOf(text, 'no heading')).toBeUndefined();
  });
});

describe('a demand', () => {
  const sections: ArtefactDemand = { of: 'sections', field: 'text', sections: ['Check', 'Verify'], minWords: 3 };
  const rows: ArtefactDemand = { of: 'rows', field: 'actions', atLeast: 2, filled: ['what', 'owner'] };
  const classification: ArtefactDemand = { of: 'classification', field: 'classification' };
  const filled = '## Check\nLook at the pods first.\n## Verify\nAsk the model something.';
  it.each<[string, ArtefactDemand, WrittenArtefact, RegExp | undefined]>([
    ['sections that say something', sections, written({ text: filled }, runbook), undefined],
    ['the bare template', sections, written({}, runbook), /section "Check" there are 0 words/],
    ['a section that is gone', sections, written({ text: '## Check\nLook at the pods.' }, runbook), /no section "Verify"/],
    ['words enough', { of: 'words', fields: ['impact'], atLeast: 4 }, written({ impact: 'Nobody could file claims.' }), undefined],
    [
      'one word',
      { of: 'words', fields: ['overview', 'impact'], atLeast: 4 },
      written({ overview: 'a b c d', impact: 'bad' }),
      /Impact there is 1 word/,
    ],
    [
      'rows with owners',
      rows,
      written({
        actions: [
          { what: 'Alert', owner: 'Ana' },
          { what: 'Limit', owner: 'Bo' },
        ],
      }),
      undefined,
    ],
    [
      'a row without an owner',
      rows,
      written({
        actions: [
          { what: 'Alert', owner: 'Ana' },
          { what: 'Limit', owner: ' ' },
        ],
      }),
      /1 of at least 2.*lack/,
    ],
    [
      'one row twice',
      rows,
      written({
        actions: [
          { what: 'Alert', owner: 'Ana' },
          { what: 'alert ', owner: 'Ana' },
        ],
      }),
      /1 of at least 2/,
    ],
    ['the right class', classification, written({ classification: 'governance' }), undefined],
    ['the wrong class', classification, written({ classification: 'platform' }), /points elsewhere/],
    ['no class', classification, written({}), /nothing is chosen/],
    ['a clean text', { of: 'safe' }, written({ impact: 'The key was rotated.' }), undefined],
    [
      'a key in a table',
      { of: 'safe' },
      written({ timeline: [{ at: '1', what: 'used sk-lab-0123456789abcdef' }] }),
      /a credential of this sandbox/,
    ],
    ['a person', { of: 'safe' }, written({ impact: 'jane.roe@corp.com complained' }), /an email address/],
  ])('judges %s', (_, demand, artefact, reason) => {
    const unmet = findUnmet(demand, artefact, facts);
    if (reason === undefined) expect(unmet).toBeUndefined();
    else expect(unmet).toMatch(reason);
  });

  it('for a class is not met while no fault says which', () => {
    expect(findUnmet(classification, written({ classification: 'platform' }), { classification: undefined, secrets: [] })).toBeDefined();
  });
});
