import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { claimAddress, rangesFrom } from './address-blocks.ts';

/** Any port does, as long as all supervisors on a host use the same; below the ephemeral range, where nothing lands by chance. */
const CLAIM_PORT = 7127;

/**
 * The `127.x/16` ranges that this process holds. A claim is a listener on an address of the range, so it ends with the process and
 * needs neither a lock file nor a folder that all users of a host share.
 */
export class RangeClaims implements AsyncDisposable {
  readonly #seed: string;
  readonly #servers = new Map<number, Server>();

  constructor(seed: string) {
    this.#seed = seed;
  }

  get ranges(): readonly number[] {
    return [...this.#servers.keys()];
  }

  /** @returns whether the range is ours now. */
  async claim(range: number): Promise<boolean> {
    if (this.#servers.has(range)) return true;
    const server = createServer((socket) => socket.destroy());
    server.listen({ host: claimAddress(range), port: CLAIM_PORT });
    try {
      await once(server, 'listening');
    } catch {
      return false;
    }
    this.#servers.set(range, server);
    return true;
  }

  /** Claims one more range, whichever is free; undefined when none is. */
  async claimAnother(): Promise<number | undefined> {
    for (const range of rangesFrom(this.#seed)) if (!this.#servers.has(range) && (await this.claim(range))) return range;
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = [...this.#servers.values()].map((server) => new Promise((resolve) => server.close(resolve)));
    this.#servers.clear();
    await Promise.all(closing);
  }
}
