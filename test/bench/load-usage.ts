import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
const SAMPLE_EVERY_MS = 1_000;

/** Counters and levels at one moment; processor times are seconds since the process or machine began. */
export interface UsageSample {
  readonly atMs: number;
  readonly serverCpuSeconds: number;
  /** The one thread that runs JavaScript. */
  readonly serverThreadSeconds: number;
  readonly serverMemoryBytes: number;
  /** Of the whole machine, without what simulates the trainees. */
  readonly machineCpuSeconds: number;
  readonly machineMemoryBytes: number;
  readonly machineMemoryTotalBytes: number;
  readonly cores: number;
}

/** Watches a server, and the machine less the simulated people, until it is disposed. */
export class UsageWatch implements Disposable {
  readonly samples: UsageSample[] = [];
  readonly #serverPid: number;
  readonly #workerPid: number;
  readonly #timer: NodeJS.Timeout;

  constructor(serverPid: number, workerPid: number) {
    this.#serverPid = serverPid;
    this.#workerPid = workerPid;
    this.take();
    this.#timer = setInterval(() => this.take(), SAMPLE_EVERY_MS);
  }

  take(): void {
    const memory = readFileSync('/proc/meminfo', 'utf8');
    const totalBytes = kilobytesOf(memory, 'MemTotal') * 1024;
    this.samples.push({
      atMs: performance.now(),
      serverCpuSeconds: cpuSecondsOf(`/proc/${this.#serverPid}/stat`),
      serverThreadSeconds: cpuSecondsOf(`/proc/${this.#serverPid}/task/${this.#serverPid}/stat`),
      serverMemoryBytes: residentBytes(this.#serverPid),
      machineCpuSeconds: machineCpuSeconds() - cpuSecondsOf(`/proc/${this.#workerPid}/stat`),
      machineMemoryBytes: totalBytes - kilobytesOf(memory, 'MemAvailable') * 1024 - residentBytes(this.#workerPid),
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

/** User and system time; the name in parentheses before them may hold blanks. */
function cpuSecondsOf(file: string): number {
  const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** All but idle and waiting for disks. */
function machineCpuSeconds(): number {
  const [, ...fields] = (/^cpu .*$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[0] ?? '').split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = fields;
  return (user + nice + system + irq + softIrq) / TICKS_PER_SECOND;
}
