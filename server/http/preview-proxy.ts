import type { IncomingHttpHeaders } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { AppError, messageOf } from '../app-error.ts';
import { findScheme } from '../sandboxes/lab-services.ts';
import { requestService } from '../sandboxes/service-proxy.ts';
import { requireRight } from '../attempts/permissions.ts';
import { param, type Answer, type SignedInCall } from './route.ts';
import { PREVIEW_POLICY } from './security-headers.ts';
import type { Services } from './services.ts';

const TIMEOUT_MS = 30_000;
const MAX_REQUEST_BYTES = 1_000_000;
const MAX_RESPONSE_BYTES = 20_000_000;
/** Everything else a browser sends, cookies first of all, stays here; a credential would be taken by the cluster for one of its own. */
const PASSED_ON = ['accept', 'accept-language', 'content-type', 'range'] as const;
const PASSED_BACK = ['content-type', 'content-range', 'accept-ranges', 'last-modified', 'etag', 'www-authenticate', 'retry-after'] as const;

/** The service's own pages under `/preview/<attempt>/<service>/`, through the cluster's proxy. Only who may type in the attempt may do more than look. */
export async function previewService(call: SignedInCall<undefined, undefined>, { commands, log }: Services): Promise<Answer> {
  const { request, response, session } = call;
  const { runner, service } = await commands.requireService(session.person, param(call, 'id'), param(call, 'service'));
  if (request.method !== 'GET' && request.method !== 'HEAD') requireRight(session.person, runner.actor.attempt, 'type');
  const { operatorConfig } = await runner.hold.sandbox();
  const abort = new AbortController();
  response.once('close', () => abort.abort());
  const answer = await requestService(
    operatorConfig,
    {
      namespace: service.namespace,
      service: service.name,
      port: service.port,
      scheme: await findScheme(operatorConfig, service),
      path: pathBelow(request),
      method: request.method,
      headers: pick(request.headers, PASSED_ON),
      timeoutMs: TIMEOUT_MS,
      signal: abort.signal,
    },
    (outgoing) =>
      void pipeline(request, limit(MAX_REQUEST_BYTES), outgoing).catch((error: unknown) =>
        log.debug({ reason: messageOf(error) }, 'a preview request broke off'),
      ),
  );
  if (answer.kind === 'unanswered')
    throw new AppError('SubstrateUnavailable', `The service does not answer: ${answer.reason}`, {
      remedy: 'Look at its pods and its Service.',
    });
  response.status(answer.response.statusCode ?? 502).set(pick(answer.response.headers, PASSED_BACK));
  guard(response);
  await pipeline(answer.response, limit(MAX_RESPONSE_BYTES), response).catch((error: unknown) =>
    log.debug({ reason: messageOf(error) }, 'a preview broke off'),
  );
  return 'sent';
}

/** Replaces the pages' own policy. */
function guard(response: Response): void {
  response.set('Content-Security-Policy', PREVIEW_POLICY);
  response.set('Cache-Control', 'no-store');
  response.removeHeader('X-Frame-Options');
}

/** What follows the service's name, undecoded, with its query. */
function pathBelow(request: Request): string {
  const below = /^\/preview\/[^/?]+\/[^/?]+(.*)$/.exec(request.originalUrl)?.[1] ?? '';
  return below.startsWith('/') ? below : `/${below}`;
}

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])));
}

function limit(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new Error(`more than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
}
