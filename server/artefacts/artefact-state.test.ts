import { describe, expect, it } from 'vitest';
import { artefactStateOf } from './artefact-state.ts';

describe('an artefact', () => {
  it.each([
    [null, undefined, 'open'],
    [1, undefined, 'handed-in'],
    [1, { version: 1, accepted: false }, 'returned'],
    [2, { version: 1, accepted: false }, 'handed-in'],
    [2, { version: 2, accepted: true }, 'accepted'],
  ] as const)('handed in as version %s and rated %j is %s', (submitted, rating, state) => {
    expect(artefactStateOf(submitted, rating)).toBe(state);
  });
});
