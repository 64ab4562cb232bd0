import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { RuntimeError } from '../runtime.ts';

/** Where the engine answers. Nothing given means DOCKER_HOST, and without that the usual socket. */
export interface EngineAddress {
  readonly socketPath?: string;
}

/** Two clients of one engine: `calls` gives up on an engine that hangs, `streams` may stay silent for hours. */
export interface Engine {
  readonly calls: Docker;
  readonly streams: Docker;
}

/** Long enough for a start on a machine that is busy, short enough that an engine that hangs is told from a slow one. */
const CALL_TIMEOUT_MS = 60_000;

export function connectEngine(address: EngineAddress = {}): Engine {
  const options = address.socketPath === undefined ? {} : { socketPath: address.socketPath };
  return { calls: new Docker({ ...options, timeout: CALL_TIMEOUT_MS }), streams: new Docker(options) };
}

/** The HTTP status of dockerode's error, undefined when the engine did not answer at all. */
export function statusCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** The engine's own sentence, without dockerode's frame around it. */
export function engineMessage(error: unknown): string {
  const json = typeof error === 'object' && error !== null && 'json' in error ? error.json : undefined;
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') return json.message;
  return error instanceof Error ? error.message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim() : String(error);
}

/** A third party's error becomes ours here and nowhere else. `doing` completes "Docker failed while …". */
export function toRuntimeError(error: unknown, doing: string): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const status = statusCodeOf(error);
  if (status === undefined)
    return new RuntimeError('EngineUnreachable', `The Docker engine did not answer while ${doing}: ${engineMessage(error)}`, {
      cause: error,
    });
  if (status === 404)
    return new RuntimeError('UnknownContainer', `Unknown to the Docker engine while ${doing}: ${engineMessage(error)}`, { cause: error });
  if (status === 400)
    return new RuntimeError('InvalidRequest', `Refused by the Docker engine while ${doing}: ${engineMessage(error)}`, { cause: error });
  return new RuntimeError('EngineFailed', `The Docker engine failed while ${doing}: ${engineMessage(error)}`, { cause: error });
}

export async function translating<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toRuntimeError(error, doing);
  }
}

/** Runs a removal or a stop for which "already so" (304, 404, 409 while being removed) is success. */
export async function forgiving(doing: string, call: () => Promise<unknown>, alreadySo: readonly number[] = [304, 404]): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!alreadySo.includes(statusCodeOf(error) ?? 0)) throw toRuntimeError(error, doing);
  }
}

/** Opens a GET whose answer is bytes, not JSON: dockerode would read the whole and try to parse it. */
export function openStream(engine: Engine, path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Readable> {
  return new Promise((resolve, reject) => {
    // The modem fills in the query behind a path that ends in a question mark.
    const options = {
      path: `${path}?`,
      options: query,
      method: 'GET',
      isStream: true,
      abortSignal: signal,
      statusCodes: { 200: true, 400: 'bad parameter', 404: 'no such object', 500: 'server error' },
    };
    engine.streams.modem.dial(options, (error: unknown, stream: unknown) => {
      if (error !== null && error !== undefined) reject(toRuntimeError(error, `opening ${path}`));
      else resolve(stream as Readable);
    });
  });
}
