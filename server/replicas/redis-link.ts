import { createClient, type RedisClientType } from '@redis/client';
import { messageOf } from '../app-error.ts';
import type { Logger } from '../log.ts';

export type RedisConnection = RedisClientType<Record<string, never>, Record<string, never>, Record<string, never>, 2>;

/** Redis cannot be reached at the start. The message says what to do. */
export class RedisError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RedisError';
  }
}

const CONNECT_TIMEOUT_MS = 3_000;
const RECONNECT_AFTER_MS = [50, 100, 250, 500, 1_000] as const;
/** What may wait to be sent; past it messages are dropped, as the bus says. */
const MAX_QUEUED = 20_000;

/** One connection that comes back by itself for as long as it takes. What is sent while it is gone fails at once. Connects when `connect` is called. */
function createConnection(url: string, onError: (error: Error) => void): RedisConnection {
  const client = createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (retries) => RECONNECT_AFTER_MS[Math.min(retries, RECONNECT_AFTER_MS.length - 1)] ?? 1_000,
    },
  });
  // Without a listener an error would end the process.
  client.on('error', onError);
  return client as RedisConnection;
}

export interface RedisLinkOptions {
  readonly url: string;
  readonly log: Logger;
  /** How long Redis may be silent before it counts as gone, at the start as well. */
  readonly patienceMs: number;
}

/**
 * The two connections of a replica: one sends messages and runs scripts, in order; the other hears. A connection over which nothing comes back is replaced, because
 * a network that loses everything breaks none.
 */
export class RedisLink implements Disposable {
  readonly sender: RedisConnection;
  readonly hearer: RedisConnection;
  readonly #patienceMs: number;
  readonly #ready = new Set<() => void>();
  readonly #replacedMs = new Map<RedisConnection, number>();
  #lastError = '';
  #closed = false;

  private constructor({ url, patienceMs }: RedisLinkOptions) {
    this.#patienceMs = patienceMs;
    const noteError = (error: Error): void => void (this.#lastError = messageOf(error));
    this.sender = createConnection(url, noteError);
    this.hearer = createConnection(url, noteError);
  }

  /** Throws RedisError when Redis does not answer in time. */
  static async open(options: RedisLinkOptions): Promise<RedisLink> {
    const link = new RedisLink(options);
    try {
      await within(Promise.all([link.sender.connect(), link.hearer.connect()]), options.patienceMs);
    } catch (error) {
      link[Symbol.dispose]();
      throw new RedisError(
        `Redis cannot be reached (${link.#lastError === '' ? messageOf(error) : link.#lastError}). Check REDIS_URL, and that Redis runs and lets this server in.`,
        { cause: error },
      );
    }
    for (const connection of [link.sender, link.hearer]) connection.on('ready', () => link.#tellReady());
    return link;
  }

  /** The last thing that went wrong, for people. */
  get lastError(): string {
    return this.#lastError;
  }

  /** Throws when there is no answer in time; it may have been run nevertheless. */
  run(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return within(this.sender.eval(script, { keys: [...keys], arguments: [...args] }), this.#patienceMs);
  }

  /** Called when a connection is back: what was sent to or by this replica meanwhile was lost. */
  onReady(listener: () => void): Disposable {
    this.#ready.add(listener);
    return { [Symbol.dispose]: () => void this.#ready.delete(listener) };
  }

  /** Begins anew with a connection over which nothing comes back; one that was replaced just now is given time. */
  replace(connection: RedisConnection): void {
    const nowMs = performance.now();
    if (this.#closed || nowMs - (this.#replacedMs.get(connection) ?? -Infinity) < this.#patienceMs * 2) return;
    this.#replacedMs.set(connection, nowMs);
    if (connection.isOpen) connection.destroy();
    connection.connect().catch((error: unknown) => void (this.#lastError = messageOf(error)));
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const connection of [this.sender, this.hearer]) if (connection.isOpen) connection.destroy();
  }

  #tellReady(): void {
    for (const listener of this.#ready) listener();
  }
}

/** Rejects when the promise does not settle in time; what it does then is nobody's concern. */
function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  promise.catch(() => undefined);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`There was no answer within ${timeoutMs} ms.`)), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
