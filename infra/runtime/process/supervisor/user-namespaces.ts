import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { once } from 'node:events';
import { SpawnError } from './running-process.ts';

/** Paths under which processes of the same user can open the namespaces, for as long as the supervisor lives. */
export interface UserNamespacePair {
  /** Where this account is root: owns the other namespaces of its containers. */
  readonly outer: string;
  /** Inside it, where this account is the container's user. */
  readonly inner: string;
}

/**
 * The user namespaces of an ordinary user's containers. bubblewrap would make its own two for each container, but then nobody outside
 * has the first, and without it none can enter the container later. These are made once, one pair a user id, and held open here.
 */
export class UserNamespaces {
  readonly #unshare: string;
  readonly #nsenter: string;
  readonly #inner = new Map<string, Promise<string>>();
  #outer: Promise<string> | undefined;

  constructor(tools: { readonly unshare: string; readonly nsenter: string }) {
    this.#unshare = tools.unshare;
    this.#nsenter = tools.nsenter;
  }

  async forUser(uid: number, gid: number): Promise<UserNamespacePair> {
    this.#outer ??= hold([this.#unshare, '--user', '--map-root-user']);
    const outer = await this.#outer;
    const key = `${uid}:${gid}`;
    const inner = this.#inner.get(key) ?? this.#makeInner(outer, uid, gid);
    this.#inner.set(key, inner);
    return { outer, inner: await inner };
  }

  #makeInner(outer: string, uid: number, gid: number): Promise<string> {
    const enter = [this.#nsenter, `--user=${outer}`, '--preserve-credentials', '--'];
    return hold([...enter, this.#unshare, '--user', `--map-user=${uid}`, `--map-group=${gid}`]);
  }
}

/** Opens the user namespace that a launcher makes, while a `cat` in it waits, and lets the process go. */
async function hold(launcher: readonly string[]): Promise<string> {
  const [file = '', ...args] = launcher;
  const child = spawn(file, [...args, '--', '/bin/cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  child.stdin.on('error', () => undefined);
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new SpawnError(`${launcher[0] ?? ''} could not make a user namespace (exit code ${code ?? 'of a signal'}).`)),
    );
  });
  failed.catch(() => undefined);
  child.stdin.write('.');
  await Promise.race([once(child.stdout, 'data'), failed]);
  const fd = openSync(`/proc/${child.pid ?? 0}/ns/user`, 'r');
  child.stdin.end();
  return `/proc/${process.pid}/fd/${fd}`;
}
