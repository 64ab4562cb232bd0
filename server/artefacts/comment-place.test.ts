import { describe, expect, it } from 'vitest';
import { artefactSchema } from '../../grader/artefacts/artefact.ts';
import { quotePlace } from './comment-place.ts';

const definition = artefactSchema.parse({
  id: 'postmortem',
  title: 'Postmortem',
  purpose: 'To learn.',
  fields: [
    { id: 'overview', kind: 'text', label: 'Overview', template: '' },
    {
      id: 'timeline',
      kind: 'table',
      label: 'Timeline',
      columns: [
        { id: 'at', label: 'At' },
        { id: 'what', label: 'What' },
      ],
    },
  ],
  rubric: [{ id: 'clarity', title: 'Clarity' }],
});
const content = { overview: `First.\n  ${'long '.repeat(60)}\n`, timeline: [{ at: '09:10', what: 'It began' }] };

describe('the place of a comment', () => {
  it.each([
    ['the whole', null, null],
    ['a field', { field: 'overview', line: null }, ''],
    ['a line', { field: 'overview', line: 1 }, 'First.'],
    ['a row', { field: 'timeline', line: 1 }, '09:10 | It began'],
  ])('%s is kept with what stands there', (_, place, quote) => {
    expect(quotePlace(definition, content, place)).toEqual(place === null ? null : { ...place, quote });
  });

  it('quotes no more than it takes to find it', () => {
    expect(quotePlace(definition, content, { field: 'overview', line: 2 })?.quote).toHaveLength(200);
  });

  it.each([
    [{ field: 'stranger', line: null }, 'It has no field stranger.'],
    [{ field: 'overview', line: 4 }, 'Overview has 3 lines in this version.'],
    [{ field: 'timeline', line: 2 }, 'Timeline has 1 lines in this version.'],
  ])('%j is refused', (place, message) => {
    expect(() => quotePlace(definition, content, place)).toThrow(message);
  });
});
