import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { release, type Channel, type PipePool } from './pipe-pool.ts';
import { shellExitCode, SpawnError, type ProcessEnd, type RunningProcess } from './running-process.ts';
import type { SpawnPlan } from './spawn-plan.ts';

/** Descriptors past stderr: what the launcher writes its state to (twice, once for bubblewrap) and reads its options from. */
export interface ExtraChannels {
  readonly control: Channel;
  readonly options: Channel;
}

/** Starts a process on real pipes, in a session of its own. Throws {@link SpawnError}. */
export async function spawnPiped(plan: SpawnPlan, pipes: PipePool, wantsStdin: boolean, extra?: ExtraChannels): Promise<RunningProcess> {
  const [file = '', ...args] = plan.command;
  const stdin = wantsStdin ? await pipes.toChild(plan.owner) : undefined;
  const stdout = await pipes.fromChild(plan.owner);
  const stderr = await pipes.fromChild(plan.owner);
  const channels = [stdin, stdout, stderr].filter((channel) => channel !== undefined);
  try {
    const child = spawn(file, args, {
      cwd: plan.cwd,
      env: plan.env,
      detached: true,
      stdio: [
        stdin?.childFd ?? 'ignore',
        stdout.childFd,
        stderr.childFd,
        ...(extra === undefined ? [] : [extra.control.childFd, extra.control.childFd, extra.options.childFd]),
      ],
    });
    // Listens before anything else can happen: a child may end at once.
    const ended = endOf(child);
    const pid = await spawned(child);
    return { pid, stdin: stdin?.stream ?? null, stdout: stdout.stream, stderr: stderr.stream, resize: () => undefined, ended };
  } catch (error) {
    for (const { stream } of channels) stream.destroy();
    throw error;
  } finally {
    for (const channel of channels) release(channel);
  }
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new SpawnError(cause.message, { cause })));
    child.once('spawn', () => resolve(child.pid ?? -1));
  });
}

function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('exit', (exitCode, signal) => resolve(shellExitCode(exitCode, signal === null ? undefined : constants.signals[signal])));
  });
}
