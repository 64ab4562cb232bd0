/** Keys that work on pages without a terminal in focus; pure, so that the map on `?` and the behaviour are one list. */
export interface Shortcut {
  readonly keys: readonly string[];
  readonly what: string;
}

export const LAB_SHORTCUTS: readonly Shortcut[] = [
  { keys: ['Ctrl', 'Shift', '1'], what: 'Go to the instructions (also leaves a terminal)' },
  { keys: ['Ctrl', 'Shift', '2'], what: 'Go to the terminal' },
  { keys: ['Ctrl', 'Shift', 'C'], what: 'Terminal: copy what is selected' },
  { keys: ['Ctrl', 'Shift', 'V'], what: 'Terminal: paste' },
  { keys: ['Ctrl', 'Shift', 'F'], what: 'Terminal: search' },
  { keys: ['Ctrl', 'Shift', '+'], what: 'Terminal: larger letters' },
  { keys: ['Ctrl', 'Shift', '-'], what: 'Terminal: smaller letters' },
  { keys: ['Ctrl', 'Shift', '['], what: 'Terminal: the tab before' },
  { keys: ['Ctrl', 'Shift', ']'], what: 'Terminal: the next tab' },
];

/** How long the second key of `g l` may take. */
export const SEQUENCE_TIMEOUT_MS = 1_200;

export interface SequenceState {
  readonly first: 'g' | null;
  readonly atMs: number;
}

export const NO_SEQUENCE: SequenceState = { first: null, atMs: 0 };

export type SequenceOutcome = { readonly kind: 'none' } | { readonly kind: 'help' } | { readonly kind: 'go'; readonly key: string };

/** Decides on one key press: `?` shows the map, `g` and then a letter goes to a page. */
export function planKey(state: SequenceState, key: string, nowMs: number): { state: SequenceState; outcome: SequenceOutcome } {
  if (key === '?') return { state: NO_SEQUENCE, outcome: { kind: 'help' } };
  if (state.first === 'g' && nowMs - state.atMs <= SEQUENCE_TIMEOUT_MS) return { state: NO_SEQUENCE, outcome: { kind: 'go', key } };
  if (key === 'g') return { state: { first: 'g', atMs: nowMs }, outcome: { kind: 'none' } };
  return { state: NO_SEQUENCE, outcome: { kind: 'none' } };
}
