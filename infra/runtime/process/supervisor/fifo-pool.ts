import { execFile } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BATCH = 32;

/** One direction between us and a child: our end as a stream, the child's as a descriptor to pass on and then {@link release}. */
export interface Channel {
  readonly stream: Socket;
  readonly childFd: number;
  /** Where a child may open its end by itself until the channel is released. */
  readonly path: string;
}

/** Closes our copy of the child's end. From then on the pipe has no name, and its descriptors are all there is of it. */
export function release(channel: Channel): void {
  closeSync(channel.childFd);
  rmSync(channel.path, { force: true });
}

/**
 * Real pipes for children. Node itself gives them socket pairs, on which `echo x > /dev/stderr` and `cat /dev/stdin` fail with ENXIO
 * because a socket cannot be opened a second time; Node cannot make a pipe, so named ones are made by mkfifo, many at a time.
 */
export class FifoPool {
  readonly #folder: string;
  readonly #mkfifo: string;
  #ready: string[] = [];
  #made = 0;
  #refilling: Promise<void> | undefined;

  constructor(folder: string, mkfifo: string) {
    this.#folder = folder;
    this.#mkfifo = mkfifo;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** For what a child writes. */
  async fromChild(): Promise<Channel> {
    const path = await this.#take();
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { path, childFd: openSync(path, constants.O_WRONLY), stream: new Socket({ fd: reader, readable: true, writable: false }) };
  }

  /** For what a child reads. */
  async toChild(): Promise<Channel> {
    const path = await this.#take();
    // A writer opens at once only while somebody reads; the child's own end must be a blocking one.
    const opener = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    const childFd = openSync(path, constants.O_RDONLY);
    closeSync(opener);
    return { path, childFd, stream: new Socket({ fd: writer, readable: false, writable: true }) };
  }

  async #take(): Promise<string> {
    while (this.#ready.length === 0) await this.#refill();
    if (this.#ready.length < BATCH / 2) void this.#refill().catch(() => undefined);
    return this.#ready.pop() ?? this.#take();
  }

  #refill(): Promise<void> {
    this.#refilling ??= this.#makeBatch().finally(() => (this.#refilling = undefined));
    return this.#refilling;
  }

  async #makeBatch(): Promise<void> {
    const files = Array.from({ length: BATCH }, () => path.join(this.#folder, String(++this.#made)));
    // Open to all: a container's own user opens /dev/stdout again. The folder around them is closed.
    await run(this.#mkfifo, ['-m', '666', ...files]);
    this.#ready.push(...files);
  }
}
