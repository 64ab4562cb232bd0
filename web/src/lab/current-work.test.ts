import { describe, expect, it } from 'vitest';
import type { ProgressView } from '../../../server/contract/attempts.ts';
import { currentWork } from './current-work.ts';

const items = (...states: ProgressView['state'][]): ProgressView[] =>
  states.map((state, index) => ({ id: String(index), text: '', state, at: '2026-11-21T10:00:00Z', tookMs: null }));
const ids = (progress: readonly ProgressView[]): string => progress.map(({ id }) => id).join('');

describe('currentWork', () => {
  it('begins with the oldest that still runs', () =>
    expect(ids(currentWork(items('done', 'done', 'started', 'failed', 'started')))).toBe('234'));
  it('shows the newest when all is done', () => expect(ids(currentWork(items('done', 'done', 'done', 'failed', 'done')))).toBe('234'));
  it('may be nothing', () => expect(currentWork([])).toEqual([]));
});
