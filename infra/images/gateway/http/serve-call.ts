import { randomUUID } from 'node:crypto';
import { readBody, type Exchange } from '../../inference/exchange.ts';
import { ApiError } from '../../inference/api-error.ts';
import { log } from '../../inference/log.ts';
import { authenticate, requireBudget, requireModelAccess, type Caller } from '../access/authenticate.ts';
import type { Lease } from '../access/rate-limiter.ts';
import { resolveGroup } from '../config/gateway-config.ts';
import type { Gateway } from '../gateway.ts';
import { answerCall } from './answer-call.ts';
import { bookCall, limitedParties, newRecord, type CallRecord } from './call-record.ts';
import { setHeaders, type Face, type ParsedCall } from './faces.ts';
import { GatewayError } from './gateway-error.ts';
import { callHeaders, limitHeaders, rateLimitError } from './response-headers.ts';

/** Serves one request to a model: who, whether, and the bookkeeping; what is answered is answer-call.ts's part. Never throws. */
export async function serveCall(exchange: Exchange, gateway: Gateway, face: Face, path: string): Promise<void> {
  const record = newRecord(randomUUID(), face, path, gateway.clock.now());
  let lease: Lease | undefined;
  let refusal: GatewayError | undefined;
  gateway.inFlight += 1;
  try {
    const caller = authenticate(exchange.request.headers, gateway.config, gateway.keys, record.startedAtMs);
    record.caller = caller;
    setHeaders(exchange, callHeaders(record.id, caller));
    const call = face.parse(await readBody(exchange), gateway.config.dropParams);
    record.call = call;
    const group = requireGroup(gateway, caller, call);
    record.group = group;
    requireBudget(caller);
    lease = admit(exchange, gateway, caller, group);
    await answerCall(exchange, gateway, { record, call, group });
  } catch (error) {
    refusal = toRefusal(error);
    refuse(exchange, record, refusal);
  } finally {
    gateway.inFlight -= 1;
    lease?.end(record.cache === 'hit' ? 0 : record.usage.inputTokens + record.usage.outputTokens);
    bookCall(gateway, record, exchange.signal.aborted && !exchange.response.writableEnded ? 499 : exchange.response.statusCode, refusal);
  }
}

function requireGroup(gateway: Gateway, caller: Caller, { model }: ParsedCall): string {
  const group = resolveGroup(gateway.config, model);
  requireModelAccess(caller, model, group ?? model);
  if (group !== undefined) return group;
  throw new GatewayError(400, `Invalid model name passed in model=${model}. Call \`/v1/models\` to view available models for your key.`, {
    type: 'invalid_request_error',
    param: 'model',
  });
}

function admit(exchange: Exchange, gateway: Gateway, caller: Caller, group: string): Lease {
  const parties = limitedParties(caller, group, gateway.config.maxParallel);
  const admission = gateway.limiter.admit(parties);
  if (admission.kind === 'refused') {
    const { party, type } = admission.excess;
    gateway.metrics.rateLimited(party.key, type, caller.kind === 'key' ? (caller.key.teamId ?? '') : '');
    throw rateLimitError(admission.excess);
  }
  setHeaders(exchange, limitHeaders(parties, admission.lease, group));
  return admission.lease;
}

/** Whatever went wrong, as something the client may be told. */
function toRefusal(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof ApiError)
    return new GatewayError(error.status, error.message, { type: 'invalid_request_error', param: error.param, cause: error });
  if (error instanceof Error && error.name === 'AbortError')
    return new GatewayError(499, 'The client went away.', { type: 'client_closed', cause: error });
  log('error', 'request failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return new GatewayError(500, 'Internal server error', { type: 'internal_server_error', cause: error });
}

function refuse(exchange: Exchange, record: CallRecord, error: GatewayError): void {
  if (exchange.response.destroyed || exchange.response.writableEnded) return;
  if (exchange.response.headersSent) {
    exchange.response.destroy();
    return;
  }
  setHeaders(exchange, callHeaders(record.id, record.caller));
  record.face.refuse(exchange, error, record.id);
}
