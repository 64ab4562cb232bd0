import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ApiError } from '../inference/api-error.ts';
import { readBody, sendJson, type Exchange } from '../inference/exchange.ts';
import { log } from '../inference/log.ts';
import { writeFaultFile } from './fault-file.ts';
import { faultSetSchema, type FaultSet } from './faults.ts';
import { hashKey } from './keys.ts';
import { providerModels } from './models.ts';
import type { Provider } from './provider.ts';
import type { PublicServer } from './public-server.ts';

const MAX_TRIAL_MS = 120_000;

export interface Control {
  readonly provider: Provider;
  readonly publicServer: PublicServer;
  /** Hexadecimal SHA-256 of the credential. */
  readonly tokenHash: string;
  /** Where the faults that are set outlive the program. */
  readonly faultsFile: string | undefined;
}

/** The control port's server. To listen on loopback and nowhere else. Nothing listens yet. */
export function createControlServer(control: Control): Server {
  return createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => void serve(control, request, response));
}

async function serve(control: Control, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const exchange: Exchange = { request, response, signal: AbortSignal.timeout(10_000) };
  try {
    const [status, body] = await answer(control, exchange);
    sendJson(exchange, status, body);
  } catch (error) {
    const status = error instanceof ApiError ? error.status : 500;
    const message = error instanceof Error ? error.message : String(error);
    if (status === 500) log('error', 'control failed', { error: message });
    if (response.headersSent) response.destroy();
    else sendJson(exchange, status, { error: message });
  }
}

type Answer = readonly [status: number, body: object];

async function answer(control: Control, exchange: Exchange): Promise<Answer> {
  const { request } = exchange;
  if (!isAuthorised(request, control.tokenHash)) return [401, { error: 'the control port wants its bearer credential' }];
  const url = new URL(request.url ?? '/', 'http://control');
  switch (`${request.method ?? ''} ${url.pathname}`) {
    case 'GET /state':
      return [200, stateOf(control.provider)];
    case 'PUT /faults':
      return setFaults(control, parseJson(await readBody(exchange)));
    case 'PATCH /faults':
      return patchFaults(control, parseJson(await readBody(exchange)));
    case 'PUT /trial':
      return tryFaults(control, parseJson(await readBody(exchange)), Number(url.searchParams.get('forMs')));
    case 'DELETE /faults':
      return apply(control, {});
    case 'GET /requests':
      return requestsAfter(control.provider, url.searchParams);
    default:
      return [404, { error: 'GET /state, PUT /faults, PATCH /faults, DELETE /faults, PUT /trial, GET /requests' }];
  }
}

function isAuthorised({ headers }: IncomingMessage, tokenHash: string): boolean {
  const token = /^bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return token !== undefined && timingSafeEqual(Buffer.from(hashKey(token)), Buffer.from(tokenHash));
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ApiError(400, 'the body is not JSON');
  }
}

/** Members of the set as a whole: two that patch at once do not lose each other's, because nothing is awaited between reading and replacing. */
function patchFaults(control: Control, patch: unknown): Promise<Answer> {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) throw new ApiError(400, 'the body is not an object');
  const members = Object.entries<unknown>({ ...control.provider.faults.set, ...patch }).filter(([, fault]) => fault !== null);
  return setFaults(control, Object.fromEntries(members));
}

async function setFaults(control: Control, faults: unknown): Promise<Answer> {
  return apply(control, parseFaults(control, faults));
}

/** Throws ApiError 400 for what would not do what it says. */
function parseFaults({ provider }: Control, faults: unknown): FaultSet {
  const result = faultSetSchema.safeParse(faults);
  if (!result.success)
    throw new ApiError(400, result.error.issues.map((issue) => `${issue.path.join('.') || 'faults'}: ${issue.message}`).join('; '));
  const problem = namesUnknown(provider, result.data);
  if (problem !== undefined) throw new ApiError(400, problem);
  return result.data;
}

/** In memory only: a program that starts anew knows nothing of a trial. */
async function tryFaults(control: Control, faults: unknown, forMs: number): Promise<Answer> {
  const { provider, publicServer } = control;
  if (!Number.isInteger(forMs) || forMs < 1 || forMs > MAX_TRIAL_MS) throw new ApiError(400, `\`forMs\` is between 1 and ${MAX_TRIAL_MS}`);
  const trial = parseFaults(control, faults);
  provider.faults.try(trial);
  await publicServer.follow();
  provider.clock.after(forMs, () => {
    // A later trial has taken its place.
    if (provider.faults.trial !== trial) return;
    provider.faults.try({});
    publicServer.follow().catch((error: unknown) => log('error', 'the end of a trial failed', { error: String(error) }));
  });
  return [200, { faults: provider.faults.effective }];
}

/** A fault that names what is not there would seem set and do nothing. */
function namesUnknown({ face, keys }: Provider, faults: FaultSet): string | undefined {
  const models = new Set(providerModels.filter((model) => model.face === face.name).flatMap(({ id, snapshot }) => [id, snapshot]));
  const named = [...(faults.retiredModels?.models ?? []), ...(faults.wrongModel === undefined ? [] : [faults.wrongModel.model])];
  const model = named.find((one) => !models.has(one));
  if (model !== undefined) return `there is no model ${model}`;
  const all = keys.all();
  const key = faults.badKeys?.keys.find(({ id }) => !all.some((one) => one.id === id));
  if (key !== undefined) return `there is no key with the id ${key.id}`;
  const organization = faults.quotaSpent?.organizations?.find((id) => !all.some((one) => one.organization.id === id));
  return organization === undefined ? undefined : `no key belongs to an organization ${organization}`;
}

/** Answers once the faults apply. */
async function apply({ provider, publicServer, faultsFile }: Control, faults: FaultSet): Promise<Answer> {
  if (faultsFile !== undefined) writeFaultFile(faultsFile, faults);
  provider.faults.replace(faults);
  await publicServer.follow();
  log('info', 'faults set', { faults: Object.keys(faults) });
  return [200, { faults }];
}

function requestsAfter(provider: Provider, query: URLSearchParams): Answer {
  const [after, limit] = [Number(query.get('after') ?? 0), Number(query.get('limit') ?? 1_000)];
  if (!Number.isInteger(after) || !Number.isInteger(limit) || after < 0 || limit < 1 || limit > 1_000)
    return [400, { error: '`after` is a sequence number, `limit` between 1 and 1000' }];
  return [200, { lastSequence: provider.log.lastSequence, requests: provider.log.after(after, limit) }];
}

function stateOf(provider: Provider): object {
  const { face, keys, ledger, faults } = provider;
  const all = keys.all();
  const organizations = [...new Map(all.map((key) => [key.organization.id, key.organization])).values()];
  return {
    face: face.name,
    faults: faults.set,
    counters: { requests: provider.requests, inFlight: provider.inFlight },
    organizations: organizations.map(({ id, name, monthlyLimitUsd }) => ({
      id,
      name,
      spentThisMonthUsd: ledger.spentUsd(id),
      monthlyLimitUsd: monthlyLimitUsd ?? null,
    })),
    keys: all.map((key) => ({
      id: key.id,
      organization: key.organization.id,
      team: key.team ?? null,
      state: provider.keyState(key),
      usage: ledger.usage(key.id),
      limits: Object.fromEntries(provider.models().map((model) => [model.id, provider.limitStates(key, model)])),
    })),
  };
}
