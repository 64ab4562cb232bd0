import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ApiError } from '../../inference/api-error.ts';
import { sendJson, type Exchange } from '../../inference/exchange.ts';
import { log } from '../../inference/log.ts';
import { StateFileError } from '../access/state-file.ts';
import { StoreFullError } from '../access/key-store.ts';
import type { Gateway } from '../gateway.ts';
import { setHeaders } from './faces.ts';
import { GatewayError, openAiErrorBody, openAiStatus } from './gateway-error.ts';
import { findRoute } from './routes.ts';

const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 120_000;
const MAX_CONNECTIONS = 2_000;

/** The gateway's one server, for callers, operators and probes alike. Nothing listens yet. */
export function createServer(gateway: Gateway): Server {
  const server = createHttpServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => void answer(gateway, request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

async function answer(gateway: Gateway, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const exchange: Exchange = { request, response, signal: gone.signal };
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  try {
    if (gateway.draining) response.setHeader('connection', 'close');
    await findRoute(request.method ?? '', path.length > 1 ? path.replace(/\/$/, '') : path).handle(exchange, gateway);
  } catch (error) {
    refuse(exchange, toGatewayError(error));
  }
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof ApiError)
    return new GatewayError(error.status, error.message, { type: 'bad_request_error', param: error.param, cause: error });
  if (error instanceof StoreFullError) return new GatewayError(400, error.message, { type: 'bad_request_error', cause: error });
  const isState = error instanceof StateFileError;
  log('error', 'request failed', { error: error instanceof Error ? (isState ? error.message : error.stack) : String(error) });
  return new GatewayError(500, isState ? 'The change could not be written down and was taken back.' : 'Internal server error', {
    type: isState ? 'no_db_connection' : 'internal_server_error',
    cause: error,
  });
}

function refuse(exchange: Exchange, error: GatewayError): void {
  if (exchange.response.headersSent) {
    exchange.response.destroy();
    return;
  }
  setHeaders(exchange, error.headers);
  sendJson(exchange, openAiStatus(error), openAiErrorBody(error));
}
