import { fork } from 'node:child_process';
import path from 'node:path';
import type { OutsideOrder } from './outside-main.ts';

/** A cluster that stands for a company's own, in a process of its own: it outlives any server that is killed, and goes with whoever started it. */
export interface OutsideProgram extends AsyncDisposable {
  readonly pid: number;
  /** For KUBERNETES_CLUSTERS: the published rights and no others. */
  readonly clustersFile: string;
}

export async function startOutside(order: OutsideOrder): Promise<OutsideProgram> {
  const child = fork(path.join(import.meta.dirname, 'outside-main.ts'), {
    execArgv: ['--import', 'tsx'],
    // Whoever leads the group gets the terminal's Ctrl-C alone; this one ends when its parent lets go of it.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const clustersFile = await new Promise<string>((resolve, reject) => {
    child.once('message', ({ clustersFile: file, error }: { readonly clustersFile?: string; readonly error?: string }) =>
      file === undefined ? reject(new Error(error ?? 'the outside cluster said nothing')) : resolve(file),
    );
    child.once('exit', (code) => reject(new Error(`the outside cluster ended with ${code ?? 'a signal'}`)));
    child.send(order);
  });
  return {
    pid: child.pid ?? -1,
    clustersFile,
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await ended;
    },
  };
}
