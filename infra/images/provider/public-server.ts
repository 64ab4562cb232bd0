import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { sleep } from '../../cluster/meta/clock.ts';
import type { Exchange } from '../inference/exchange.ts';
import { log } from '../inference/log.ts';
import { listen, portOf } from '../serving/lifecycle.ts';
import type { FaceRoute } from './face.ts';
import { Inbound } from './inbound.ts';
import type { ApiKey } from './keys.ts';
import type { Provider } from './provider.ts';
import { refuse, RefusalError, type Refusal } from './refusal.ts';

/** Requests under way at once, of all keys together; more are refused as overload. */
const MAX_IN_FLIGHT = 512;
const MAX_CONNECTIONS = 1_024;
const HEADERS_TIMEOUT_MS = 10_000;
const BODY_TIMEOUT_MS = 30_000;
/** Longer than clients keep idle connections, so that none is closed just as a request is sent on it. */
const KEEP_ALIVE_MS = 65_000;

/** The port that the vendor's customers reach. Can be closed and opened again, always at the same number. */
export class PublicServer {
  readonly #provider: Provider;
  readonly #host: string | undefined;
  readonly server: Server;
  #port: number;
  #changes: Promise<void> = Promise.resolve();

  constructor(provider: Provider, options: { readonly port: number; readonly host: string | undefined }) {
    this.#provider = provider;
    this.#port = options.port;
    this.#host = options.host;
    this.server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: BODY_TIMEOUT_MS }, (request, response) => {
      void serve(provider, request, response);
    });
    this.server.maxConnections = MAX_CONNECTIONS;
    this.server.keepAliveTimeout = KEEP_ALIVE_MS;
  }

  /** Answers the port, which is the one asked for, or any where that was 0 and the faults let it listen. */
  async open(): Promise<number> {
    await this.follow();
    return this.#port;
  }

  /** Listens, or does not, as the faults now say. Changes come one after the other. */
  follow(): Promise<void> {
    const change = this.#changes.then(async () => {
      const isWanted = this.#provider.faults.effective.outage?.kind !== 'connectionRefused';
      if (isWanted && !this.server.listening) this.#port = portOf(await listen(this.server, this.#port, this.#host));
      if (!isWanted && this.server.listening) await this.#close();
    });
    this.#changes = change.catch(() => undefined);
    return change;
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

interface Seen {
  key?: ApiKey;
  inbound?: Inbound;
  route?: FaceRoute;
  refusal?: Refusal | undefined;
}

async function serve(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAtMs = provider.clock.now();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const exchange: Exchange = { request, response, signal: gone.signal };
  const requestId = provider.face.newRequestId();
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const seen: Seen = {};
  try {
    using entry = provider.enter();
    await answer(provider, exchange, { requestId, path, startedAtMs, seen }, entry.faults);
  } catch (error) {
    seen.refusal = refusalOf(error, gone.signal.aborted);
    sendRefusal(provider, exchange, requestId, seen, startedAtMs);
  }
  record(provider, exchange, { requestId, path, startedAtMs, seen });
}

interface Serving {
  readonly requestId: string;
  readonly path: string;
  readonly startedAtMs: number;
  /** Filled in as it becomes known. */
  readonly seen: Seen;
}

async function answer(provider: Provider, exchange: Exchange, serving: Serving, faults: Inbound['faults']): Promise<void> {
  if (provider.inFlight > MAX_IN_FLIGHT) refuse({ kind: 'overloaded' });
  if (faults.addedLatencyMs > 0) await sleep(provider.clock, faults.addedLatencyMs, exchange.signal);
  if (faults.isServerError) refuse({ kind: 'unavailable' });
  if (faults.isOverloaded) refuse({ kind: 'overloaded' });
  const { headers, method = 'GET' } = exchange.request;
  const { requestId, path, startedAtMs, seen } = serving;
  const key = provider.authenticate(provider.face.credential(headers));
  seen.key = key;
  provider.face.checkHeaders(headers);
  const found = findRoute(provider.face.routes, method, path) ?? refuse({ kind: 'unknown-url', method, path });
  seen.route = found.route;
  using _connection = provider.connect(key);
  const inbound = new Inbound({ provider, exchange, requestId, key, faults, parameter: found.parameter, startedAtMs });
  seen.inbound = inbound;
  await found.route.handle(inbound);
}

function findRoute(
  routes: readonly FaceRoute[],
  method: string,
  path: string,
): { readonly route: FaceRoute; readonly parameter: string } | undefined {
  for (const route of routes.filter((candidate) => candidate.method === method)) {
    if (route.path === path) return { route, parameter: '' };
    const [prefix, name] = route.path.split('/:');
    if (name === undefined || prefix === undefined || !path.startsWith(`${prefix}/`)) continue;
    const parameter = path.slice(prefix.length + 1);
    if (parameter !== '' && !parameter.includes('/')) return { route, parameter };
  }
  return undefined;
}

function refusalOf(error: unknown, isGone: boolean): Refusal | undefined {
  if (error instanceof RefusalError) return error.refusal;
  if (isGone) return undefined;
  log('error', 'request failed', { error: error instanceof Error ? error.message : String(error) });
  return { kind: 'internal-error' };
}

function sendRefusal(provider: Provider, { response }: Exchange, requestId: string, { key, refusal }: Seen, startedAtMs: number): void {
  if (response.headersSent || refusal === undefined) {
    response.destroy();
    return;
  }
  const { face, clock } = provider;
  const { status, headers, body } = face.refusal(refusal, requestId);
  const all = { ...face.requestHeaders(requestId, key, Math.round(clock.now() - startedAtMs)), ...headers };
  for (const [name, value] of Object.entries(all)) response.setHeader(name, value);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** One line for the log, one entry for graders, one observation for Prometheus. Nothing of what was said. */
function record(provider: Provider, { request, response }: Exchange, { requestId, path, startedAtMs, seen }: Serving): void {
  const { key, inbound, route, refusal } = seen;
  const tookMs = provider.clock.now() - startedAtMs;
  const model = inbound?.model?.id;
  if (key !== undefined && refusal !== undefined) provider.ledger.refuse(key.id);
  const entry = {
    requestId,
    method: request.method ?? 'GET',
    // What nobody serves may be anything, and as long as it likes.
    path: route?.path ?? path.slice(0, 100),
    status: response.statusCode,
    ...(key === undefined ? {} : { keyId: key.id, organization: key.organization.id }),
    ...(key?.team === undefined ? {} : { team: key.team }),
    ...(model === undefined ? {} : { model }),
    isStream: inbound?.isStream ?? false,
    ...(refusal === undefined ? {} : { refusal: refusal.kind }),
    inputTokens: (inbound?.bill?.inputTokens ?? 0) + (inbound?.bill?.cacheWriteTokens ?? 0),
    cachedInputTokens: inbound?.bill?.cachedInputTokens ?? 0,
    outputTokens: inbound?.bill?.outputTokens ?? 0,
    usd: inbound?.bill?.usd ?? 0,
    tookMs: Math.round(tookMs),
    isComplete: inbound?.isComplete ?? false,
  };
  provider.log.add({ at: new Date(startedAtMs).toISOString(), ...entry });
  provider.metrics.request({ path: route?.path ?? 'none', model: model ?? '', status: entry.status, seconds: tookMs / 1_000 });
  log('info', 'request', entry);
}
