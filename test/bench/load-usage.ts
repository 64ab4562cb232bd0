import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
const SAMPLE_EVERY_MS = 1_000;

/** Counters and levels at one moment; processor times are seconds since the process or machine began. */
export interface UsageSample {
  readonly atMs: number;
  /** Of all servers together. */
  readonly serverCpuSeconds: number;
  /** The one thread that runs JavaScript, of each server. */
  readonly serverThreadSeconds: readonly number[];
  readonly serverMemoryBytes: number;
  /** What serves the servers, by name. */
  readonly partCpuSeconds: Readonly<Record<string, number>>;
  /** Of the whole machine, without what simulates the trainees and this process, which passes requests on where there are several servers. */
  readonly machineCpuSeconds: number;
  readonly machineMemoryBytes: number;
  readonly machineMemoryTotalBytes: number;
  readonly cores: number;
}

export interface Watched {
  readonly servers: readonly number[];
  /** What simulates the trainees. */
  readonly worker: number;
  readonly parts: Readonly<Record<string, WatchedPart>>;
}

export interface WatchedPart {
  readonly pid: number;
  /** PostgreSQL has a process for each connection; the children of a cluster are its pods. */
  readonly countsChildren: boolean;
}

/** Watches servers by their processes, and the machine less the simulated people, until it is disposed. */
export class UsageWatch implements Disposable {
  readonly samples: UsageSample[] = [];
  readonly #watched: Watched;
  readonly #timer: NodeJS.Timeout;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.take();
    this.#timer = setInterval(() => this.take(), SAMPLE_EVERY_MS);
  }

  take(): void {
    const { servers, worker, parts } = this.#watched;
    const memory = readFileSync('/proc/meminfo', 'utf8');
    const totalBytes = kilobytesOf(memory, 'MemTotal') * 1024;
    this.samples.push({
      atMs: performance.now(),
      serverCpuSeconds: sum(servers.map((pid) => cpuSecondsOf(`/proc/${pid}/stat`))),
      serverThreadSeconds: servers.map((pid) => cpuSecondsOf(`/proc/${pid}/task/${pid}/stat`)),
      serverMemoryBytes: sum(servers.map(residentBytes)),
      partCpuSeconds: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, partCpuSeconds(part)])),
      machineCpuSeconds: machineCpuSeconds() - sum([worker, process.pid].map((pid) => cpuSecondsOf(`/proc/${pid}/stat`))),
      machineMemoryBytes: totalBytes - kilobytesOf(memory, 'MemAvailable') * 1024 - sum([worker, process.pid].map(residentBytes)),
      machineMemoryTotalBytes: totalBytes,
      cores: cpus().length,
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

export function residentBytes(pid: number): number {
  return kilobytesOf(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS') * 1024;
}

function kilobytesOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

/** User and system time. */
function cpuSecondsOf(file: string): number {
  return cpuSeconds(statFields(file));
}

function cpuSeconds(fields: readonly string[]): number {
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Children that have ended count, too, once they have been waited for. */
function partCpuSeconds({ pid, countsChildren }: WatchedPart): number {
  const fields = statFields(`/proc/${pid}/stat`);
  if (!countsChildren) return cpuSeconds(fields);
  const ended = sum(fields.slice(13, 15).map(Number)) / TICKS_PER_SECOND;
  return cpuSeconds(fields) + ended + sum(childrenOf(pid).map(cpuSeconds));
}

/** What the kernel tells about those that live at this moment. */
function childrenOf(pid: number): readonly (readonly string[])[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const fields = statFields(`/proc/${name}/stat`);
        return fields[1] === String(pid) ? [fields] : [];
      } catch {
        // It ended in between.
        return [];
      }
    });
}

/** Those after the name in parentheses, which may hold blanks. */
function statFields(file: string): readonly string[] {
  return readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** All but idle and waiting for disks. */
function machineCpuSeconds(): number {
  const [, ...fields] = (/^cpu .*$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[0] ?? '').split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = fields;
  return (user + nice + system + irq + softIrq) / TICKS_PER_SECOND;
}
