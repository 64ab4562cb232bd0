import type { HostCommand } from './host-command.ts';

/** What becomes of a key pressed in a terminal: to the shell, to the page, or left to the browser. */
export type KeyPlan =
  | { readonly kind: 'terminal' }
  /** The browser does it, e.g. fires the paste event. */
  | { readonly kind: 'browser' }
  | { readonly kind: 'page'; readonly command: HostCommand | 'copy' };

export interface PressedKey {
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

const TERMINAL: KeyPlan = { kind: 'terminal' };
const BROWSER: KeyPlan = { kind: 'browser' };

/** By the key's place and not its letter, so that they work on every keyboard layout. Listed in `shell/shortcuts.ts`. */
const PAGE_KEYS: Readonly<Record<string, HostCommand | 'copy'>> = {
  KeyC: 'copy',
  KeyF: 'search',
  Equal: 'font-larger',
  NumpadAdd: 'font-larger',
  Minus: 'font-smaller',
  NumpadSubtract: 'font-smaller',
  Digit0: 'font-reset',
  Digit1: 'leave-to-instructions',
  BracketRight: 'tab-next',
  BracketLeft: 'tab-previous',
};

/**
 * Ctrl+C always interrupts, even with something selected. Ctrl+V pastes at a prompt, since that is what tired hands do, and is left to
 * vim and its like where they have the screen; Ctrl+Shift+V and Cmd+V paste everywhere.
 */
export function planTerminalKey(key: PressedKey, screen: { readonly alternateScreen: boolean }): KeyPlan {
  if (key.altKey) return TERMINAL;
  if (key.metaKey) return key.code === 'KeyV' || key.code === 'KeyC' ? BROWSER : TERMINAL;
  if (!key.ctrlKey) return TERMINAL;
  if (key.code === 'KeyV') return key.shiftKey || !screen.alternateScreen ? BROWSER : TERMINAL;
  if (!key.shiftKey) return TERMINAL;
  const command = PAGE_KEYS[key.code];
  return command === undefined ? TERMINAL : { kind: 'page', command };
}
