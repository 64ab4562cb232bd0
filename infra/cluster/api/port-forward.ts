import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { SpdyStream } from './spdy/spdy-stream.ts';
import { SpdySession } from './spdy/spdy-session.ts';

/** The protocol of streams within a SPDY connection, and that of a WebSocket that carries such a connection. */
export const portForwardProtocol = 'portforward.k8s.io';
export const portForwardTunnel = `SPDY/3.1+${portForwardProtocol}`;

/** How long one stream of a pair waits for the other, as in Kubernetes. */
const PAIR_MS = 30_000;

/** Opens a connection to a port of the pod. */
export type Dial = (port: number, signal: AbortSignal) => Promise<Duplex>;

interface Pair {
  readonly port: number;
  data?: SpdyStream;
  error?: SpdyStream;
  readonly limit: NodeJS.Timeout;
}

/**
 * Serves port-forward over a SPDY connection until it closes. A forwarded connection is a pair of streams of one request id: `data` carries
 * the bytes, `error` what went wrong, in words. Any number of them run side by side.
 */
export async function servePortForward(transport: Duplex, dial: Dial, podUid: string): Promise<void> {
  const pairs = new Map<string, Pair>();
  const session = new SpdySession(transport, { onStream: (stream) => join(stream) });
  const join = (stream: SpdyStream): boolean => {
    const role = stream.headers.get('streamtype');
    const port = parsePort(stream.headers.get('port') ?? '');
    if (port === undefined || (role !== 'data' && role !== 'error')) return false;
    // Clients of Kubernetes 1.0 number no requests, but open the error stream right before its data stream.
    const id = stream.headers.get('requestid') ?? String(role === 'error' ? stream.id : stream.id - 2);
    const pair = pairs.get(id) ?? { port, limit: setTimeout(() => giveUp(id), PAIR_MS) };
    if (pair[role] !== undefined || pair.port !== port) return false;
    pair[role] = stream;
    pairs.set(id, pair);
    if (pair.data !== undefined && pair.error !== undefined) {
      clearTimeout(pair.limit);
      pairs.delete(id);
      forward(pair.data, pair.error, { port, dial, podUid }).catch(() => stream.destroy());
    }
    return true;
  };
  const giveUp = (id: string): void => {
    const { data, error } = pairs.get(id) ?? {};
    pairs.delete(id);
    error?.end(`error forwarding port: timed out waiting for streams`);
    data?.destroy();
  };
  await session.closed;
  for (const { limit } of pairs.values()) clearTimeout(limit);
}

/** `1` to `65535`; anything else is no port. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

interface Forwarding {
  readonly port: number;
  readonly dial: Dial;
  readonly podUid: string;
}

async function forward(data: SpdyStream, error: SpdyStream, { port, dial, podUid }: Forwarding): Promise<void> {
  // The client says nothing on the error stream; its end must be read for the stream to close.
  error.resume();
  // The connection closing takes its streams with it.
  const gone = new AbortController();
  data.once('close', () => gone.abort());
  let connection: Duplex;
  try {
    connection = await dial(port, gone.signal);
  } catch (failure) {
    error.end(dialFailure(port, podUid, failure));
    data.destroy();
    return;
  }
  await splice(data, connection);
  error.end();
}

/** Joins two connections until both directions are through; what breaks one breaks the other. */
export async function splice(a: Duplex, b: Duplex): Promise<void> {
  const follow = async (one: Duplex, other: Duplex): Promise<void> => {
    try {
      await finished(one, { cleanup: true });
    } catch {
      other.destroy();
    }
  };
  const through = Promise.all([follow(a, b), follow(b, a)]);
  a.pipe(b).pipe(a);
  await through;
}

/** As containerd words it, which is what people paste into search engines. */
export function dialFailure(port: number, podUid: string, failure: unknown): string {
  const namespace = `network namespace "/var/run/netns/cni-${podUid}"`;
  const code = failure instanceof Error && 'code' in failure ? failure.code : undefined;
  const why =
    code === 'ECONNREFUSED'
      ? `dial tcp4 127.0.0.1:${port}: connect: connection refused`
      : failure instanceof Error
        ? failure.message
        : String(failure);
  return (
    `error forwarding port ${port} to pod ${podUid}, uid : failed to execute portforward in ${namespace}: ` +
    `failed to connect to localhost:${port} inside namespace ${JSON.stringify(podUid)}, IPv4: ${why} IPv6 dial tcp6: address localhost: no suitable address `
  );
}
