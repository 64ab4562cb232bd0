import { timingSafeEqual, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { ApiError } from './api-error.ts';
import { sendJson, type Exchange } from './exchange.ts';
import { log } from './log.ts';
import { refuseByOwnClock } from './peer-certificate.ts';
import { StartupError, type TlsFiles } from './options.ts';
import type { Route, Service } from './routes.ts';
import { passThrough } from './upstream.ts';
import { isClockSkewed, wallTimeMs } from './wall-clock.ts';

/** An HTTP or HTTPS server that answers the routes. Nothing listens yet. */
export function createServer(service: Service, served: readonly Route[], tls: TlsFiles | undefined): Server {
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => void answer(service, served, request, response);
  if (tls === undefined) return createHttpServer(onRequest);
  const server = createHttpsServer(
    {
      cert: readTlsFile(tls.certFile),
      key: readTlsFile(tls.keyFile),
      ...(tls.caFile === undefined ? {} : { ca: readTlsFile(tls.caFile) }),
      requestCert: tls.certReqs > 0,
      rejectUnauthorized: tls.certReqs === 2,
      minVersion: 'TLSv1.2',
    },
    onRequest,
  );
  refuseByOwnClock(server);
  return server;
}

function readTlsFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new StartupError(
      `FileNotFoundError: cannot read the TLS file ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function answer(service: Service, served: readonly Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = performance.now();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  if (isClockSkewed) response.setHeader('date', new Date(wallTimeMs()).toUTCString());
  const exchange: Exchange = { request, response, signal: gone.signal };
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const route = served.find((candidate) => candidate.path === path && candidate.method === request.method);
  try {
    await dispatch(service, served, exchange, route, path);
  } catch (error) {
    refuse(exchange, error);
  }
  const handler = served.some((candidate) => candidate.path === path) ? path : 'none';
  const tookMs = performance.now() - startedAt;
  service.metrics.request(handler, request.method ?? '', response.statusCode, tookMs / 1000);
  if (!path.startsWith('/health') && path !== '/metrics')
    log('info', 'request', { method: request.method, path, status: response.statusCode, tookMs: Math.round(tookMs) });
}

async function dispatch(
  service: Service,
  served: readonly Route[],
  exchange: Exchange,
  route: Route | undefined,
  path: string,
): Promise<void> {
  if (path.startsWith('/v1') && !isAuthorised(exchange.request, service.options.apiKeys)) {
    sendJson(exchange, 401, { error: 'Unauthorized' });
    return;
  }
  if (route === undefined) {
    const known = served.some((candidate) => candidate.path === path);
    sendJson(exchange, known ? 405 : 404, { detail: known ? 'Method Not Allowed' : 'Not Found' });
    return;
  }
  if (!route.early && !service.ready) throw new ApiError(503, 'The model is still loading.');
  const { upstreamUrl } = service.options;
  const passedPath = path === '/invocations' ? '/v1/chat/completions' : exchange.request.url;
  if (upstreamUrl !== undefined && passedPath?.startsWith('/v1') === true)
    await passThrough(exchange, new URL(passedPath, upstreamUrl), service.metrics.observer);
  else await route.handle(exchange, service);
}

function isAuthorised(request: IncomingMessage, keys: readonly string[]): boolean {
  if (keys.length === 0) return true;
  const [scheme, given = ''] = (request.headers.authorization ?? '').split(' ');
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return scheme?.toLowerCase() === 'bearer' && keys.some((key) => timingSafeEqual(digest(key), digest(given)));
}

function refuse(exchange: Exchange, error: unknown): void {
  if (exchange.response.headersSent) {
    exchange.response.destroy();
    return;
  }
  if (error instanceof ApiError) {
    sendJson(exchange, error.status, error.body());
    return;
  }
  log('error', 'request failed', { error: error instanceof Error ? error.message : String(error) });
  sendJson(exchange, 500, new ApiError(500, 'Internal server error').body());
}
