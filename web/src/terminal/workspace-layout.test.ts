import { describe, expect, it } from 'vitest';
import {
  EMPTY_LAYOUT,
  focusedTerminal,
  joinPanes,
  moveAcross,
  reconcile,
  select,
  selectNeighbour,
  type WorkspaceLayout,
} from './workspace-layout.ts';

const one = reconcile(EMPTY_LAYOUT, ['a', 'b', 'c']);
const split = moveAcross(one, 'b');

describe('reconcile', () => {
  it('begins with the first terminal in front', () => {
    expect(one).toEqual({ panes: [{ tabs: ['a', 'b', 'c'], selected: 'a' }], active: 0 });
  });

  it('brings a new terminal to the front of the pane in use', () => {
    expect(reconcile(split, ['a', 'b', 'c', 'd']).panes[1]).toEqual({ tabs: ['b', 'd'], selected: 'd' });
  });

  it('falls back to the left neighbour when the selected one is gone', () => {
    expect(focusedTerminal(reconcile(select(one, 'c'), ['a', 'b']))).toBe('b');
    expect(focusedTerminal(reconcile(one, ['b', 'c']))).toBe('b');
  });

  it('closes a pane that has lost its last terminal', () => {
    expect(reconcile(split, ['a', 'c'])).toEqual({ panes: [{ tabs: ['a', 'c'], selected: 'a' }], active: 0 });
    expect(reconcile(split, ['b'])).toEqual({ panes: [{ tabs: ['b'], selected: 'b' }], active: 0 });
    expect(reconcile(split, [])).toEqual(EMPTY_LAYOUT);
  });

  it('leaves the very same object when nothing has changed', () => {
    expect(reconcile(split, ['c', 'b', 'a'])).toBe(split);
  });
});

describe('panes', () => {
  it('open by moving a terminal across, and close by moving it back', () => {
    expect(split).toEqual({
      panes: [
        { tabs: ['a', 'c'], selected: 'a' },
        { tabs: ['b'], selected: 'b' },
      ],
      active: 1,
    });
    expect(moveAcross(split, 'b')).toEqual({ panes: [{ tabs: ['a', 'c', 'b'], selected: 'b' }], active: 0 });
  });

  it('cannot be split by the only terminal', () => {
    expect(moveAcross(reconcile(EMPTY_LAYOUT, ['a']), 'a').panes).toHaveLength(1);
  });

  it('join with what had the keyboard in front', () => {
    expect(joinPanes(split)).toEqual({ panes: [{ tabs: ['a', 'c', 'b'], selected: 'b' }], active: 0 });
  });
});

describe('selection', () => {
  it('moves the keyboard to the pane of the terminal', () => {
    expect(select(split, 'c')).toMatchObject({ active: 0, panes: [{ selected: 'c' }, { selected: 'b' }] });
    expect(select(split, 'unknown')).toBe(split);
  });

  it('goes around the end of the tabs', () => {
    const seen: (string | null)[] = [];
    let layout: WorkspaceLayout = one;
    for (let turn = 0; turn < 3; turn += 1) {
      layout = selectNeighbour(layout, 1);
      seen.push(focusedTerminal(layout));
    }
    expect(seen).toEqual(['b', 'c', 'a']);
    expect(focusedTerminal(selectNeighbour(one, -1))).toBe('c');
  });
});
