import { randomUUID } from 'node:crypto';
import express, {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { rateLimit } from 'express-rate-limit';
import { AppError, notFound } from '../app-error.ts';
import type { ActiveSession } from '../accounts/sessions.ts';
import { requireAccess, requireOwnPage } from './access.ts';
import { statusOf, toAppError, toErrorBody } from './errors.ts';
import type { Answer, Route } from './route.ts';
import { requireDescribed } from './described-answer.ts';
import { requireScope } from './scopes.ts';
import { securityHeaders } from './security-headers.ts';
import { readSessionToken, setSessionCookie } from './session-cookies.ts';
import type { Services } from './services.ts';
import { staticPages } from './static-pages.ts';

const MAX_BODY = '100kb';
/**
 * For one address; a class of thirty behind one address looks and clicks less than this. Each server counts for itself: the limit protects the process that answers, and a
 * count that is shared would put Redis before every request. What is guessed at (passwords, links) is counted over all servers.
 */
const MAX_REQUESTS_A_MINUTE = 3_000;

export interface HttpAppOptions {
  readonly services: Services;
  readonly routes: readonly Route[];
  /** Fail instead of answering what the route's schemas do not say. For tests. */
  readonly holdAnswers?: boolean;
}

/** The whole HTTP side: guards first, then the table of routes, then the pages. */
export function createHttpApp({ services, routes, holdAnswers = false }: HttpAppOptions): Express {
  const { site, log } = services;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', site.trustedProxies);
  app.set('query parser', 'simple');
  app.use(identify(services));
  app.use(securityHeaders(site.secureCookies));
  // Only reached once store and services are up: until then the listener answers 503 by itself.
  app.get('/healthz', (_request, response) => void response.json({ ok: true, version: site.version }));
  app.use(['/api', '/preview', '/metrics', '/.well-known'], limiter(), noStore);
  app.use('/api', express.json({ limit: MAX_BODY, strict: true }));
  for (const entry of routes) mount(app, entry, services, holdAnswers ? requireDescribed : () => undefined);
  app.use('/api', () => {
    throw notFound('address');
  });
  app.use(staticPages(site.webDir));
  app.use(answerError(log.child({ name: 'http' })));
  return app;
}

function mount(app: Express, entry: Route, services: Services, check: (entry: Route, answer: Answer) => void): void {
  const handler: RequestHandler = async (request, response) => {
    response.locals.route = entry.path;
    const session = await identifyCaller(request, response, services);
    requireAccess(entry.access, session);
    if (session?.scopes === undefined)
      requireOwnPage(request, session, {
        sessions: services.accounts.sessions,
        secureCookies: services.site.secureCookies,
        origins: services.site.origins(),
      });
    else requireScope(entry, session.scopes);
    const answer = await entry.handle({
      params: request.params as Record<string, string>,
      body: request.body as unknown,
      query: request.query,
      address: request.ip ?? '',
      request,
      response,
      session,
    });
    check(entry, answer);
    if (answer === 'sent') return;
    response.status(answer.status);
    if (answer.json === undefined) response.end();
    else response.json(answer.json);
  };
  const method = entry.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
  if (entry.method === 'ANY') app.all(entry.path, handler);
  else app[method](entry.path, handler);
}

/** Who calls: a program by its token, or a person by the cookie. No page elsewhere can send a token along, so tokens need no other proof. */
async function identifyCaller(request: Request, response: Response, services: Services): Promise<ActiveSession | undefined> {
  const secret = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return secret === undefined ? resume(request, response, services) : services.tokens.authenticate(secret);
}

/** The session of the request's cookie, if it has one that is good; a rotated token goes back at once. */
async function resume(request: Request, response: Response, { accounts, site }: Services): Promise<ActiveSession | undefined> {
  const token = readSessionToken(request.headers.cookie, site.secureCookies);
  const session = token === undefined ? undefined : await accounts.sessions.resume(token);
  if (session?.newToken !== undefined) setSessionCookie(response, session.newToken, session.expiresAtMs, site.secureCookies);
  return session;
}

/** Gives each request an id and logs it when it is done: by its route, because addresses hold one-time links. */
function identify({ log, clock, metrics }: Services): RequestHandler {
  const http = log.child({ name: 'http' });
  return (request, response, next) => {
    const requestId = randomUUID();
    const startedMs = clock.now();
    response.locals.requestId = requestId;
    response.set('X-Request-Id', requestId);
    response.once('finish', () => {
      const fields = {
        requestId,
        method: request.method,
        route: response.locals.route as unknown,
        status: response.statusCode,
        tookMs: clock.now() - startedMs,
      };
      http.debug(fields, 'answered');
      metrics.answered(request.method, response.locals.route as string | undefined, response.statusCode, fields.tookMs);
    });
    next();
  };
}

function limiter(): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: MAX_REQUESTS_A_MINUTE,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, _response, next) =>
      next(new AppError('TooManyRequests', 'Too many requests from this address.', { retryAfterSeconds: 60, remedy: 'Wait a minute.' })),
  });
}

function noStore(_request: Request, response: Response, next: NextFunction): void {
  response.set('Cache-Control', 'no-store');
  next();
}

function answerError(log: Services['log']): ErrorRequestHandler {
  return (thrown: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const error = toAppError(thrown);
    const requestId = response.locals.requestId as string | undefined;
    if (error.code === 'Internal' || error.code === 'StorageFull')
      log.error({ err: error.cause ?? error, requestId, route: response.locals.route as unknown }, 'a request failed');
    if (error.retryAfterSeconds !== undefined) response.set('Retry-After', String(error.retryAfterSeconds));
    response.status(statusOf(error.code)).json({ error: toErrorBody(error, requestId) });
  };
}
