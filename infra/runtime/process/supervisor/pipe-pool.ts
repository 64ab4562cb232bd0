import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, fchownSync, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { SpawnError } from './running-process.ts';

/** One direction between us and a child: our end as a stream, the child's as a descriptor to pass on and then {@link release}. */
export interface Channel {
  readonly stream: Socket;
  readonly childFd: number;
  /** Where a child may open its end by itself until the channel is released. */
  readonly path: string;
}

/** Closes our copy of the child's end. */
export function release(channel: Channel): void {
  closeSync(channel.childFd);
}

/**
 * Shells make a pipe for every here-document, which is then held by nothing but a descriptor. Their small digits allow seven at a time.
 * bash before 5.1 uses files instead, so there is a second way to say it that costs two forks a pipe.
 */
export const pipeScripts = {
  hereDocuments: `{ echo $$; read done; } 3<<E 4<<E 5<<E 6<<E 7<<E 8<<E 9<<E\n${'E\n'.repeat(7)}`,
  pipelines: `exec 9<&0; ${[3, 4, 5, 6, 7, 8].map((fd) => `: | { exec ${fd}<&0; `).join('')} sh -c 'echo $PPID'; read done <&9${'; }'.repeat(6)}`,
} as const;
const pipeCounts: Readonly<Record<keyof typeof pipeScripts, number>> = { hereDocuments: 7, pipelines: 6 };
const FIRST_FD = 3;

/**
 * Real pipes for children. Node itself gives them socket pairs, on which `echo x > /dev/stderr` and `cat /dev/stdin` fail with ENXIO
 * because a socket cannot be opened a second time. Node cannot make a pipe, so a shell makes some, and both ends are opened through its
 * /proc. Named pipes would not do: to open one for reading after its writer has gone waits for ever.
 */
export class PipePool implements Disposable {
  #way: keyof typeof pipeScripts;
  /** Reading ends, which keep their pipes alive until they are used. */
  #ready: number[] = [];
  #refilling: Promise<void> | undefined;

  constructor(way: keyof typeof pipeScripts = 'hereDocuments') {
    this.#way = way;
  }

  /** For what a child writes. `owner` may open its end again, as programs do with /dev/stdout. */
  async fromChild(owner?: { readonly uid: number; readonly gid: number }): Promise<Channel> {
    const holder = await this.#take(owner);
    const reader = reopen(holder, constants.O_RDONLY | constants.O_NONBLOCK);
    const childFd = reopen(holder, constants.O_WRONLY);
    closeSync(holder);
    return channel(new Socket({ fd: reader, readable: true, writable: false }), childFd);
  }

  /** For what a child reads. */
  async toChild(owner?: { readonly uid: number; readonly gid: number }): Promise<Channel> {
    const holder = await this.#take(owner);
    const writer = reopen(holder, constants.O_WRONLY | constants.O_NONBLOCK);
    const childFd = reopen(holder, constants.O_RDONLY);
    closeSync(holder);
    return channel(new Socket({ fd: writer, readable: false, writable: true }), childFd);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#ready.splice(0)) closeSync(fd);
  }

  async #take(owner: { readonly uid: number; readonly gid: number } | undefined): Promise<number> {
    while (this.#ready.length === 0) await this.#refill();
    if (this.#ready.length < pipeCounts[this.#way]) void this.#refill().catch(() => undefined);
    const fd = this.#ready.pop();
    if (fd === undefined) return this.#take(owner);
    if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
    return fd;
  }

  #refill(): Promise<void> {
    this.#refilling ??= this.#makeBatch().finally(() => (this.#refilling = undefined));
    return this.#refilling;
  }

  async #makeBatch(): Promise<void> {
    const made = await this.#make();
    if (made.every((fd) => fstatSync(fd).isFIFO())) {
      this.#ready.push(...made);
      return;
    }
    for (const fd of made) closeSync(fd);
    if (this.#way === 'pipelines') throw new SpawnError('/bin/sh makes no pipes.');
    this.#way = 'pipelines';
    return this.#makeBatch();
  }

  async #make(): Promise<number[]> {
    const shell = spawn('/bin/sh', ['-c', pipeScripts[this.#way]], { stdio: ['pipe', 'pipe', 'ignore'], env: {} });
    shell.stdin.on('error', () => undefined);
    const failed = once(shell, 'exit').then(([code]) => {
      throw new SpawnError(`/bin/sh could not make pipes (exit code ${String(code)}).`);
    });
    failed.catch(() => undefined);
    const [said] = (await Promise.race([once(shell.stdout, 'data'), failed])) as [Buffer];
    const pid = Number(said.toString('latin1').trim());
    try {
      return Array.from({ length: pipeCounts[this.#way] }, (_, at) =>
        openSync(`/proc/${pid}/fd/${FIRST_FD + at}`, constants.O_RDONLY | constants.O_NONBLOCK),
      );
    } finally {
      shell.stdin.end('\n');
      shell.stdout.resume();
    }
  }
}

/** A second description of the same pipe: each end has its own flags. */
function reopen(fd: number, flags: number): number {
  return openSync(`/proc/self/fd/${fd}`, flags);
}

function channel(stream: Socket, childFd: number): Channel {
  return { stream, childFd, path: `/proc/${process.pid}/fd/${childFd}` };
}
