import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { hasEnvironment, readProcess, readProcessTable, sendSignal } from './process-table.ts';
import { CONTAINER_MARK } from './spawn-plan.ts';

/**
 * Ends containers of a supervisor that was killed: with bubblewrap they have died with it, plain ones have not. A pid file counts only
 * if the process of that pid started when the file says.
 */
export async function sweepLeftovers(clustersFolder: string): Promise<void> {
  if (!existsSync(clustersFolder)) return;
  const files = readdirSync(clustersFolder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^[^/]+\/[^/]+\/[^/]+\/pid$/.test(file),
  );
  for (const file of files) {
    const [pid = 0, startTicks] = readFileSync(path.join(clustersFolder, file), 'utf8').trim().split(' ').map(Number);
    if (readProcess(pid)?.startTicks === startTicks) sendSignal(pid, 'SIGKILL');
  }
  rmSync(clustersFolder, { recursive: true, force: true, maxRetries: 3 });
}
