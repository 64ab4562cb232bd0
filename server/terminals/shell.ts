/**
 * A shell's byte stream, however it is reached: an exec over the Kubernetes API, or a local process in tests. Bytes stay bytes: UTF-8 may
 * split anywhere.
 */
export interface ShellStream {
  write(bytes: Uint8Array): void;
  /** Input that was written but has not left this process. */
  readonly queuedBytes: number;
  resize(size: TerminalSize): void;
  /** Stops reading, so that the program blocks on its output. What is on its way may still arrive, at most some 64 KB. */
  pause(): void;
  resume(): void;
  /** Lets go of the stream. A kept shell goes on without it. No handler is called afterwards. */
  close(): void;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ShellHandlers {
  onData(bytes: Uint8Array): void;
  /** Called once. */
  onEnd(end: ShellEnd): void;
}

/** `exited`: the shell itself is gone. `lost`: the way to it is; it may be found again. */
export type ShellEnd = { readonly kind: 'exited' } | { readonly kind: 'lost'; readonly reason: string };

/** The way to the shells of attempts. `open` begins a terminal's shell or finds it again where it is kept. */
export interface ShellConnector {
  open(key: ShellKey, size: TerminalSize, handlers: ShellHandlers, signal: AbortSignal): Promise<ShellStream>;
  /** Holds what the shell says back until it is opened again, so that nothing is lost in between. Rejects, and changes nothing, where that cannot be done. */
  hold(key: ShellKey): Promise<void>;
  /** Ends the shell, also a kept one that nobody is connected to. */
  end(key: ShellKey): Promise<void>;
}

export interface ShellKey {
  readonly attemptId: string;
  readonly terminalId: string;
}
