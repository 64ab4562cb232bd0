import { Readable, Writable } from 'node:stream';
import { spawn, type IPty } from '@lydell/node-pty';
import type { TerminalSize } from '../../runtime.ts';
import { readProcess } from './process-table.ts';
import { shellExitCode, SpawnError, type ProcessEnd, type RunningProcess } from './running-process.ts';
import type { SpawnPlan } from './spawn-plan.ts';

const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };
/** node-pty drops what is unread 200 ms after its process ended, so a paused one is looked after more often than that. */
const PAUSED_CHECK_MS = 50;
const END_OF_TRANSMISSION = Buffer.from([4]);

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
  let check: NodeJS.Timeout | undefined;
  const resume = (): void => {
    clearInterval(check);
    check = undefined;
    pty.resume();
  };
  const stdout = new Readable({ highWaterMark: 256 << 10, read: resume });
  pty.onData((data: string | Buffer) => {
    if (stdout.push(data)) return;
    pty.pause();
    check ??= setInterval(() => {
      if (readProcess(pty.pid) === undefined) resume();
    }, PAUSED_CHECK_MS);
  });
  pty.onExit(() => clearInterval(check));
  return stdout;
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
