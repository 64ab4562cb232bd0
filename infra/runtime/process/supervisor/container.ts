import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { EventEmitter, once } from 'node:events';
import { constants } from 'node:os';
import type { ExecRequest, TerminalSize } from '../../runtime.ts';
import type { SupervisorConfig, WireState, WireStats } from '../wire.ts';
import { kindBelow, kindOnHost, planCommandRefusal, type FileKind } from './command-lookup.ts';
import { ContainerLog } from './container-log.ts';
import type { PipePool } from './pipe-pool.ts';
import { endTree, killContainer } from './kill.ts';
import { launchContainer, launchExec } from './launcher.ts';
import { NANOSECONDS_A_TICK, processRoot, readProcess, sendSignal } from './process-table.ts';
import { ProcessWatch, type SharedProcessTable } from './process-watch.ts';
import { createRootFolder } from './root-folder.ts';
import { SpawnError, type ProcessEnd, type RunningProcess } from './running-process.ts';
import { containerFileKind } from './container-view.ts';
import { containerEnvironment } from './container-environment.ts';
import { containerArguments, containerUser, containerWorkingDir, type ContainerProgram } from './container-program.ts';
import { planExec, planStart } from './spawn-plan.ts';
import type { UserNamespaceStore } from './user-namespaces.ts';
import { WireFailure } from './wire-failure.ts';

export interface ContainerHost {
  readonly config: SupervisorConfig;
  readonly pipes: PipePool;
  readonly table: SharedProcessTable;
  /** Where there are namespaces at all. */
  readonly userNamespaces?: UserNamespaceStore;
}

/** Output that follows the end of the first process, from others that held its pipes, is awaited this long. */
const OUTPUT_GRACE_MS = 300;
const OOM_EXIT_CODE = 137;
/** Longer delays overflow Node's timer and would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

export type OutputListener = (stream: 'stdout' | 'stderr', chunk: Buffer) => void;

/** One container: created, running, exited. It never runs twice; a restart is another container. */
export class Container {
  readonly id: string;
  #program: ContainerProgram;
  readonly #host: ContainerHost;
  readonly #folder: string;
  readonly #log: ContainerLog;
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #execPids = new Set<number>();
  #state: WireState = { kind: 'created' };
  #starting: Promise<string | undefined> | undefined;
  #main: RunningProcess | undefined;
  #watch: ProcessWatch | undefined;
  #oomKilled = false;
  #outputBlockers = 0;

  constructor(host: ContainerHost, program: ContainerProgram, folder: string) {
    this.#host = host;
    this.id = program.id;
    this.#program = program;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    createRootFolder(host.config, program);
    this.#log = new ContainerLog(folder);
  }

  get program(): ContainerProgram {
    return this.#program;
  }

  get state(): WireState {
    return this.#state;
  }

  get log(): ContainerLog {
    return this.#log;
  }

  /** Starts it once; later calls tell how that went. @returns why it could not be started. */
  start(onExit: () => void): Promise<string | undefined> {
    this.#starting ??= this.#start(onExit);
    return this.#starting;
  }

