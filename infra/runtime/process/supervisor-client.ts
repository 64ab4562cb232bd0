import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { RuntimeError } from '../runtime.ts';
import { LineReader } from './lines.ts';
import { launchSupervisor } from './supervisor-launch.ts';
import type { CallName, Calls, Opening, SupervisorConfig, WireError, WireMessage } from './wire.ts';

export type SupervisorEvent =
  Extract<WireMessage, { event: string }> | { readonly event: 'lost'; readonly reason: string } | { readonly event: 'back' };

interface PendingCall {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

const FIRST_RETRY_MS = 100;
const SLOWEST_RETRY_MS = 5_000;
const CALL_TIMEOUT_MS = 60_000;
/** Longer delays overflow Node's timer and would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;
/** A supervisor of another build gets this long to end its containers. */
const REPLACE_TIMEOUT_MS = 30_000;

/**
 * The line to the supervisor: finds the one that runs, replaces one of another build, starts one where there is none, and again when it
 * is lost. Calls made while it is lost are refused, not queued: the caller's loop retries.
 */
export class SupervisorClient implements AsyncDisposable {
  readonly #config: SupervisorConfig;
  readonly #pending = new Map<number, PendingCall>();
  readonly #listeners = new Set<(event: SupervisorEvent) => void>();
  readonly #closing = new AbortController();
  /** Done with a new supervisor before anybody else speaks to it. */
  readonly #restore: (client: SupervisorClient) => Promise<void>;
  #control: Socket | undefined;
  #calls = 0;
  #established = false;

  private constructor(config: SupervisorConfig, restore: (client: SupervisorClient) => Promise<void>) {
    this.#config = config;
    this.#restore = restore;
  }

  static async open(config: SupervisorConfig, restore: (client: SupervisorClient) => Promise<void>): Promise<SupervisorClient> {
    const client = new SupervisorClient(config, restore);
    await client.#establish();
    client.#established = true;
    return client;
  }

  subscribe(listener: (event: SupervisorEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  call<N extends CallName>(name: N, params: Calls[N]['params']): Promise<Calls[N]['result']> {
    const control = this.#control;
    if (control === undefined)
      return Promise.reject(new RuntimeError('EngineUnreachable', 'The supervisor of local processes is not there.'));
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(call);
        reject(new RuntimeError('EngineUnreachable', `The supervisor of local processes did not answer ${name} in time.`));
      }, callTimeoutMs(params));
      timer.unref();
      this.#pending.set(call, {
        resolve: (result) => {
          clearTimeout(timer);
          resolve(result as Calls[N]['result']);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      control.write(`${JSON.stringify({ call, name, params })}\n`);
    });
  }

  /** Opens a connection of its own for a stream. The first frame of the answer tells whether it could be had. */
  async openStream(opening: Opening): Promise<Socket> {
    const socket = await connectTo(this.#config.socketPath);
    socket.write(`${JSON.stringify(opening)}\n`);
    return socket;
  }

  /** Lets go of the supervisor; what it runs goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    const control = this.#control;
    this.#control = undefined;
    control?.destroy();
    this.#rejectPending('The runtime was closed.');
  }

  async #establish(): Promise<void> {
    const running = await connectTo(this.#config.socketPath).catch(() => undefined);
    if (running !== undefined) {
      this.#use(running);
      const found = await this.call('hello', {}).catch(() => undefined);
      if (found?.buildId === this.#config.buildId) return;
      if (found !== undefined) await this.#replace(running);
    }
    await launchSupervisor(this.#config);
    this.#use(await connectTo(this.#config.socketPath));
  }

  async #replace(socket: Socket): Promise<void> {
    socket.removeAllListeners('close');
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    void this.call('shutdown', {}).catch(() => undefined);
    await Promise.race([gone, delay(REPLACE_TIMEOUT_MS, undefined, { ref: false })]);
    this.#control = undefined;
    this.#rejectPending('The supervisor was replaced.');
    socket.destroy();
  }

  #use(socket: Socket): void {
    this.#control = socket;
    const lines = new LineReader((line) => {
      this.#receive(JSON.parse(line) as WireMessage);
      return true;
    });
    socket.on('data', (chunk: Buffer) => void lines.push(chunk));
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (this.#control !== socket) return;
      this.#control = undefined;
      this.#rejectPending('The supervisor of local processes ended.');
      // One that ends while it is being found fails that attempt, and the next one follows.
      if (this.#established) void this.#recover();
    });
    socket.write(`${JSON.stringify({ stream: 'control' } satisfies Opening)}\n`);
  }

  #receive(message: WireMessage): void {
    if ('event' in message) {
      this.#tell(message);
      return;
    }
    const pending = this.#pending.get(message.call);
    this.#pending.delete(message.call);
    if ('error' in message) pending?.reject(toRuntimeError(message.error));
    else pending?.resolve(message.result);
  }

  async #recover(): Promise<void> {
    const { signal } = this.#closing;
    if (isAborted(signal)) return;
    this.#established = false;
    this.#tell({ event: 'lost', reason: 'The supervisor of local processes ended, and its containers with it.' });
    for (let delayMs = FIRST_RETRY_MS; !isAborted(signal); delayMs = Math.min(delayMs * 2, SLOWEST_RETRY_MS)) {
      try {
        await this.#establish();
        await this.#restore(this);
        this.#established = true;
        this.#tell({ event: 'back' });
        return;
      } catch {
        await delay(delayMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  #tell(event: SupervisorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #rejectPending(message: string): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new RuntimeError('EngineUnreachable', message));
  }
}

/** A stop takes as long as the container is given. */
function callTimeoutMs(params: object): number {
  const graceSeconds = 'graceSeconds' in params && typeof params.graceSeconds === 'number' ? params.graceSeconds : 0;
  return Math.min(CALL_TIMEOUT_MS + graceSeconds * 1000, MAX_TIMER_MS);
}

function connectTo(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

export function toRuntimeError({ code, message }: WireError): RuntimeError {
  return new RuntimeError(isRuntimeCode(code) ? code : 'EngineFailed', message);
}

const runtimeCodes: Readonly<Record<RuntimeError['code'], true>> = {
  EngineUnreachable: true,
  EngineFailed: true,
  UnknownContainer: true,
  UnknownPod: true,
  AddressSpaceExhausted: true,
  InvalidRequest: true,
};

function isRuntimeCode(code: string): code is RuntimeError['code'] {
  return Object.hasOwn(runtimeCodes, code);
}

/** A call rather than a property, because the compiler would take a second look at `signal.aborted` for settled. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
