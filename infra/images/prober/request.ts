import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { z } from 'zod';
import { EventReader } from './event-reader.ts';
import type { probeRequestSchema, ProbeResult } from './protocol.ts';
import { tlsFacts } from './tls-facts.ts';

export type Probe = z.output<typeof probeRequestSchema>;
type Phase = Extract<ProbeResult, { kind: 'unanswered' }>['phase'];

const MAX_KEPT_BYTES = 65_536;

/** Makes one request on a connection of its own and tells what happened. Never throws; what `signal` ends has the code CANCELLED. */
export function makeRequest(probe: Probe, signal?: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => new Attempt(probe, resolve).start(signal));
}

class Attempt {
  readonly #probe: Probe;
  readonly #resolve: (result: ProbeResult) => void;
  readonly #startedAt = performance.now();
  #phase: Phase = 'resolve';
  #connectMs = 0;
  #tls: ReturnType<typeof tlsFacts> | undefined;
  #settled = false;

  constructor(probe: Probe, resolve: (result: ProbeResult) => void) {
    this.#probe = probe;
    this.#resolve = resolve;
  }

  start(signal?: AbortSignal): void {
    const { url, method, headers, body, tls, timeoutMs } = this.#probe;
    const isTls = url.startsWith('https:');
    const options: https.RequestOptions = { method, headers: { connection: 'close', ...headers }, agent: false };
    if (isTls) {
      // Without an authority to check against, the certificate is recorded, not judged.
      Object.assign(options, {
        ca: tls?.ca,
        cert: tls?.cert,
        key: tls?.key,
        servername: tls?.serverName,
        rejectUnauthorized: tls?.ca !== undefined,
      });
    }
    let request: http.ClientRequest;
    try {
      request = (isTls ? https : http).request(url, options, (response) => this.#readAnswer(response));
    } catch (error) {
      this.#fail(error);
      return;
    }
    const timer = setTimeout(
      () => request.destroy(Object.assign(new Error(`no complete answer within ${timeoutMs} ms`), { code: 'TIMEOUT' })),
      timeoutMs,
    );
    const cancel = (): void => void request.destroy(Object.assign(new Error('cancelled'), { code: 'CANCELLED' }));
    signal?.addEventListener('abort', cancel, { once: true });
    request.once('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    });
    request.once('socket', (socket) => this.#followSocket(socket, isTls));
    request.once('error', (error) => this.#fail(error));
    request.end(body);
  }

  #followSocket(socket: Socket, isTls: boolean): void {
    socket.once('lookup', (error: Error | null) => {
      if (error === null) this.#phase = 'connect';
    });
    if (/^[\d.]+$|:/.test(new URL(this.#probe.url).hostname)) this.#phase = 'connect';
    socket.once('connect', () => {
      this.#connectMs = this.#elapsed();
      this.#phase = isTls ? 'tls' : 'request';
    });
    if (!(socket instanceof TLSSocket)) return;
    socket.once('secureConnect', () => {
      this.#tls = tlsFacts(socket);
      this.#phase = 'request';
    });
  }

  #readAnswer(response: http.IncomingMessage): void {
    const firstByteMs = this.#elapsed();
    this.#phase = 'body';
    const isStream = (response.headers['content-type'] ?? '').startsWith('text/event-stream');
    const events = isStream ? new EventReader(() => this.#elapsed()) : undefined;
    const kept: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      if (bytes < MAX_KEPT_BYTES) kept.push(chunk.subarray(0, MAX_KEPT_BYTES - bytes));
      bytes += chunk.byteLength;
      events?.push(chunk);
    });
    response.once('error', (error) => this.#fail(error));
    response.once('end', () => {
      this.#settle({
        kind: 'answered',
        name: this.#probe.name,
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
        ),
        body: Buffer.concat(kept).toString('utf8'),
        bodyBytes: bytes,
        ...(events === undefined ? {} : { events: events.events }),
        ...(this.#tls === undefined ? {} : { tls: this.#tls }),
        connectMs: this.#connectMs,
        firstByteMs,
        totalMs: this.#elapsed(),
      });
    });
  }

  #fail(error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException;
    const phase = this.#phase === 'request' && this.#tls !== undefined && isRefusedHandshake(code ?? '') ? 'tls' : this.#phase;
    this.#settle({ kind: 'unanswered', name: this.#probe.name, phase, code: code ?? 'UNKNOWN', message, totalMs: this.#elapsed() });
  }

  #settle(result: ProbeResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve(result);
  }

  #elapsed(): number {
    return Math.round((performance.now() - this.#startedAt) * 100) / 100;
  }
}

/**
 * A TLS 1.3 server refuses a client certificate after the client believes the handshake done: what comes instead of an answer is an alert,
 * or only the end of the connection.
 */
function isRefusedHandshake(code: string): boolean {
  return code.includes('SSL') || code === 'ECONNRESET' || code === 'EPIPE';
}
