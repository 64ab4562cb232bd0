import { io, type Socket } from 'socket.io-client';
import type { z } from 'zod';
import type { Ack } from '../contract/events.ts';
import { errorBodySchema, type ErrorBody } from '../contract/errors.ts';
import { sessionSchema, type Session } from '../contract/session.ts';

export class RefusedError extends Error {
  readonly status: number;
  readonly error: ErrorBody['error'];
  readonly headers: Headers;

  constructor(status: number, error: ErrorBody['error'], headers: Headers) {
    super(`${status} ${error.code}: ${error.message}`);
    this.status = status;
    this.error = error;
    this.headers = headers;
  }
}

/** A browser as far as tests need one: keeps cookies, sends the forgery token, checks every answer against the contract. */
export class Client {
  readonly url: string;
  readonly cookies = new Map<string, string>();
  csrfToken = '';

  constructor(url: string) {
    this.url = url;
  }

  async session(): Promise<Session> {
    const session = await this.call('GET', '/api/session', sessionSchema);
    this.csrfToken = session.csrfToken;
    return session;
  }

  async signIn(email: string, password: string): Promise<Session> {
    await this.session();
    return this.#signedIn(await this.call('POST', '/api/session', sessionSchema, { email, password }));
  }

  /** `path` as printed: `/welcome/<token>`. */
  async acceptLink(path: string, body: object = {}): Promise<Session> {
    await this.session();
    return this.#signedIn(await this.call('POST', path.replace('/welcome/', '/api/links/'), sessionSchema, body));
  }

  async call<T>(method: string, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    const response = await this.fetch(method, path, body);
    if (!response.ok) throw new RefusedError(response.status, errorBodySchema.parse(await response.json()).error, response.headers);
    return schema.parse(response.status === 204 ? undefined : await response.json());
  }

  /** The error of a call that must be refused. */
  async refused(method: string, path: string, body?: unknown): Promise<RefusedError> {
    const response = await this.fetch(method, path, body);
    if (response.ok) throw new Error(`${method} ${path} was not refused.`);
    return new RefusedError(response.status, errorBodySchema.parse(await response.json()).error, response.headers);
  }

  async fetch(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        cookie: this.cookieHeader(),
        ...(method === 'GET' || method === 'HEAD' ? {} : { origin: this.url, 'x-csrf-token': this.csrfToken }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** A connected socket; rejects with what the server said. */
  async socket(overrides: { origin?: string; csrfToken?: string } = {}): Promise<Socket> {
    const socket = io(this.url, {
      path: '/socket',
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { csrfToken: overrides.csrfToken ?? this.csrfToken },
      extraHeaders: { cookie: this.cookieHeader(), origin: overrides.origin ?? this.url },
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', (error) => {
        socket.close();
        reject(error);
      });
    });
    return socket;
  }

  #signedIn(session: Session): Session {
    this.csrfToken = session.csrfToken;
    return session;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split('=');
    const expires = attributes.find((attribute) => attribute.startsWith('Expires='))?.slice('Expires='.length);
    // A server under test may live at any time, so only the beginning of time says that a cookie is taken back.
    if (expires !== undefined && Date.parse(expires) === 0) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** Sends an event and waits for its acknowledgement; throws what was refused. */
export async function ask<T>(socket: Socket, event: string, input: unknown): Promise<T> {
  const ack = (await socket.timeout(10_000).emitWithAck(event, input)) as Ack<T>;
  if (!ack.ok) throw new Error(`${ack.error.code}: ${ack.error.message}`);
  return ack.data;
}
