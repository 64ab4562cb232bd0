import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a shell may take to leave after its terminal hung up. */
const HANGUP_GRACE_MS = 500;
/** The kernel needs a moment after SIGKILL, longer on a busy machine. */
const KILL_TIMEOUT_MS = 2_000;
const POLL_MS = 20;

/**
 * Ends a process that exec started, with all its descendants: the engine has no call for it, so that it is done on the process itself.
 * That needs an engine on this machine and rights over its processes; elsewhere the process lives on until its input or output
 * fails it or the container ends.
 */
export async function endProcess(containerId: string, pid: number): Promise<void> {
  if (pid <= 0 || !(await belongsTo(pid, containerId))) return;
  const tree = await descendants([pid]);
  signalAll(tree, 'SIGHUP');
  await allGone(tree, HANGUP_GRACE_MS);
  // What is left may have started more meanwhile.
  const rest: number[] = [];
  for (const survivor of await descendants(tree.filter(isAlive))) if (await belongsTo(survivor, containerId)) rest.push(survivor);
  signalAll(rest, 'SIGKILL');
  await allGone(rest, KILL_TIMEOUT_MS);
}

async function allGone(tree: readonly number[], withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline && tree.some(isAlive)) await delay(POLL_MS);
}

/** Guards against a process id of another machine, and against one that was given to somebody else meanwhile. */
async function belongsTo(pid: number, containerId: string): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/cgroup`, 'utf8')).includes(containerId);
  } catch {
    return false;
  }
}

async function descendants(roots: readonly number[]): Promise<readonly number[]> {
  const found = [...roots];
  for (const pid of found) {
    for (const child of await childrenOf(pid)) if (!found.includes(child)) found.push(child);
  }
  return found;
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  try {
    const threads = await readdir(`/proc/${pid}/task`);
    const lists = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8')));
    return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  } catch {
    return [];
  }
}

function signalAll(pids: readonly number[], signal: 'SIGHUP' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended on its own in between.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
