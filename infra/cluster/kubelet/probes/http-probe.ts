import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { HTTPGetAction } from '../../meta/generated/types.ts';
import { dialFailure, errorCodeOf, failure, MAX_PROBE_OUTPUT_BYTES, type ProbeOutcome } from './probe-outcome.ts';

export interface HttpTarget {
  readonly action: HTTPGetAction;
  readonly podIp: string;
  readonly port: number;
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
}

/**
 * A GET of the pod's port: 200 to 399 is success. Certificates are not verified and redirects count as success unfollowed, because a
 * probe has no business elsewhere. The signal is the probe's timeout.
 */
export async function probeHttp(target: HttpTarget, signal: AbortSignal): Promise<ProbeOutcome> {
  const { action, podIp, port } = target;
  const isHttps = (action.scheme ?? 'HTTP') === 'HTTPS';
  const path = action.path === undefined || action.path === '' ? '/' : action.path;
  const url = `${isHttps ? 'https' : 'http'}://${podIp}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  try {
    const status = await getStatus(target, url, isHttps, signal);
    return status >= 200 && status < 400 ? { kind: 'success' } : failure(`HTTP probe failed with statuscode: ${status}`);
  } catch (error) {
    if (signal.aborted) return failure(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`);
    return failure(`Get "${url}": ${tlsFailure(error) ?? dialFailure(error, `${podIp}:${port}`)}`);
  }
}

async function getStatus(target: HttpTarget, url: string, isHttps: boolean, signal: AbortSignal): Promise<number> {
  const raw = await target.dial(signal);
  const socket = isHttps ? tlsConnect({ socket: raw, rejectUnauthorized: false }) : raw;
  const destroy = (): void => {
    socket.destroy();
    raw.destroy();
  };
  signal.addEventListener('abort', destroy, { once: true });
  // Without a listener a late error of a socket that nobody waits for any more would end the process.
  socket.on('error', () => {});
  raw.on('error', () => {});
  try {
    return await new Promise<number>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(Object.assign(new Error('EOF'), { code: 'EOF' })));
      const outgoing = send(target.action, url, socket);
      outgoing.once('error', reject);
      outgoing.once('response', (response) => void drain(response).then(() => resolve(response.statusCode ?? 0), reject));
    });
  } finally {
    signal.removeEventListener('abort', destroy);
    destroy();
  }
}

function send({ httpHeaders = [], host }: HTTPGetAction, url: string, socket: Duplex): ClientRequest {
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.36', accept: '*/*', connection: 'close' };
  if (host !== undefined && host !== '') headers.host = host;
  for (const { name, value } of httpHeaders) headers[name.toLowerCase()] = value;
  const { pathname, search, host: authority } = new URL(url);
  const outgoing = request({ createConnection: () => socket, path: pathname + search, headers: { host: authority, ...headers } });
  outgoing.end();
  return outgoing;
}

/** Reads as much as the kubelet would and no more. */
async function drain(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_PROBE_OUTPUT_BYTES) return;
  }
}

/** What OpenSSL says, in Go's words. Its errors come as codes of their own or as EPROTO with a text, depending on when they come. */
const tlsWords: readonly (readonly [RegExp, string])[] = [
  [/wrong.version.number|packet.length.too.long/i, 'http: server gave HTTP response to HTTPS client'],
  [/certificate.required/i, 'remote error: tls: certificate required'],
  [/handshake.failure/i, 'remote error: tls: handshake failure'],
  [/bad.certificate/i, 'remote error: tls: bad certificate'],
];

function tlsFailure(error: unknown): string | undefined {
  const code = errorCodeOf(error) ?? '';
  if (code !== 'EPROTO' && !code.startsWith('ERR_SSL')) return undefined;
  const text = `${code} ${error instanceof Error ? error.message : ''}`;
  return tlsWords.find(([pattern]) => pattern.test(text))?.[1] ?? `remote error: tls: ${code}`;
}
