import { io, type Socket } from 'socket.io-client';
import { attemptSchema, resultSchema, type AttemptView, type Result } from '../../server/contract/attempts.ts';
import type { Ack } from '../../server/contract/events.ts';
import { sessionSchema } from '../../server/contract/session.ts';

/** One signed-in person speaking to a real server over HTTP and socket.io, as the pages do. */
export class ServerClient {
  readonly url: string;
  readonly #address: string | undefined;
  /** What the pages were loaded from, which is not `url` where a server is asked past the proxy in front of it. */
  readonly #origin: string;
  #cookie = '';
  #csrfToken = '';

  /** @param address whom a server that trusts a proxy takes this client for; absent: the connection's own */
  constructor(url: string, address?: string, origin = url) {
    this.url = url;
    this.#address = address;
    this.#origin = origin;
  }

  /** The same person with the same session, asking another server of the same installation. */
  through(url: string): ServerClient {
    const client = new ServerClient(url, this.#address, this.#origin);
    client.#cookie = this.#cookie;
    client.#csrfToken = this.#csrfToken;
    return client;
  }

  static async signIn(
    url: string,
    { email, password, address }: { readonly email: string; readonly password: string; readonly address?: string },
  ): Promise<ServerClient> {
    const client = new ServerClient(url, address);
    await client.refreshSession();
    const session = sessionSchema.parse(await client.request('POST', '/api/session', { email, password }));
    client.#csrfToken = session.csrfToken;
    return client;
  }

  /** Uses a one-time link up, setting a password where it asks for one. */
  static async fromLink(link: string, details: { readonly name?: string; readonly password?: string } = {}): Promise<ServerClient> {
    const { origin, pathname } = new URL(link);
    const client = new ServerClient(origin);
    await client.refreshSession();
    const token = pathname.split('/').at(-1) ?? '';
    const session = sessionSchema.parse(await client.request('POST', `/api/links/${token}`, details));
    client.#csrfToken = session.csrfToken;
    return client;
  }

  async refreshSession(): Promise<void> {
    this.#csrfToken = sessionSchema.parse(await this.request('GET', '/api/session')).csrfToken;
  }

  /** Answers the parsed body; a refusal is thrown with the server's own words. */
  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        cookie: this.#cookie,
        origin: this.#origin,
        'x-csrf-token': this.#csrfToken,
        ...this.#forwarded,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    this.#keepCookies(answer);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
    return answer.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text;
  }

  async startAttempt(lab: string, mode: 'guided' | 'incident', fault?: string): Promise<AttemptView> {
    return attemptSchema.parse(await this.request('POST', '/api/attempts', { lab, mode, ...(fault === undefined ? {} : { fault }) }));
  }

  async attempt(id: string): Promise<AttemptView> {
    return attemptSchema.parse(await this.request('GET', `/api/attempts/${id}`));
  }

  async result(id: string): Promise<Result> {
    return resultSchema.parse(await this.request('GET', `/api/attempts/${id}/result`));
  }

  /** Asks until the attempt is as wanted. */
  async waitForAttempt(id: string, wanted: (attempt: AttemptView) => boolean, timeoutMs: number): Promise<AttemptView> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const attempt = await this.attempt(id);
      if (wanted(attempt)) return attempt;
      if (Date.now() > until)
        throw new Error(
          `the attempt stays ${attempt.state}: ${JSON.stringify({ trouble: attempt.trouble, progress: attempt.progress.slice(-4) })}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  connect(): Promise<Socket> {
    const socket = io(this.url, {
      path: '/socket',
      transports: ['websocket'],
      extraHeaders: { cookie: this.#cookie, origin: this.#origin, ...this.#forwarded },
      auth: { csrfToken: this.#csrfToken },
      forceNew: true,
    });
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(socket));
      socket.once('connect_error', reject);
    });
  }

  get #forwarded(): Record<string, string> {
    return this.#address === undefined ? {} : { 'x-forwarded-for': this.#address };
  }

  #keepCookies(answer: Response): void {
    const jar = new Map(
      this.#cookie
        .split('; ')
        .filter(Boolean)
        .map((pair) => [pair.split('=')[0] ?? '', pair]),
    );
    for (const cookie of answer.headers.getSetCookie()) {
      const pair = cookie.split(';')[0] ?? '';
      jar.set(pair.split('=')[0] ?? '', pair);
    }
    this.#cookie = [...jar.values()].join('; ');
  }
}

/** Emits an event and answers its acknowledgement's data; a refusal is thrown. */
export async function emit<T>(socket: Socket, event: string, payload: unknown): Promise<T> {
  const ack = (await socket.timeout(15_000).emitWithAck(event, payload)) as Ack<T>;
  if (!ack.ok) throw new Error(`${event}: ${ack.error.code} ${ack.error.message}`);
  return ack.data;
}
