import { FASTEST_POLL_MS, planMemoryPoll, planPidLimit } from './limits.ts';
import {
  readAnonymousBytes,
  readChildren,
  readProcess,
  readProcessTable,
  readProportionalBytes,
  sendSignal,
  type ProcessEntry,
  type ProcessTable,
} from './process-table.ts';

/** The whole table is read at most this often, for all containers together. */
const TABLE_INTERVAL_MS = 1_000;

/** A program at rest still gains and loses some pages. */
const STILL_BYTES = 2 << 20;

/** One reading of /proc shared by everybody who asks within a second. */
export class SharedProcessTable {
  #table: Promise<ProcessTable> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  latest(maxAgeMs: number): Promise<ProcessTable> {
    const now = performance.now();
    if (this.#table === undefined || now - this.#readAt > maxAgeMs) {
      this.#readAt = now;
      this.#table = readProcessTable();
    }
    return this.#table;
  }
}

export interface WatchedContainer {
  readonly firstPid: number;
  /** Pids that exec started, whose trees belong to the container as well. */
  readonly execPids: ReadonlySet<number>;
  readonly memoryLimitBytes: number | undefined;
  readonly pidLimit: number;
  readonly onOutOfMemory: () => void;
}

/**
 * Keeps one container within its limits from outside: reads what its processes hold, more often the nearer the limit is (20 to 250 ms),
 * less often when it is at rest,
 * and reports the first time that it is over. It cannot refuse an allocation as a cgroup does, so a program may be over its limit for
 * as long as one look takes.
 */
export class ProcessWatch implements Disposable {
  readonly #container: WatchedContainer;
  readonly #table: SharedProcessTable;
  readonly #startedAt = performance.now();
  #known = new Map<number, ProcessEntry>();
  #tableReadAt = Number.NEGATIVE_INFINITY;
  #previous: { usedBytes: number; at: number } | undefined;
  /** The most it held since it began to be at rest, and since when. */
  #rest = { usedBytes: 0, since: performance.now() };
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;
  #cpuTicks = 0;

  constructor(container: WatchedContainer, table: SharedProcessTable) {
    this.#container = container;
    this.#table = table;
    this.#schedule(0);
  }

  /** Every process of the container that is known to live. */
  async processes(maxAgeMs = 0): Promise<readonly ProcessEntry[]> {
    this.#adopt(await this.#table.latest(maxAgeMs));
    return [...this.#known.values()];
  }

  async usage(): Promise<{ readonly cpuTicks: number; readonly memoryBytes: number }> {
    const processes = await this.processes(200);
    const cpuTicks = processes.reduce((sum, entry) => sum + (readProcess(entry.pid) ?? entry).cpuTicks, 0);
    // A child that nobody waited for takes its time with it; a counter never goes back.
    this.#cpuTicks = Math.max(this.#cpuTicks, cpuTicks);
    this.#addChildren();
    return { cpuTicks: this.#cpuTicks, memoryBytes: this.#measure() };
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    if (this.#disposed) return;
    this.#timer = setTimeout(() => void this.#look(), delayMs);
  }

  async #look(): Promise<void> {
    let delayMs = TABLE_INTERVAL_MS;
    try {
      delayMs = await this.#enforce();
    } finally {
      // A look that failed, for want of descriptors say, must not be the last: the limits would be gone.
      this.#schedule(delayMs);
    }
  }

  /** @returns when to look again, in milliseconds. */
  async #enforce(): Promise<number> {
    const now = performance.now();
    if (now - this.#tableReadAt >= TABLE_INTERVAL_MS) {
      this.#tableReadAt = now;
      this.#adopt(await this.#table.latest(TABLE_INTERVAL_MS));
    }
    this.#addChildren();
    const { memoryLimitBytes } = this.#container;
    const memoryDelayMs = memoryLimitBytes === undefined ? TABLE_INTERVAL_MS : this.#enforceMemoryLimit(memoryLimitBytes);
    return Math.min(memoryDelayMs, this.#enforcePidLimit());
  }

  /** What the table knows of the container's trees, and those seen before whose parents are gone. */
  #adopt(table: ProcessTable): void {
    const orphans = [...this.#known.values()].filter(
      ({ pid, startTicks }) => (table.entries.get(pid) ?? readProcess(pid))?.startTicks === startTicks,
    );
    const roots = [this.#container.firstPid, ...this.#container.execPids, ...orphans.map(({ pid }) => pid)];
    const known = new Map(orphans.map((entry) => [entry.pid, entry]));
    for (const entry of table.descendants(roots)) known.set(entry.pid, entry);
    // Started after the table was read.
    for (const pid of [this.#container.firstPid, ...this.#container.execPids]) this.#addTo(known, pid);
    this.#known = known;
  }

  #addTo(known: Map<number, ProcessEntry>, pid: number): void {
    const entry = known.has(pid) ? undefined : readProcess(pid);
    if (entry !== undefined) known.set(pid, entry);
  }

  /** A set grows while it is walked, so that this reaches grandchildren too. */
  #addChildren(): void {
    for (const pid of this.#known.keys()) for (const child of readChildren(pid)) this.#addTo(this.#known, child);
  }

  #measure(): number {
    let bytes = 0;
    for (const pid of this.#known.keys()) bytes += readAnonymousBytes(pid);
    return bytes;
  }

  /** @returns when to look again, in milliseconds. */
  #enforceMemoryLimit(limitBytes: number): number {
    const usedBytes = this.#measure();
    const now = performance.now();
    // Forks share their pages until one of them writes, so a sum over the limit is counted exactly before anybody dies of it.
    if (usedBytes > limitBytes && this.#measureExactly() > limitBytes) this.#container.onOutOfMemory();
    const previous =
      this.#previous === undefined ? {} : { previous: { usedBytes: this.#previous.usedBytes, agoMs: now - this.#previous.at } };
    this.#previous = { usedBytes, at: now };
    if (usedBytes > this.#rest.usedBytes + STILL_BYTES) this.#rest = { usedBytes, since: now };
    return planMemoryPoll({ usedBytes, limitBytes, ageMs: now - this.#startedAt, quietMs: now - this.#rest.since, ...previous });
  }

  #measureExactly(): number {
    let bytes = 0;
    for (const pid of this.#known.keys()) bytes += readProportionalBytes(pid) ?? readAnonymousBytes(pid);
    return bytes;
  }

  /** @returns when to look again, in milliseconds: soon while there is something to end. */
  #enforcePidLimit(): number {
    const { pidLimit, firstPid } = this.#container;
    if (this.#known.size <= pidLimit) return TABLE_INTERVAL_MS;
    // The dead are known until the next table.
    const alive = [...this.#known.keys()].flatMap((pid) => readProcess(pid) ?? []);
    for (const { pid } of this.#known.values()) if (!alive.some((entry) => entry.pid === pid)) this.#known.delete(pid);
    const excess = planPidLimit(alive, pidLimit, firstPid);
    for (const pid of excess) sendSignal(pid, 'SIGKILL');
    return excess.length > 0 ? FASTEST_POLL_MS : TABLE_INTERVAL_MS;
  }
}
