/**
 * Which terminals stand where: one pane, or two side by side, each with tabs. A terminal is in exactly one pane. Pure; every function
 * returns a new layout in which no second pane is empty.
 */
export interface Pane {
  readonly tabs: readonly string[];
  readonly selected: string | null;
}

export interface WorkspaceLayout {
  readonly panes: readonly [Pane] | readonly [Pane, Pane];
  /** The pane that had the keyboard last; commands from the instructions go there. */
  readonly active: 0 | 1;
}

export const EMPTY_LAYOUT: WorkspaceLayout = { panes: [{ tabs: [], selected: null }], active: 0 };

/** Drops terminals that are gone and takes new ones into the active pane, the newest in front. */
export function reconcile(layout: WorkspaceLayout, terminalIds: readonly string[]): WorkspaceLayout {
  const known = new Set(layout.panes.flatMap((pane) => pane.tabs));
  const added = terminalIds.filter((id) => !known.has(id));
  const gone = [...known].some((id) => !terminalIds.includes(id));
  if (added.length === 0 && !gone) return layout;
  const panes = layout.panes.map((pane, index) => {
    const kept = pane.tabs.filter((id) => terminalIds.includes(id));
    const isActive = index === layout.active;
    const tabs = isActive ? [...kept, ...added] : kept;
    const newest = isActive && known.size > 0 ? added.at(-1) : undefined;
    return { tabs, selected: newest ?? nearestTab(pane, tabs) };
  });
  return settle(panes, layout.active);
}

export function select(layout: WorkspaceLayout, terminalId: string): WorkspaceLayout {
  const index = paneOf(layout, terminalId);
  if (index === null) return layout;
  const panes = layout.panes.map((pane, at) => (at === index ? { ...pane, selected: terminalId } : pane));
  return settle(panes, index);
}

/** The tab after or before the selected one of the active pane, around the end. */
export function selectNeighbour(layout: WorkspaceLayout, step: 1 | -1): WorkspaceLayout {
  const pane = activePane(layout);
  if (pane.selected === null || pane.tabs.length < 2) return layout;
  const at = pane.tabs.indexOf(pane.selected);
  const next = pane.tabs[(at + step + pane.tabs.length) % pane.tabs.length];
  return next === undefined ? layout : select(layout, next);
}

/** Moves one terminal to the other pane, which is opened if there is none; it has the keyboard afterwards. */
export function moveAcross(layout: WorkspaceLayout, terminalId: string): WorkspaceLayout {
  const from = paneOf(layout, terminalId);
  if (from === null) return layout;
  const to = from === 0 ? 1 : 0;
  const source = layout.panes[from] ?? EMPTY_LAYOUT.panes[0];
  const target = layout.panes[to] ?? EMPTY_LAYOUT.panes[0];
  const rest = source.tabs.filter((id) => id !== terminalId);
  const panes: Pane[] = [];
  panes[from] = { tabs: rest, selected: nearestTab(source, rest) };
  panes[to] = { tabs: [...target.tabs, terminalId], selected: terminalId };
  return settle(panes, to);
}

/** One pane again; what is selected where the keyboard was stays in front. */
export function joinPanes(layout: WorkspaceLayout): WorkspaceLayout {
  const { selected } = activePane(layout);
  return { panes: [{ tabs: layout.panes.flatMap((pane) => pane.tabs), selected }], active: 0 };
}

export function activePane(layout: WorkspaceLayout): Pane {
  return layout.panes[layout.active] ?? layout.panes[0];
}

/** Where a command from the instructions goes; null while there is no terminal at all. */
export function focusedTerminal(layout: WorkspaceLayout): string | null {
  return activePane(layout).selected;
}

function paneOf(layout: WorkspaceLayout, terminalId: string): 0 | 1 | null {
  if (layout.panes[0].tabs.includes(terminalId)) return 0;
  return layout.panes[1]?.tabs.includes(terminalId) === true ? 1 : null;
}

/** The selected tab if it is still there, otherwise the one that stood nearest to its left. */
function nearestTab(pane: Pane, remaining: readonly string[]): string | null {
  if (pane.selected !== null && remaining.includes(pane.selected)) return pane.selected;
  const at = pane.selected === null ? 0 : pane.tabs.indexOf(pane.selected);
  const before = pane.tabs.slice(0, at).filter((id) => remaining.includes(id));
  return before.at(-1) ?? remaining[0] ?? null;
}

function settle(panes: readonly Pane[], active: 0 | 1): WorkspaceLayout {
  const [first, second] = panes.filter((pane) => pane.tabs.length > 0);
  if (first === undefined) return EMPTY_LAYOUT;
  return second === undefined ? { panes: [first], active: 0 } : { panes: [first, second], active };
}
