import { describe, expect, it } from 'vitest';
import { artefactSchema, type ArtefactContent } from '../artefacts/artefact.ts';
import type { ArtefactShelf } from '../artefacts/artefact-shelf.ts';
import { artefactForms } from '../artefacts/forms.ts';
import { checkSchema } from '../check-spec.ts';
import { lookOnce } from '../engine.ts';
import { checkOf, testContext } from '../testing/sandbox-fixtures.ts';
import type { Verdict } from '../verdict.ts';

const definition = artefactSchema.parse({ id: 'postmortem', ...artefactForms.postmortem });
const check = { kind: 'artefact', artefact: 'postmortem', demands: [{ of: 'classification' }, { of: 'safe' }] };

async function verdictOn(content: ArtefactContent | undefined): Promise<Verdict> {
  const artefacts: ArtefactShelf = {
    fetch: (id) => Promise.resolve(content === undefined || id !== 'postmortem' ? undefined : { definition, content }),
    classification: 'data-quality',
  };
  const [result] = await lookOnce([checkOf('written', check)], testContext({ artefacts }));
  return result!.verdict;
}

describe('an artefact', () => {
  it('passes with what is asked for', async () => {
    expect(await verdictOn({ classification: 'data-quality', overview: 'The index was stale.' })).toMatchObject({ kind: 'pass' });
  });

  it.each<[string, ArtefactContent | undefined, RegExp]>([
    ['was not written', undefined, /Nothing has been written/],
    ['has the wrong class', { classification: 'platform' }, /Postmortem: Classification/],
  ])('fails when it %s', async (_, content, reason) => {
    expect(await verdictOn(content)).toMatchObject({ kind: 'fail', reason: expect.stringMatching(reason) });
  });

  it('fails with a key of the sandbox in it, and the evidence does not repeat the key', async () => {
    const key = await testContext().credentials.key('good');
    const value = key.kind === 'found' ? key.value! : '';
    expect(value).not.toBe('');
    const verdict = await verdictOn({ classification: 'data-quality', overview: `We used ${value}.` });
    expect(verdict).toMatchObject({ kind: 'fail', reason: expect.stringContaining('a credential of this sandbox') });
    expect(JSON.stringify(verdict)).not.toContain(value);
  });

  it('can never be critical', () => {
    const spec = { title: 'x', explain: 'x', dimension: 'communication', ...check };
    expect(checkSchema.safeParse(spec).success).toBe(true);
    expect(checkSchema.safeParse({ ...spec, critical: true }).success).toBe(false);
  });
});
