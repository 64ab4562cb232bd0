import type { z } from 'zod';
import { readBody, sendJson, type Exchange } from '../../inference/exchange.ts';
import { parseBody } from '../../inference/requests.ts';
import { authenticate, requireMaster, type Caller } from '../access/authenticate.ts';
import type { Gateway } from '../gateway.ts';
import { faces, type Face } from './faces.ts';
import { GatewayError } from './gateway-error.ts';
import { health, listModels, modelInfo, readiness } from './health-endpoints.ts';
import {
  deleteKeys,
  deleteKeysSchema,
  generateKey,
  generateKeySchema,
  keyInfo,
  listKeys,
  updateKey,
  updateKeySchema,
} from './key-endpoints.ts';
import { serveCall } from './serve-call.ts';
import { listTeams, newTeam, newTeamSchema, spendLogs, spendReport, teamInfo, updateTeam, updateTeamSchema } from './team-endpoints.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  handle(exchange: Exchange, gateway: Gateway): Promise<void> | void;
}

type Query = URLSearchParams;

/** A call to a model. */
function call(path: string, face: Face): readonly Route[] {
  const handle: Route['handle'] = (exchange, gateway) => serveCall(exchange, gateway, face, `/v1${path}`);
  return [
    { method: 'POST', path: `/v1${path}`, handle },
    { method: 'POST', path, handle },
  ];
}

/** Something to look at, for those who have a key. */
function view(path: string, show: (gateway: Gateway, caller: Caller, query: Query) => object | Promise<object>): Route {
  return {
    method: 'GET',
    path,
    handle: async (exchange, gateway) => {
      const query = new URL(exchange.request.url ?? '/', 'http://gateway').searchParams;
      sendJson(exchange, 200, await show(gateway, callerOf(exchange, gateway), query));
    },
  };
}

/** Something to change. Who may is for the action to say; what it is given has been checked. */
function action<T extends z.ZodType>(
  path: string,
  schema: T,
  act: (gateway: Gateway, caller: Caller, request: z.infer<T>) => object,
): Route {
  return {
    method: 'POST',
    path,
    handle: async (exchange, gateway) => {
      const caller = callerOf(exchange, gateway);
      sendJson(exchange, 200, act(gateway, caller, parseBody(schema, await readBody(exchange))));
    },
  };
}

function callerOf({ request }: Exchange, gateway: Gateway): Caller {
  return authenticate(request.headers, gateway.config, gateway.keys, gateway.clock.now());
}

export const routes: readonly Route[] = [
  ...call('/chat/completions', faces.chat),
  ...call('/completions', faces.completions),
  ...call('/embeddings', faces.embeddings),
  { method: 'POST', path: '/v1/messages', handle: (exchange, gateway) => serveCall(exchange, gateway, faces.messages, '/v1/messages') },
  view('/v1/models', listModels),
  view('/models', listModels),
  view('/model/info', modelInfo),
  view('/v1/model/info', modelInfo),
  view('/health', (gateway, caller) => {
    requireMaster(caller);
    return health(gateway);
  }),
  { method: 'GET', path: '/health/liveliness', handle: (exchange) => sendJson(exchange, 200, "I'm alive!") },
  { method: 'GET', path: '/health/liveness', handle: (exchange) => sendJson(exchange, 200, "I'm alive!") },
  {
    method: 'GET',
    path: '/health/readiness',
    handle: (exchange, gateway) => {
      const { status, body } = readiness(gateway);
      sendJson(exchange, status, body);
    },
  },
  { method: 'GET', path: '/metrics', handle: showMetrics },
  action('/key/generate', generateKeySchema, generateKey),
  action('/key/update', updateKeySchema, updateKey),
  action('/key/delete', deleteKeysSchema, deleteKeys),
  view('/key/info', (gateway, caller, query) => keyInfo(gateway, caller, query.get('key') ?? undefined)),
  view('/key/list', listKeys),
  action('/team/new', newTeamSchema, newTeam),
  action('/team/update', updateTeamSchema, updateTeam),
  view('/team/info', (gateway, caller, query) => teamInfo(gateway, caller, query.get('team_id') ?? undefined)),
  view('/team/list', listTeams),
  view('/spend/logs', spendLogs),
  view('/global/spend/report', spendReport),
];

async function showMetrics({ response }: Exchange, { metrics }: Gateway): Promise<void> {
  const text = await metrics.registry.metrics();
  response.writeHead(200, { 'content-type': metrics.registry.contentType });
  response.end(text);
}

export function findRoute(method: string, path: string): Route {
  const same = routes.filter((route) => route.path === path);
  const route = same.find((one) => one.method === method);
  if (route !== undefined) return route;
  throw same.length > 0 ? new GatewayError(405, 'Method Not Allowed') : new GatewayError(404, 'Not Found');
}
