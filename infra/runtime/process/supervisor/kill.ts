import type { Isolation } from '../wire.ts';
import { readEnvironmentVariable, readProcessTable, sendSignal } from './process-table.ts';
import type { ProcessWatch, SharedProcessTable } from './process-watch.ts';
import { CONTAINER_MARK } from './plain-plan.ts';

/** A tree that forks while it is killed is read again; each round kills all that the one before let live. */
const MAX_ROUNDS = 20;

/**
 * Kills all of a container. With a pid namespace the end of its first process is the end of all. Without one its processes are found by
 * descent and, for those that left their parents, by the mark in their environment.
 */
export async function killContainer(
  isolation: Isolation,
  id: string,
  firstPid: number | undefined,
  watch: ProcessWatch | undefined,
): Promise<void> {
  if (isolation !== 'none') {
    if (firstPid !== undefined) sendSignal(firstPid, 'SIGKILL');
    return;
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const known = (await watch?.processes())?.map(({ pid }) => pid) ?? [];
    const marked = [...(await readProcessTable()).entries.keys()].filter((pid) => readEnvironmentVariable(pid, CONTAINER_MARK) === id);
    const alive = [...new Set([...known, ...marked])].filter((pid) => sendSignal(pid, 'SIGKILL'));
    if (alive.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Kills a process and its descendants. */
export async function endTree(pid: number, table: SharedProcessTable): Promise<void> {
  for (const entry of (await table.latest(0)).descendants([pid]).reverse()) sendSignal(entry.pid, 'SIGKILL');
}
