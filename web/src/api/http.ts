import { sessionSchema, type Session } from '../../../server/contract/session.ts';
import { type z } from 'zod';
import { ApiError, fromRefusal } from './api-error.ts';
import { noteServerTime } from './server-clock.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Longer than any answer the server gives at once; long work is reported over the socket and never by a hanging request. */
const REQUEST_TIMEOUT_MS = 30_000;

let csrfToken: string | null = null;

/** Every answer that is a session carries the token for what follows. */
export function rememberSession(session: Session): Session {
  csrfToken = session.csrfToken;
  noteServerTime(session.serverTime);
  return session;
}

export function currentCsrfToken(): string | null {
  return csrfToken;
}

export async function fetchSession(signal?: AbortSignal): Promise<Session> {
  return rememberSession(await requestJson('GET', '/api/session', sessionSchema, { signal }));
}

interface RequestOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One request, its answer parsed by the contract's schema.
 * @throws ApiError always of this kind, whatever went wrong; aborts are thrown through as they are.
 */
export async function requestJson<T>(method: Method, path: string, schema: z.ZodType<T>, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  const parsed = schema.safeParse(await readJson(response));
  if (!parsed.success) {
    throw new ApiError('UnexpectedAnswer', `The server's answer to ${method} ${path} is not what this page understands.`, {
      remedy: 'Reload the page; it may be older than the server.',
      cause: parsed.error,
    });
  }
  return parsed.data;
}

/** A request whose success says all. */
export async function requestNothing(method: Method, path: string, options: RequestOptions = {}): Promise<void> {
  await send(method, path, options);
}

async function send(method: Method, path: string, options: RequestOptions): Promise<Response> {
  try {
    return await sendOnce(method, path, options);
  } catch (error) {
    // The token is bound to the session; a restarted or rotated one needs a new token, once.
    if (!(error instanceof ApiError) || error.code !== 'CsrfTokenMissing') throw error;
    await fetchSession(options.signal);
    return await sendOnce(method, path, options);
  }
}

async function sendOnce(method: Method, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && csrfToken !== null) headers['x-csrf-token'] = csrfToken;
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw new ApiError('Unreachable', timeout.aborted ? 'The server takes too long to answer.' : 'The server cannot be reached.', {
      cause: error,
    });
  }
  if (response.ok) return response;
  throw fromRefusal(response.status, await readJson(response));
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}
