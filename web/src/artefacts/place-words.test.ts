import { describe, expect, it } from 'vitest';
import type { ArtefactFieldView } from '../../../server/contract/artefacts.ts';
import { placeOptions, placeWords } from './place-words.ts';

const fields: ArtefactFieldView[] = [
  { id: 'overview', kind: 'text', label: 'Overview', template: '' },
  { id: 'class', kind: 'choice', label: 'Classification', options: [] },
  {
    id: 'timeline',
    kind: 'table',
    label: 'Timeline',
    columns: [
      { id: 'at', label: 'At' },
      { id: 'what', label: 'What' },
    ],
    fromRecord: false,
  },
];

describe('the place of a comment', () => {
  it.each([
    [null, 'The whole'],
    [{ field: 'overview', line: null }, 'Overview'],
    [{ field: 'overview', line: 3 }, 'Overview, line 3'],
    [{ field: 'timeline', line: 2 }, 'Timeline, row 2'],
    [{ field: 'gone', line: null }, 'gone'],
  ])('%j is "%s"', (place, words) => {
    expect(placeWords(fields, place)).toBe(words);
  });

  it('can be any line that has something in it, with the number that it has in the text', () => {
    const content = { overview: `First.\n\n${'long '.repeat(30)}`, class: 'x', timeline: [{ at: '09:10', what: 'It began' }] };
    expect(placeOptions(fields, content).map(({ label, place }) => [label, place?.line ?? null])).toEqual([
      ['The whole', null],
      ['Overview', null],
      ['Overview, line 1: First.', 1],
      [`Overview, line 3: ${'long '.repeat(12)}…`, 3],
      ['Classification', null],
      ['Timeline', null],
      ['Timeline, row 1: 09:10 | It began', 1],
    ]);
  });
});
