import { describe, expect, it } from 'vitest';
import { NO_SEQUENCE, planKey, SEQUENCE_TIMEOUT_MS } from './shortcuts.ts';

describe('planKey', () => {
  it('goes where `g` and a letter say', () => {
    const first = planKey(NO_SEQUENCE, 'g', 1_000);
    expect(first.outcome).toEqual({ kind: 'none' });
    expect(planKey(first.state, 'l', 1_500)).toEqual({ state: NO_SEQUENCE, outcome: { kind: 'go', key: 'l' } });
  });

  it('can go to a page whose letter is g', () => {
    const first = planKey(NO_SEQUENCE, 'g', 0);
    expect(planKey(first.state, 'g', 1).outcome).toEqual({ kind: 'go', key: 'g' });
  });

  it('forgets a first key that is too old', () => {
    const first = planKey(NO_SEQUENCE, 'g', 0);
    expect(planKey(first.state, 'l', SEQUENCE_TIMEOUT_MS + 1).outcome).toEqual({ kind: 'none' });
  });

  it('shows the map on ?, in the middle of a sequence too', () => {
    expect(planKey({ first: 'g', atMs: 0 }, '?', 1).outcome).toEqual({ kind: 'help' });
  });
});
