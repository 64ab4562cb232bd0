import { describe, expect, it } from 'vitest';
import { nextWord, suggestKind } from './status-plan.ts';

describe('what comes next', () => {
  it.each([
    [[], 'first-notice'],
    [[{ kind: 'first-notice', scope: '' }], 'scope'],
    [[{ kind: 'first-notice', scope: 'Everybody.' }], 'update'],
  ] as const)('after %j is %s', (updates, kind) => {
    expect(suggestKind(updates)).toBe(kind);
  });

  it('is waited for until it is said', () => {
    const start = '2026-11-21T09:00:00.000Z';
    expect(nextWord([], null)).toBeNull();
    expect(nextWord([], start)).toEqual({ what: 'first notice', at: '2026-11-21T09:05:00.000Z' });
    const promised = { kind: 'update', nextAt: '2026-11-21T09:20:00.000Z' } as const;
    expect(nextWord([promised], start)).toEqual({ what: 'promised word', at: promised.nextAt });
    expect(nextWord([promised, { kind: 'resolved', nextAt: null }], start)).toBeNull();
  });
});
