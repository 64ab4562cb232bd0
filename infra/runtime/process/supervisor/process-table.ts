import { readFileSync, readdirSync } from 'node:fs';

/** One process as /proc tells of it. A pid alone names nobody for long; pid and start time together do. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly session: number;
  /** Clock ticks since boot. */
  readonly startTicks: number;
  /** Of the process itself and of the children it has waited for. */
  readonly cpuTicks: number;
}

/** USER_HZ is 100 on every architecture that Node runs on. */
export const NANOSECONDS_A_TICK = 10_000_000;
const PAGE_BYTES = 4096;
/** Pids read before other work gets its turn. */
const BATCH = 100;

/** Parses /proc/<pid>/stat. The name in parentheses may itself hold spaces and parentheses. */
export function parseStat(pid: number, text: string): ProcessEntry | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  if (fields.length < 20 || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const cpuTicks = field(14) + field(15) + field(16) + field(17);
  return { pid, parentPid: field(4), session: field(6), startTicks: field(22), cpuTicks };
}

/** Undefined for a process that is not there or has only its exit status left. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const text = readProc(pid, 'stat');
  return text === undefined ? undefined : parseStat(pid, text);
}

/** All living processes at one moment, with their children found once for all who ask. */
export class ProcessTable {
  readonly entries: ReadonlyMap<number, ProcessEntry>;
  readonly #children = new Map<number, ProcessEntry[]>();

  constructor(entries: ReadonlyMap<number, ProcessEntry>) {
    this.entries = entries;
    for (const entry of entries.values()) {
      const siblings = this.#children.get(entry.parentPid);
      if (siblings === undefined) this.#children.set(entry.parentPid, [entry]);
      else siblings.push(entry);
    }
  }

  /** `roots` and all that descends from them, parents first. */
  descendants(roots: Iterable<number>): ProcessEntry[] {
    const found = new Map<number, ProcessEntry>();
    const queue = [...roots].flatMap((pid) => this.entries.get(pid) ?? []);
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      if (found.has(entry.pid)) continue;
      found.set(entry.pid, entry);
      queue.push(...(this.#children.get(entry.pid) ?? []));
    }
    return [...found.values()];
  }
}

/** Reads /proc in batches, so that a busy host does not hold the event loop up. */
export async function readProcessTable(): Promise<ProcessTable> {
  const entries = new Map<number, ProcessEntry>();
  const pids = readdirSync('/proc')
    .filter((name) => name >= '0' && name <= ':')
    .map(Number);
  for (let at = 0; at < pids.length; at += BATCH) {
    if (at > 0) await new Promise((resolve) => setImmediate(resolve));
    for (const pid of pids.slice(at, at + BATCH)) {
      const entry = readProcess(pid);
      if (entry !== undefined) entries.set(pid, entry);
    }
  }
  return new ProcessTable(entries);
}

/** Children that the process's first thread started: nearly all, for the price of one small read. */
export function readChildren(pid: number): number[] {
  const text = readProc(pid, `task/${pid}/children`);
  return text === undefined
    ? []
    : text
        .split(' ')
        .filter((word) => word !== '')
        .map(Number);
}

/**
 * Memory that only this process and its forks hold: anonymous pages. Resident size would count the text of node and of libraries once
 * for every process that maps it, which no cgroup does; the proportional set size is exact but costs a walk over the page tables.
 */
export function readAnonymousBytes(pid: number): number {
  const [, resident, shared] = readProc(pid, 'statm')?.split(' ') ?? [];
  return resident === undefined || shared === undefined ? 0 : (Number(resident) - Number(shared)) * PAGE_BYTES;
}

/** Anonymous and shared memory with pages that several processes map counted in parts; undefined where the kernel does not say. */
export function readProportionalBytes(pid: number): number | undefined {
  const text = readProc(pid, 'smaps_rollup');
  if (text === undefined) return undefined;
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  return (kib('Pss_Anon') + kib('Pss_Shmem')) * 1024;
}

/** A variable of the environment that the process was started with. Other users' are unreadable. */
export function readEnvironmentVariable(pid: number, name: string): string | undefined {
  const assignment = readProc(pid, 'environ')
    ?.split('\0')
    .find((entry) => entry.startsWith(`${name}=`));
  return assignment?.slice(name.length + 1);
}

/** The container's own view of where a process's root is, for looking files up in it from outside. */
export function processRoot(pid: number): string {
  return `/proc/${pid}/root`;
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}

/** Sends a signal; false when nobody of that pid is there. */
export function sendSignal(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
