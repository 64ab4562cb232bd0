import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import type { Isolation } from '../wire.ts';
import { CONTAINER_ROOT_ID, type UserAndGroup, type UserNamespaces } from './container-program.ts';
import { SpawnError } from './running-process.ts';

/**
 * The user namespaces of containers, made once for all that are alike and held open here. bubblewrap would make two of its own for each
 * container of an ordinary user, but then nobody outside has the first, and without it none can enter the container later.
 */
export class UserNamespaceStore {
  readonly #isolation: Isolation;
  readonly #unshare: string;
  readonly #nsenter: string;
  readonly #made = new Map<string, Promise<string>>();

  constructor(isolation: Isolation, tools: { readonly unshare: string; readonly nsenter: string }) {
    this.#isolation = isolation;
    this.#unshare = tools.unshare;
    this.#nsenter = tools.nsenter;
  }

  /** Undefined for containers that need none: those that root starts for another user. */
  async forUser({ uid, gid }: UserAndGroup): Promise<UserNamespaces | undefined> {
    switch (this.#isolation) {
      case 'none':
        return undefined;
      case 'bubblewrap-root':
        if (uid !== 0) return undefined;
        return { kind: 'mapped-root', namespace: await this.#once('root', () => hold([this.#unshare, '--user'], mapContainerRoot)) };
      case 'bubblewrap-user': {
        const outer = await this.#once('outer', () => hold([this.#unshare, '--user', '--map-root-user']));
        const enter = [this.#nsenter, `--user=${outer}`, '--preserve-credentials', '--'];
        const launcher = [...enter, this.#unshare, '--user', `--map-user=${uid}`, `--map-group=${gid}`];
        return { kind: 'pair', outer, inner: await this.#once(`${uid}:${gid}`, () => hold(launcher)) };
      }
    }
  }

  #once(key: string, make: () => Promise<string>): Promise<string> {
    const made = this.#made.get(key) ?? make();
    this.#made.set(key, made);
    made.catch(() => this.#made.delete(key));
    return made;
  }
}

/** The one user of the namespace: its root. Only a privileged process of the parent namespace may map somebody else's id. */
function mapContainerRoot(pid: number): void {
  for (const file of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${file}`, `0 ${CONTAINER_ROOT_ID} 1\n`);
}

/** Opens the user namespace that a launcher makes, while a `cat` in it waits, and lets the process go. */
async function hold(launcher: readonly string[], prepare: (pid: number) => void = () => undefined): Promise<string> {
  const [file = '', ...args] = launcher;
  const child = spawn(file, [...args, '--', '/bin/cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write('.');
  await Promise.race([once(child.stdout, 'data'), failureOf(child, file)]);
  const pid = child.pid ?? 0;
  prepare(pid);
  const fd = openSync(`/proc/${pid}/ns/user`, 'r');
  child.stdin.end();
  return `/proc/${process.pid}/fd/${fd}`;
}

function failureOf(child: ChildProcess, file: string): Promise<never> {
  const failure = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new SpawnError(`${file} could not make a user namespace (exit code ${code ?? 'of a signal'}).`)));
  });
  // The same child ends in good order later on.
  failure.catch(() => undefined);
  return failure;
}
