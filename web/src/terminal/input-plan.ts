/** What goes from the keyboard, the clipboard and the instructions into a terminal, decided without a DOM. */

/** `terminalInputSchema` refuses more in one message. */
export const MAX_INPUT_BYTES = 65_536;
/** A paste is asked about from this many lines or bytes on: enough to be a mistake, too much to read before it runs. */
export const ASK_FROM_LINES = 5;
export const ASK_FROM_BYTES = 4_096;
/** More than anybody means; the server's queue is bounded as well. */
export const MAX_PASTE_BYTES = 1_048_576;

/** Cuts without looking at characters: bytes stay bytes, and the terminal joins what UTF-8 split. */
export function splitInput(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.byteLength; start += MAX_INPUT_BYTES) pieces.push(bytes.subarray(start, start + MAX_INPUT_BYTES));
  return pieces;
}

export type PastePlan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'ask'; readonly text: string; readonly lines: number; readonly bytes: number }
  | { readonly kind: 'too large'; readonly bytes: number };

/**
 * Control characters but tab and line ends are taken out first: an escape in a copied text could end the bracketed paste and run what
 * follows without anybody pressing Enter.
 */
export function planPaste(clipboard: string): PastePlan {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  const text = clipboard.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0080-\u009f]/g, '');
  if (text === '') return { kind: 'nothing' };
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes > MAX_PASTE_BYTES) return { kind: 'too large', bytes };
  const lines = text.replace(/(\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/).length;
  return lines >= ASK_FROM_LINES || bytes >= ASK_FROM_BYTES ? { kind: 'ask', text, lines, bytes } : { kind: 'paste', text };
}

export interface ShellScreen {
  /** Set while a shell's line editor waits at its prompt (readline in bash, since 5.1, by default). */
  readonly bracketedPaste: boolean;
  /** An editor or pager has the whole screen. */
  readonly alternateScreen: boolean;
}

export type RunPlan =
  | { readonly kind: 'send'; readonly data: string }
  /** Typing a command into an editor would do harm. */
  | { readonly kind: 'busy'; readonly reason: string };

/**
 * The keystrokes that run a command from the instructions. At a prompt that knows bracketed paste, what was half typed is cleared first
 * (end of line, kill line) and several lines go in as one; elsewhere each line is entered by itself, as a person would.
 */
export function planRun(command: string, screen: ShellScreen): RunPlan {
  if (screen.alternateScreen) {
    return {
      kind: 'busy',
      reason: 'A program such as an editor or a pager has this terminal. Leave it first (:q in vim, q in less), or use another terminal.',
    };
  }
  const lines = command.replace(/\s+$/, '').split(/\r\n|\r|\n/);
  if (screen.bracketedPaste) return { kind: 'send', data: `\u0005\u0015\u001b[200~${lines.join('\r')}\u001b[201~\r` };
  return { kind: 'send', data: `${lines.join('\r')}\r` };
}
