import { once } from 'node:events';
import { PassThrough, pipeline, type Duplex, type Readable, type Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Exec } from 'dockerode';
import { RuntimeError, type ExecRequest, type ExecSession, type TerminalSize } from '../runtime.ts';
import { engineMessage, forgiving, statusCodeOf, translating, type Engine } from './engine.ts';
import { demultiplex } from './frames.ts';
import { endProcess } from './process-end.ts';
import { StartFailureFilter } from './start-failure.ts';

/** What differs between an exec and an attach once the connection stands. */
interface Hijacked {
  readonly socket: Duplex;
  readonly tty: boolean;
  readonly stdin: boolean;
  resize(size: TerminalSize): Promise<void>;
  /** Whether a process is started over this connection, whose failure to start comes as output. */
  readonly starts: boolean;
  /** Asked for once, when the stream has ended. */
  exitCode(): Promise<number>;
  end(): Promise<void>;
}

/**
 * Starts a process in a running container. A command that cannot be started shows in `exited`, which then rejects with the engine's
 * words (code InvalidRequest): the engine starts the process only after it has handed out the connection.
 */
export async function startExec(engine: Engine, containerId: string, request: ExecRequest): Promise<ExecSession> {
  if (request.command.length === 0) throw new RuntimeError('InvalidRequest', 'An exec needs a command.');
  try {
    return await openExec(engine, containerId, request);
  } catch (error) {
    if (statusCodeOf(error) === 409) throw new RuntimeError('InvalidRequest', engineMessage(error), { cause: error });
    return await translating('starting an exec', () => Promise.reject(error as Error));
  }
}

async function openExec(engine: Engine, containerId: string, request: ExecRequest): Promise<ExecSession> {
  const consoleSize = request.tty && request.size !== undefined ? { ConsoleSize: rowsAndColumns(request.size) } : {};
  const exec = await engine.calls.getContainer(containerId).exec({
    Cmd: [...request.command],
    Env: (request.env ?? []).map(({ name, value }) => `${name}=${value}`),
    Tty: request.tty,
    AttachStdin: request.stdin,
    AttachStdout: true,
    AttachStderr: !request.tty,
    // Engines from API 1.42 on; older ones leave it aside and are told by the resize below.
    ...consoleSize,
  });
  const streaming = engine.streams.getExec(exec.id);
  const socket = await streaming.start({ hijack: true, stdin: true, Detach: false, Tty: request.tty, ...consoleSize });
  const resize = ({ columns, rows }: TerminalSize): Promise<void> =>
    translating('resizing a terminal', () => exec.resize({ w: columns, h: rows }));
  const session = openSession({
    socket,
    tty: request.tty,
    stdin: request.stdin,
    resize,
    starts: true,
    exitCode: () => execExitCode(() => exec.inspect()),
    end: () => endExec(containerId, exec),
  });
  // The process may have ended before it had a size.
  if (request.tty && request.size !== undefined) await resize(request.size).catch(() => undefined);
  return session;
}

/** The process may be gone, with its container or alone. */
async function endExec(containerId: string, exec: Exec): Promise<void> {
  await forgiving('ending an exec', async () => {
    for (const delayMs of SETTLE_DELAYS_MS) {
      await delay(delayMs);
      const { Running, Pid } = await exec.inspect();
      // The process may speak before the engine knows its id.
      if (Running && Pid === 0) continue;
      if (Running) await endProcess(containerId, Pid);
      return;
    }
  });
}

function rowsAndColumns({ rows, columns }: TerminalSize): [number, number] {
  return [rows, columns];
}

/** Joins the main process. Disposing lets go of it without ending it. */
export async function startAttach(
  engine: Engine,
  containerId: string,
  request: { readonly tty: boolean; readonly stdin: boolean },
): Promise<ExecSession> {
  const container = engine.streams.getContainer(containerId);
  const socket = (await translating('attaching', () =>
    container.attach({ stream: true, stdin: request.stdin, stdout: true, stderr: true, hijack: true }),
  )) as Duplex;
  return openSession({
    socket,
    ...request,
    resize: ({ columns, rows }) => translating('resizing a terminal', () => container.resize({ w: columns, h: rows })),
    starts: false,
    exitCode: async () => ((await container.wait()) as { StatusCode: number }).StatusCode,
    end: async () => undefined,
  });
}

function openSession(hijacked: Hijacked): ExecSession {
  const { socket, tty } = hijacked;
  // A connection that breaks ends the outputs; it must not end the process that runs the server.
  socket.on('error', () => undefined);
  const outputs = tty ? { stdout: piped(socket), stderr: null } : demultiplex(socket);
  const exitCode = exitCodeOf(hijacked);
  exitCode.catch(() => undefined);
  const filter = new StartFailureFilter(() => exitCode);
  const stdout = hijacked.starts ? pipeline(outputs.stdout, filter, () => undefined) : outputs.stdout;
  const exited = exitCode.then((code) => toOutcome(code, filter));
  exited.catch(() => undefined);
  return {
    stdin: hijacked.stdin ? inputOf(socket) : null,
    stdout,
    stderr: outputs.stderr,
    exited,
    resize: (size) => hijacked.resize(size),
    [Symbol.asyncDispose]: async () => {
      try {
        await hijacked.end();
      } finally {
        socket.destroy();
      }
    },
  };
}

/** The socket's reading half alone, so that a reader who destroys it leaves stdin open. */
function piped(socket: Duplex): Readable {
  const output = new PassThrough();
  output.on('error', () => undefined);
  socket.on('error', (error) => output.destroy(error));
  socket.on('close', () => output.end());
  output.on('close', () => socket.resume());
  socket.pipe(output);
  return output;
}

/** The socket's writing half: ending it closes the process's stdin and leaves its outputs open. */
function inputOf(socket: Duplex): Writable {
  const input = new PassThrough();
  input.on('error', () => undefined);
  socket.on('close', () => input.destroy());
  input.pipe(socket);
  return input;
}

function toOutcome(exitCode: number, filter: StartFailureFilter): { readonly exitCode: number } {
  const reason = filter.reasonFor(exitCode);
  if (reason !== undefined) throw new RuntimeError('InvalidRequest', `failed to exec in container: ${reason}`);
  return { exitCode };
}

async function exitCodeOf(hijacked: Hijacked): Promise<number> {
  const { socket } = hijacked;
  if (!socket.readableEnded && !socket.destroyed) await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  return translating('waiting for an exit code', () => hijacked.exitCode());
}

/** The engine writes down what happened to a process a moment after its stream tells. */
const SETTLE_DELAYS_MS = [0, 5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560];

async function execExitCode(inspect: () => Promise<{ readonly Running: boolean; readonly ExitCode: number | null }>): Promise<number> {
  for (const delayMs of SETTLE_DELAYS_MS) {
    await delay(delayMs);
    const { Running, ExitCode } = await inspect();
    if (!Running && ExitCode !== null) return ExitCode;
  }
  throw new RuntimeError('EngineFailed', 'The stream of an exec ended, but its process still runs.');
}
