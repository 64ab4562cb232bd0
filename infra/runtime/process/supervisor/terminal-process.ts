import type { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { spawn, type IPty } from '@lydell/node-pty';
import type { TerminalSize } from '../../runtime.ts';
import { shellExitCode, SpawnError, type ProcessEnd, type RunningProcess } from './running-process.ts';
import type { SpawnPlan } from './spawn-plan.ts';

const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };
const END_OF_TRANSMISSION = Buffer.from([4]);
/** Turns of the event loop without a byte after which a terminal whose process has ended has nothing more to say. */
const QUIET_TURNS = 3;

/** Starts a process on a pseudo-terminal. Throws {@link SpawnError}. */
export function spawnOnTerminal(plan: SpawnPlan, size: TerminalSize = DEFAULT_SIZE): RunningProcess {
  const pty = openTerminal(plan, size);
  const ended = new Promise<ProcessEnd>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      stdout.push(null);
      resolve(shellExitCode(exitCode, signal === undefined || signal === 0 ? undefined : signal));
    });
  });
  const stdout = terminalOutput(pty);
  return {
    pid: pty.pid,
    stdin: terminalInput(pty),
    stdout,
    stderr: null,
    resize: ({ columns, rows }) => {
      if (columns > 0 && rows > 0) pty.resize(columns, rows);
    },
    ended,
  };
}

function openTerminal(plan: SpawnPlan, size: TerminalSize): IPty {
  const [file = '', ...args] = plan.command;
  try {
    return spawn(file, args, {
      name: 'xterm-256color',
      cols: Math.max(1, size.columns),
      rows: Math.max(1, size.rows),
      cwd: plan.cwd,
      env: plan.env,
      // Bytes stay bytes: a character may be split between two reads.
      encoding: null,
    });
  } catch (cause) {
    throw new SpawnError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function terminalOutput(pty: IPty): Readable {
  let isEnding = false;
  let reads = 0;
  const stdout = new Readable({ highWaterMark: 256 << 10, read: () => pty.resume() });
  pty.onData((data: string | Buffer) => {
    reads += 1;
    // What the kernel still holds of an ended process is little, and this is the last chance to have it.
    if (!stdout.push(data) && !isEnding) pty.pause();
  });
  delayClose(pty, async (close) => {
    isEnding = true;
    pty.resume();
    for (let quiet = 0, before = reads; quiet < QUIET_TURNS; before = reads) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = reads === before ? quiet + 1 : 0;
    }
    close();
  });
  return stdout;
}

/**
 * node-pty closes a terminal 200 ms after its process ended, read or unread, which loses the output of whoever reads slowly or on a busy
 * machine. Its socket is no part of its interface, but there is no other hold on it.
 */
function delayClose(pty: IPty, drain: (close: () => void) => Promise<void>): void {
  const { _socket: socket } = pty as IPty & { readonly _socket?: Socket };
  if (socket === undefined) return;
  const destroy = socket.destroy.bind(socket);
  let isDraining = false;
  socket.destroy = () => {
    if (!isDraining) void drain(destroy);
    isDraining = true;
    return socket;
  };
}

function terminalInput(pty: IPty): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      pty.write(chunk as unknown as string);
      done();
    },
    final: (done) => {
      pty.write(END_OF_TRANSMISSION as unknown as string);
      done();
    },
  });
}
