import type { ShellConnector, ShellHandlers, ShellKey, ShellStream, TerminalSize } from '../terminals/shell.ts';

/** One shell that a test drives: what was typed is kept, output is said by the test. */
export class FakeShell implements ShellStream {
  readonly key: ShellKey;
  readonly sizes: TerminalSize[];
  readonly #handlers: ShellHandlers;
  readonly typed: Buffer[] = [];
  queuedBytes = 0;
  paused = false;
  closed = false;

  constructor(key: ShellKey, size: TerminalSize, handlers: ShellHandlers) {
    this.key = key;
    this.sizes = [size];
    this.#handlers = handlers;
  }

  say(output: string | Uint8Array): void {
    this.#handlers.onData(typeof output === 'string' ? Buffer.from(output) : output);
  }

  exit(): void {
    this.#handlers.onEnd({ kind: 'exited' });
  }

  lose(reason: string): void {
    this.#handlers.onEnd({ kind: 'lost', reason });
  }

  get typedText(): string {
    return Buffer.concat(this.typed).toString('utf8');
  }

  write(bytes: Uint8Array): void {
    this.typed.push(Buffer.from(bytes));
  }

  resize(size: TerminalSize): void {
    this.sizes.push(size);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeShells implements ShellConnector {
  readonly opened: FakeShell[] = [];
  readonly ended: ShellKey[] = [];
  readonly held: ShellKey[] = [];
  /** Set: opening fails with this message. */
  failure: string | undefined;
  /** Set: output cannot be held. */
  holdFailure: string | undefined;

  async open(key: ShellKey, size: TerminalSize, handlers: ShellHandlers): Promise<ShellStream> {
    if (this.failure !== undefined) throw new Error(this.failure);
    const shell = new FakeShell(key, size, handlers);
    this.opened.push(shell);
    return shell;
  }

  async hold(key: ShellKey): Promise<void> {
    if (this.holdFailure !== undefined) throw new Error(this.holdFailure);
    this.held.push(key);
  }

  async end(key: ShellKey): Promise<void> {
    this.ended.push(key);
  }

  get last(): FakeShell {
    const shell = this.opened.at(-1);
    if (shell === undefined) throw new Error('No shell was opened.');
    return shell;
  }
}
