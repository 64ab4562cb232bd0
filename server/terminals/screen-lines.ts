import { createRequire } from 'node:module';
import type * as headless from '@xterm/headless';
import type { TerminalSize } from './shell.ts';

// CommonJS without named exports that Node would find.
const { Terminal } = createRequire(import.meta.url)('@xterm/headless') as typeof headless;

/** Rows that one line may fill: a long command in a narrow window. */
const MAX_ROWS = 100;

/**
 * Tells each line of a terminal's output as it stood on the screen when the cursor went on to the next: corrected, and whole where it wrapped; not what
 * full-screen programs draw. The screen is xterm's, as in the browser, of 80 columns at first.
 */
export class ScreenLines implements Disposable {
  readonly #terminal: headless.Terminal;

  constructor(onLine: (line: string) => void) {
    this.#terminal = new Terminal({ scrollback: MAX_ROWS, allowProposedApi: true });
    this.#terminal.onLineFeed(() => {
      const line = this.#lineAboveCursor();
      if (line !== undefined) onLine(line);
    });
  }

  /** Its lines are told later. `onShown`: all of them were, and nothing that was written after it is on the screen. */
  write(output: string, onShown: () => void = () => undefined): void {
    this.#terminal.write(output, onShown);
  }

  resize(size: TerminalSize): void {
    this.#terminal.write('', () => {
      this.#terminal.resize(size.columns, size.rows);
    });
  }

  /** All that was written is on the screen. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.#terminal.write('', resolve);
    });
  }

  [Symbol.dispose](): void {
    this.#terminal.dispose();
  }

  #lineAboveCursor(): string | undefined {
    const buffer = this.#terminal.buffer.active;
    if (buffer.type === 'alternate') return undefined;
    const last = buffer.baseY + buffer.cursorY - 1;
    const rows: string[] = [];
    for (let index = last; index >= 0 && index > last - MAX_ROWS; index--) {
      const row = buffer.getLine(index);
      if (row === undefined) break;
      rows.unshift(row.translateToString(index === last));
      if (!row.isWrapped) break;
    }
    return rows.join('');
  }
}
