import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { TerminalSize } from '../../runtime.ts';
import type { SupervisorConfig } from '../wire.ts';
import { release, type PipePool } from './pipe-pool.ts';
import { spawnPiped, type ExtraChannels } from './piped-process.ts';
import { sendSignal } from './process-table.ts';
import { SpawnError, type RunningProcess } from './running-process.ts';
import { CONTAINER_PATH } from './container-environment.ts';
import type { SpawnPlan } from './spawn-plan.ts';
import { spawnOnTerminal } from './terminal-process.ts';

/** bubblewrap takes some ten milliseconds; a machine that swaps may take this long. */
const READY_TIMEOUT_MS = 15_000;
const MAX_LAUNCHER_WORDS = 4_096;

export interface Launched {
  readonly process: RunningProcess;
  /** The container's first process in the host's numbering: what signals go to. */
  readonly firstPid: number;
}

/** Opens the descriptors 3 to 5 by name, for a terminal process to which none can be passed on. */
const OPEN_CHANNELS = 'exec 3>"$DRILLHOUSE_CONTROL" 4>&3 5<"$DRILLHOUSE_OPTIONS"; unset DRILLHOUSE_CONTROL DRILLHOUSE_OPTIONS; exec "$@"';

/** Starts a container's first process and waits until its program runs. Throws {@link SpawnError} with the launcher's own words. */
export async function launchContainer(
  config: SupervisorConfig,
  pipes: PipePool,
  plan: SpawnPlan,
  tty: boolean,
  stdin: boolean,
): Promise<Launched> {
  if (config.isolation === 'none') {
    const process = tty ? spawnOnTerminal(plan) : await spawnPiped(plan, pipes, stdin);
    return { process, firstPid: process.pid };
  }
  return tty ? launchOnTerminal(pipes, plan) : launchPiped(pipes, plan, stdin);
}

/** Starts a further process in a container. */
export async function launchExec(
  pipes: PipePool,
  plan: SpawnPlan,
  tty: boolean,
  stdin: boolean,
  size: TerminalSize | undefined,
): Promise<RunningProcess> {
  return tty ? spawnOnTerminal(plan, size) : spawnPiped(plan, pipes, stdin);
}

async function launchPiped(pipes: PipePool, plan: SpawnPlan, stdin: boolean): Promise<Launched> {
  return withChannels(pipes, plan, (channels) => spawnPiped(plan, pipes, stdin, channels));
}

async function launchOnTerminal(pipes: PipePool, plan: SpawnPlan): Promise<Launched> {
  return withChannels(pipes, plan, async ({ control, options }) =>
    spawnOnTerminal({
      ...plan,
      command: ['/bin/sh', '-c', OPEN_CHANNELS, 'sh', ...plan.command],
      env: { PATH: CONTAINER_PATH, DRILLHOUSE_CONTROL: control.path, DRILLHOUSE_OPTIONS: options.path },
    }),
  );
}

async function withChannels(
  pipes: PipePool,
  plan: SpawnPlan,
  start: (channels: ExtraChannels) => Promise<RunningProcess>,
): Promise<Launched> {
  const control = await pipes.fromChild();
  const options = await pipes.toChild();
  try {
    options.stream.on('error', () => undefined);
    options.stream.end(plan.bwrapOptions.map((option) => `${option}\0`).join(''));
    const process = await start({ control, options });
    return { process, firstPid: await untilReady(process, control.stream) };
  } catch (error) {
    control.stream.destroy();
    options.stream.destroy();
    throw error;
  } finally {
    release(control);
    release(options);
  }
}

/** Waits for bubblewrap to name the first process and for that process to say that everything around it is in place. */
async function untilReady(process: RunningProcess, control: Socket): Promise<number> {
  const ready = new Promise<number>((resolve) => {
    let said = '';
    control.on('data', (chunk: Buffer) => {
      // Later words are read and dropped: bubblewrap would die of a closed pipe when it reports the exit code.
      if (said.length > MAX_LAUNCHER_WORDS) return;
      said += chunk.toString('latin1');
      const pid = /"child-pid": (\d+)/.exec(said)?.[1];
      if (pid !== undefined && /^ready$/m.test(said)) resolve(Number(pid));
    });
  });
  control.on('error', () => undefined);
  const failed = process.ended.then(async ({ exitCode }) => {
    throw new SpawnError((await lastWords(process)) || `The launcher ended with exit code ${exitCode}.`);
  });
  const settled = new AbortController();
  const late = delay(READY_TIMEOUT_MS, undefined, { ref: false, signal: settled.signal }).then(() => {
    sendSignal(process.pid, 'SIGKILL');
    throw new SpawnError(`The container was not ready after ${READY_TIMEOUT_MS / 1000} seconds.`);
  });
  // Whoever loses the race must not be missed.
  failed.catch(() => undefined);
  late.catch(() => undefined);
  try {
    return await Promise.race([ready, failed, late]);
  } finally {
    settled.abort();
  }
}

async function lastWords(process: RunningProcess): Promise<string> {
  const source = process.stderr ?? process.stdout;
  const chunks: Buffer[] = [];
  source.on('data', (chunk: Buffer) => chunks.push(chunk));
  await Promise.race([finished(source).catch(() => undefined), delay(500, undefined, { ref: false })]);
  return Buffer.concat(chunks).toString('utf8').trim().slice(0, MAX_LAUNCHER_WORDS);
}
