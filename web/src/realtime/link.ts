import { z } from 'zod';
import { io, type Socket } from 'socket.io-client';
import { errorBodySchema } from '../../../server/contract/errors.ts';
import { serverLeavingSchema } from '../../../server/contract/events.ts';
import { ApiError, fromErrorBody } from '../api/api-error.ts';
import { currentCsrfToken, fetchSession } from '../api/http.ts';
import { doubtSession } from '../api/session-doubt.ts';
import { planRetryMs } from './retry-plan.ts';

/** How the page stands with the server's live channel. `retryAtMs` is by the reader's own clock. */
export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly reason: string; readonly retryAtMs: number };

const ACK_TIMEOUT_MS = 10_000;
const refusalSchema = z.object({ ok: z.literal(false), error: errorBodySchema.shape.error });
const connectRefusalSchema = z.object({ data: z.object({ error: errorBodySchema.shape.error }) });

type Listener = (...args: unknown[]) => void;

/**
 * The one socket of the page. It is opened by the first who needs it and kept until the page is left. It comes back by itself after any
 * loss; whoever subscribed to something on the server has to do so again in `onConnected`, since the server forgets with the connection.
 */
export class Link {
  readonly #socket: Socket;
  readonly #watchers = new Set<() => void>();
  #state: LinkState = { kind: 'connecting' };
  #failures = 0;
  /** The server ends, and others go on. */
  #leavingInMs: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    this.#socket = io({
      path: '/socket',
      transports: ['websocket'],
      withCredentials: true,
      autoConnect: false,
      // Ours, so that the wait can be shown.
      reconnection: false,
      auth: (give) => {
        give({ csrfToken: currentCsrfToken() ?? '' });
      },
    });
    this.#socket.on('connect', () => {
      this.#failures = 0;
      this.#become({ kind: 'connected' });
    });
    this.#socket.on('disconnect', (reason) => {
      const inMs = this.#leavingInMs;
      this.#leavingInMs = null;
      if (inMs !== null) this.#retryIn(inMs, 'The server is being replaced. The page goes on at another one.');
      else this.#scheduleRetry(reason === 'io server disconnect' ? 'The server closed the link.' : 'The link to the server was lost.');
    });
    // The server says so before it hangs up on a session that was ended elsewhere.
    this.#socket.on('session:ended', doubtSession);
    this.on('server:leaving', serverLeavingSchema, ({ inMs }) => {
      this.#leavingInMs = inMs;
    });
    this.#socket.on('connect_error', (error) => void this.#onConnectError(error));
    window.addEventListener('online', this.#retryNow);
    document.addEventListener('visibilitychange', this.#onVisible);
    this.#socket.connect();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** For `useSyncExternalStore`: called after every change of `state`. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  };

  /** Calls at once if connected, and again after every reconnection. */
  onConnected(action: () => void): () => void {
    if (this.#socket.connected) action();
    this.#socket.on('connect', action);
    return () => {
      this.#socket.off('connect', action);
    };
  }

  /** Events that are not what the contract says are dropped: an older page must not fall over a newer server. */
  on<T>(event: string, schema: z.ZodType<T>, handler: (value: T) => void): () => void {
    return this.onRaw(event, (payload) => {
      const parsed = schema.safeParse(payload);
      if (parsed.success) handler(parsed.data);
    });
  }

  /** Without a schema, for terminal bytes: thousands a second, checked by hand where they arrive. */
  onRaw(event: string, handler: (payload: unknown) => void): () => void {
    const listener: Listener = (payload) => {
      handler(payload);
    };
    this.#socket.on(event, listener);
    return () => {
      this.#socket.off(event, listener);
    };
  }

  /** @throws ApiError the server's refusal, or `Unreachable` if it does not answer in ten seconds */
  async call<T>(event: string, payload: object, schema: z.ZodType<T>): Promise<T> {
    let answer: unknown;
    try {
      answer = await this.#socket.timeout(ACK_TIMEOUT_MS).emitWithAck(event, payload);
    } catch (error) {
      throw new ApiError('Unreachable', 'The server did not answer in time.', { cause: error });
    }
    const refusal = refusalSchema.safeParse(answer);
    if (refusal.success) throw fromErrorBody(refusal.data.error);
    const parsed = z.object({ ok: z.literal(true), data: schema }).safeParse(answer);
    if (!parsed.success)
      throw new ApiError('UnexpectedAnswer', `The server's answer to ${event} is not what this page understands.`, { cause: parsed.error });
    return parsed.data.data;
  }

  /** Without an answer. @returns false, and sends nothing, while the link is down: old keystrokes must not arrive later */
  tell(event: string, payload: object): boolean {
    if (!this.#socket.connected) return false;
    this.#socket.emit(event, payload);
    return true;
  }

  readonly #retryNow = (): void => {
    if (this.#socket.connected || this.#state.kind !== 'lost') return;
    this.#clearTimer();
    this.#become({ kind: 'connecting' });
    this.#socket.connect();
  };

  retryNow(): void {
    this.#retryNow();
  }

  readonly #onVisible = (): void => {
    // A laptop that wakes up should not wait for a timer that slept with it.
    if (document.visibilityState === 'visible') this.#retryNow();
  };

  async #onConnectError(error: Error): Promise<void> {
    const refusal = connectRefusalSchema.safeParse(error);
    if (refusal.success) {
      // The session may have been rotated or have ended; asking for it brings the new token, or the sign-in page.
      await fetchSession().catch(() => undefined);
      doubtSession();
      this.#scheduleRetry(refusal.data.data.error.message);
      return;
    }
    this.#scheduleRetry('The server cannot be reached.');
  }

  #scheduleRetry(reason: string): void {
    const waitMs = planRetryMs(this.#failures, Math.random());
    this.#failures += 1;
    this.#retryIn(waitMs, reason);
  }

  #retryIn(waitMs: number, reason: string): void {
    this.#clearTimer();
    this.#timer = setTimeout(this.#retryNow, waitMs);
    this.#become({ kind: 'lost', reason, retryAtMs: Date.now() + waitMs });
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #become(state: LinkState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

let link: Link | null = null;

/** Lives as long as the page: signing out loads the page anew. */
export function getLink(): Link {
  link ??= new Link();
  return link;
}
