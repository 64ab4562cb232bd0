import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readEnvironmentVariable, readProcess, readProcessTable, sendSignal } from './process-table.ts';
import { CONTAINER_MARK } from './plain-plan.ts';

/**
 * Ends containers of a supervisor that was killed: with bubblewrap they have died with it, plain ones have not. A pid file counts only
 * if the process of that pid started when the file says; what left its parents is known by the mark in its environment.
 */
export async function sweepLeftovers(clustersFolder: string, folderOf: (containerId: string) => string): Promise<void> {
  if (!existsSync(clustersFolder)) return;
  // cluster / pod / container / pid
  const files = [1, 2, 3].reduce((folders) => folders.flatMap(entriesOf), [clustersFolder]).map((folder) => path.join(folder, 'pid'));
  await endContainers(
    files.filter((file) => existsSync(file)),
    folderOf,
  );
  rmSync(clustersFolder, { recursive: true, force: true, maxRetries: 3 });
}

function entriesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [path.join(folder, entry.name)] : []));
}

async function endContainers(files: readonly string[], folderOf: (containerId: string) => string): Promise<void> {
  if (files.length === 0) return;
  for (const file of files) {
    const [pid = 0, startTicks] = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    if (readProcess(pid)?.startTicks === startTicks) sendSignal(pid, 'SIGKILL');
  }
  const folders = new Set(files.map((file) => path.basename(path.dirname(file))));
  for (const pid of (await readProcessTable()).entries.keys()) {
    const id = readEnvironmentVariable(pid, CONTAINER_MARK);
    if (id !== undefined && folders.has(folderOf(id))) sendSignal(pid, 'SIGKILL');
  }
}
