import { describe, expect, it } from 'vitest';
import { planTerminalKey, type PressedKey } from './key-plan.ts';

const key = (code: string, ...held: ('ctrl' | 'shift' | 'alt' | 'meta')[]): PressedKey => ({
  code,
  ctrlKey: held.includes('ctrl'),
  shiftKey: held.includes('shift'),
  altKey: held.includes('alt'),
  metaKey: held.includes('meta'),
});
const shell = { alternateScreen: false };
const vim = { alternateScreen: true };

describe('planTerminalKey', () => {
  it.each([
    ['a letter', key('KeyA'), shell, 'terminal'],
    ['an interrupt', key('KeyC', 'ctrl'), shell, 'terminal'],
    ['a search back in bash', key('KeyR', 'ctrl'), shell, 'terminal'],
    ['paste at a prompt', key('KeyV', 'ctrl'), shell, 'browser'],
    ['block selection in vim', key('KeyV', 'ctrl'), vim, 'terminal'],
    ['paste everywhere', key('KeyV', 'ctrl', 'shift'), vim, 'browser'],
    ['paste on a Mac', key('KeyV', 'meta'), vim, 'browser'],
    ['a word back', key('KeyB', 'alt'), shell, 'terminal'],
    ['a key with no meaning here', key('KeyQ', 'ctrl', 'shift'), shell, 'terminal'],
    ['AltGr, which browsers report as Ctrl and Alt', key('Digit0', 'ctrl', 'alt', 'shift'), shell, 'terminal'],
  ] as const)('%s', (_name, pressed, screen, kind) => expect(planTerminalKey(pressed, screen).kind).toBe(kind));

  it.each([
    ['KeyC', 'copy'],
    ['KeyF', 'search'],
    ['Equal', 'font-larger'],
    ['Minus', 'font-smaller'],
    ['BracketRight', 'tab-next'],
    ['Digit1', 'leave-to-instructions'],
  ] as const)('Ctrl+Shift+%s asks the page for %s', (code, command) => {
    expect(planTerminalKey(key(code, 'ctrl', 'shift'), vim)).toEqual({ kind: 'page', command });
  });
});
