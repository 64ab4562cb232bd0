import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { spawn, type IPty } from '@lydell/node-pty';
import type { TerminalSize } from '../../runtime.ts';
import { readProcess } from './process-table.ts';
import { shellExitCode, SpawnError, type ProcessEnd, type RunningProcess } from './running-process.ts';
import type { SpawnPlan } from './spawn-plan.ts';

const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };
const BUFFER_BYTES = 256 << 10;
const END_OF_TRANSMISSION = Buffer.from([4]);
/** What was written last may still be on its way through the kernel's work queue. */
const LAST_WORDS_MS = 10;

/** What node-pty has and does not declare: its socket, the terminal's master and the path of its other side. */
interface TerminalInternals {
  readonly _socket: Socket;
  readonly fd: number;
  readonly ptsName: string;
}

/** Starts a process on a pseudo-terminal. Throws {@link SpawnError}. */
export function spawnOnTerminal(plan: SpawnPlan, size: TerminalSize = DEFAULT_SIZE): RunningProcess {
  const pty = openTerminal(plan, size);
  const stdout = new TerminalOutput(pty);
  const ended = new Promise<ProcessEnd>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      stdout.end();
      resolve(shellExitCode(exitCode, signal === undefined || signal === 0 ? undefined : signal));
    });
  });
  return {
    pid: pty.pid,
    stdin: terminalInput(pty),
    stdout: stdout.stream,
    stderr: null,
    resize: ({ columns, rows }) => {
      if (columns > 0 && rows > 0) pty.resize(columns, rows);
    },
    ended,
  };
}

function openTerminal(plan: SpawnPlan, size: TerminalSize): IPty & TerminalInternals {
  const [file = '', ...args] = plan.command;
  try {
    const pty = spawn(file, args, {
      name: 'xterm-256color',
      cols: Math.max(1, size.columns),
      rows: Math.max(1, size.rows),
      cwd: plan.cwd,
      env: plan.env,
      // Bytes stay bytes: a character may be split between two reads.
      encoding: null,
    });
    return pty as IPty & TerminalInternals;
  } catch (cause) {
    throw new SpawnError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/**
 * A terminal's output to its last byte. Two things would lose its end: when the last process leaves a terminal, libuv takes the hang-up
 * for the end of what can be read; and node-pty closes a terminal 200 ms after its process ended, read or unread. So the other side
 * is held open here until the process has ended, and what is left then is read by hand.
 */
class TerminalOutput {
  readonly stream: Readable;
  readonly #pty: IPty & TerminalInternals;
  readonly #close: () => void;
  readonly #otherSide: number;
  #isEnding = false;

  constructor(pty: IPty & TerminalInternals) {
    this.#pty = pty;
    this.stream = new Readable({ highWaterMark: BUFFER_BYTES, read: () => pty.resume() });
    this.#otherSide = openSync(pty.ptsName, constants.O_RDWR | constants.O_NOCTTY);
    const socket = pty._socket;
    const destroy = socket.destroy.bind(socket);
    this.#close = () => void destroy();
    socket.destroy = () => {
      void this.#finish();
      return socket;
    };
    pty.onData((data: string | Buffer) => {
      // What the kernel still holds of an ended process is little, and this is the last chance to have it.
      if (!this.stream.push(data) && !this.#isEnding) pty.pause();
    });
    watchForEnd(pty.pid, () => void this.#finish());
  }

  end(): void {
    this.stream.push(null);
  }

  async #finish(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#pty.resume();
    await delay(LAST_WORDS_MS);
    this.#pty.pause();
    closeSync(this.#otherSide);
    this.#readTheRest();
    this.#close();
  }

  /** Until the kernel says EIO: nobody has the other side any more; or EAGAIN: a program in the background has, and is silent. */
  #readTheRest(): void {
    const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
    try {
      for (let count = readSync(this.#pty.fd, buffer); count > 0; count = readSync(this.#pty.fd, buffer))
        this.stream.push(Buffer.from(buffer.subarray(0, count)));
    } catch {
      // Either of the two.
    }
  }
}

const awaited = new Map<number, () => void>();

/** Calls back when the process has ended, by the signal that tells of every child's end. */
function watchForEnd(pid: number, onEnd: () => void): void {
  if (awaited.size === 0) process.on('SIGCHLD', findEnded);
  awaited.set(pid, onEnd);
}

function findEnded(): void {
  for (const [pid, onEnd] of awaited) {
    if (readProcess(pid) !== undefined) continue;
    awaited.delete(pid);
    onEnd();
  }
  if (awaited.size === 0) process.off('SIGCHLD', findEnded);
}

/** Waits for the kernel to take the bytes, so that a program that does not read holds back whoever types. */
function terminalInput({ _socket: socket }: TerminalInternals): Writable {
  const write = (bytes: Buffer, done: () => void): void => {
    if (socket.destroyed) done();
    else socket.write(bytes, () => done());
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => write(chunk, done),
    final: (done) => write(END_OF_TRANSMISSION, done),
  });
}