  async #start(onExit: () => void): Promise<string | undefined> {
    const { config, pipes } = this.#host;
    const { spec } = this.program;
    const refusal = planCommandRefusal(containerArguments(this.program), this.#searchPath(), containerWorkingDir(this.program), (file) =>
      containerFileKind(config, this.program, file),
    );
    if (refusal !== undefined) return this.#failStart(startFailure(refusal));
    try {
      const userNamespaces = await this.#host.userNamespaces?.forUser(containerUser(this.program));
      if (userNamespaces !== undefined) this.#program = { ...this.#program, userNamespaces };
      const { process, firstPid } = await launchContainer(config, pipes, planStart(config, this.program), spec.tty, spec.stdin);
      this.#run(process, firstPid, onExit);
      return undefined;
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      return this.#failStart(startFailure(error.message));
    }
  }

  #failStart(message: string): string {
    const now = Date.now();
    this.#state = { kind: 'exited', startedAtMs: now, finishedAtMs: now, exitCode: 128, oomKilled: false, message };
    this.#log.end();
    return message;
  }

  #run(main: RunningProcess, firstPid: number, onExit: () => void): void {
    const startedAtMs = Date.now();
    this.#main = main;
    this.#state = { kind: 'running', startedAtMs, pid: firstPid };
    this.#recordPid(firstPid);
    this.#watch = new ProcessWatch(
      {
        firstPid,
        execPids: this.#execPids,
        memoryLimitBytes: this.program.spec.memoryLimitBytes,
        pidLimit: this.program.spec.pidLimit,
        onOutOfMemory: () => {
          this.#oomKilled = true;
          void this.#kill();
        },
      },
      this.#host.table,
    );
    const outputs = [this.#capture(main.stdout, 'stdout'), ...(main.stderr === null ? [] : [this.#capture(main.stderr, 'stderr')])];
    main.stdin?.on('error', () => undefined);
    void main.ended.then(async (end) => {
      await this.#settle(outputs);
      this.#finish(startedAtMs, end);
      onExit();
    });
  }

  #capture(source: NodeJS.ReadableStream, stream: 'stdout' | 'stderr'): Promise<void> {
    source.on('data', (chunk: Buffer) => {
      this.#log.append(stream, chunk);
      this.#events.emit('output', stream, chunk);
    });
    return new Promise((resolve) => {
      source.on('error', () => resolve());
      source.once('close', resolve);
      source.once('end', resolve);
    });
  }

  async #settle(outputs: readonly Promise<void>[]): Promise<void> {
    const grace = new Promise<void>((resolve) => setTimeout(resolve, OUTPUT_GRACE_MS).unref());
    await Promise.race([Promise.all(outputs), grace]);
    this.#main?.stdout.destroy();
    this.#main?.stderr?.destroy();
    this.#main?.stdin?.destroy();
    if (this.#host.config.isolation === 'none') await this.#kill();
  }

  #finish(startedAtMs: number, end: ProcessEnd): void {
    this.#watch?.[Symbol.dispose]();
    this.#log.end();
    const exitCode = this.#oomKilled ? OOM_EXIT_CODE : end.exitCode;
    this.#state = { kind: 'exited', startedAtMs, finishedAtMs: Date.now(), ...end, exitCode, oomKilled: this.#oomKilled };
    this.#events.emit('ended');
  }

  /** For a supervisor that finds the folders of one that died: who may still be running, told from whoever has the pid by then. */
  #recordPid(pid: number): void {
    const fd = openSync(path.join(this.#folder, 'pid'), 'w', 0o600);
    writeSync(fd, `${pid} ${readProcess(pid)?.startTicks ?? 0}\n`);
    closeSync(fd);
  }

  /** Resolves when it has ended. */
  async stop(graceSeconds: number, signal: string): Promise<void> {
    await this.#starting?.catch(() => undefined);
    if (this.#state.kind !== 'running') return;
    const ended = once(this.#events, 'ended');
    if (graceSeconds > 0) {
      sendSignal(this.#state.pid, signalNumber(signal));
      const timer = setTimeout(() => void this.#kill(), Math.min(graceSeconds * 1000, MAX_TIMER_MS));
      await ended;
      clearTimeout(timer);
      return;
    }
    await this.#kill();
    await ended;
  }

  async #kill(): Promise<void> {
    const pid = this.#state.kind === 'running' ? this.#state.pid : undefined;
    await killContainer(this.#host.config.isolation, this.id, pid, this.#watch);
  }

  async remove(): Promise<void> {
    await this.stop(0, 'SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async stats(): Promise<WireStats | null> {
    if (this.#state.kind !== 'running' || this.#watch === undefined) return null;
    const { cpuTicks, memoryBytes } = await this.#watch.usage();
    return { atMs: Date.now(), cpuNanoseconds: cpuTicks * NANOSECONDS_A_TICK, memoryWorkingSetBytes: memoryBytes };
  }

  /** Starts a further process in it. Throws {@link WireFailure} in runc's words when its command is not there. */
  async exec(request: ExecRequest): Promise<RunningProcess> {
    const { config, pipes } = this.#host;
    if (this.#state.kind !== 'running') throw new WireFailure('InvalidRequest', `container ${this.id.slice(0, 12)} is not running`);
    const { pid } = this.#state;
    const refusal = planCommandRefusal(request.command, this.#searchPath(), containerWorkingDir(this.program), (file) =>
      this.#runningFileKind(pid, file),
    );
    if (refusal !== undefined) throw new WireFailure('InvalidRequest', execFailure(refusal));
    const process = await launchExec(pipes, planExec(config, this.program, pid, request), request.tty, request.stdin, request.size);
    this.#execPids.add(process.pid);
    void process.ended.then(() => this.#execPids.delete(process.pid));
    return process;
  }

  /** Ends what {@link exec} started, with its descendants. */
  async endExec(process: RunningProcess): Promise<void> {
    await endTree(process.pid, this.#host.table);
  }

  #runningFileKind(pid: number, file: string): FileKind {
    const { config } = this.#host;
    if (config.isolation === 'none') return containerFileKind(config, this.program, file);
    const kind = kindBelow(processRoot(pid), file);
    return kind === 'missing' ? kindOnHostIfHidden(pid, file) : kind;
  }

  #searchPath(): string {
    return containerEnvironment(this.#host.config, this.program, false)['PATH'] ?? '';
  }

  /** Joins the first process's streams. The listener hears what comes from now on. */
  attach(listener: OutputListener, onEnded: () => void): Attachment {
    if (this.#state.kind !== 'running' || this.#main === undefined)
      throw new WireFailure('InvalidRequest', `container ${this.id.slice(0, 12)} is not running`);
    const main = this.#main;
    this.#events.on('output', listener);
    this.#events.once('ended', onEnded);
    return {
      stdin: main.stdin,
      resize: (size) => main.resize(size),
      block: () => this.#block(main),
      detach: () => {
        this.#events.off('output', listener);
        this.#events.off('ended', onEnded);
      },
    };
  }

  /** Stops reading the process's output until the answer is called: whoever cannot keep up slows it down rather than lose output. */
  #block(main: RunningProcess): () => void {
    let held = true;
    this.#outputBlockers += 1;
    main.stdout.pause();
    main.stderr?.pause();
    return () => {
      if (!held) return;
      held = false;
      this.#outputBlockers -= 1;
      if (this.#outputBlockers > 0) return;
      main.stdout.resume();
      main.stderr?.resume();
    };
  }
}

export interface Attachment {
  readonly stdin: NodeJS.WritableStream | null;
  resize(size: TerminalSize): void;
  /** @returns how to go on. */
  block(): () => void;
  detach(): void;
}

/** A process that /proc does not let us look into: the host's own folders are all that can be told. */
function kindOnHostIfHidden(pid: number, file: string): FileKind {
  return kindOnHost(`${processRoot(pid)}/usr`) === 'missing' ? kindOnHost(file) : 'missing';
}

function startFailure(reason: string): string {
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${reason}`;
}

function execFailure(reason: string): string {
  return `failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: ${reason}`;
}

function signalNumber(signal: string): number {
  const name = signal.startsWith('SIG') ? signal : `SIG${signal}`;
  const known: Readonly<Record<string, number>> = constants.signals;
  const asNumber = Number(signal);
  return known[name] ?? (Number.isInteger(asNumber) && asNumber > 0 && asNumber < 65 ? asNumber : constants.signals.SIGTERM);
}
