import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a lock may be waited for: longer than the slowest whole build. */
const MAX_WAIT_MS = 20 * 60_000;
const POLL_MS = 200;

/** Where and how a lock waits; tests shorten it. */
export interface MachineLockOptions {
  readonly folder?: string;
  readonly maxWaitMs?: number;
}

/**
 * Runs `work` while no other process of this machine runs work under the same name. The lock is a file that holds its owner's
 * process id; one whose owner is gone (kill -9) is taken over.
 */
export async function withMachineLock<T>(
  name: string,
  report: (line: string) => void,
  work: () => Promise<T>,
  options: MachineLockOptions = {},
): Promise<T> {
  const file = path.join(options.folder ?? tmpdir(), `drillhouse-${name}.lock`);
  await take(file, report, options.maxWaitMs ?? MAX_WAIT_MS);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

async function take(file: string, report: (line: string) => void, maxWaitMs: number): Promise<void> {
  const deadline = Date.now() + maxWaitMs;
  for (let waited = false; !tryTake(file); waited = true) {
    const owner = ownerOf(file);
    if (owner !== undefined && !isAlive(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!waited) report(`waiting for process ${owner ?? '?'}, which is doing the same`);
    if (Date.now() >= deadline) throw new Error(`Process ${owner ?? '?'} still holds ${file}.`);
    await delay(POLL_MS);
  }
}

function tryTake(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined while its owner has made the file but not yet written it, or has just removed it. */
function ownerOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
