import type { Readable, Writable } from 'node:stream';
import type { TerminalSize } from '../../runtime.ts';

export interface ProcessEnd {
  readonly exitCode: number;
  /** The signal's number when one ended it. */
  readonly signal?: number;
}

/** A process of ours with its streams, whether on pipes or on a terminal. */
export interface RunningProcess {
  readonly pid: number;
  /** Null when no stdin was asked for. */
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  /** Null on a terminal. */
  readonly stderr: Readable | null;
  resize(size: TerminalSize): void;
  /** Resolves when it has ended, which may be before its output has been read. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

/** Thrown when a launcher itself cannot be started. */
export class SpawnError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SpawnError';
  }
}

/** The exit code as a shell would see it: 128 and the signal's number. */
export function shellExitCode(exitCode: number | null, signal: number | undefined): ProcessEnd {
  if (signal !== undefined) return { exitCode: 128 + signal, signal };
  return { exitCode: exitCode ?? 255 };
}
