import { z } from 'zod';
import type { ProbeRequest } from '../infra/images/prober/protocol.ts';
import type { CheckContext } from './check-context.ts';
import type { ClientChoice, Found, KeyChoice } from './credentials.ts';
import { hostOf, objectName } from './endpoint.ts';

/** How a probe comes to the endpoint; shared by all kinds of check that make requests. */
export const approachFields = {
  /** The endpoint's own where left out. */
  scheme: z.enum(['http', 'https']).optional(),
  /** In the endpoint's namespace, for a part of the lab beside its endpoint; the endpoint's own where left out. */
  service: objectName.optional(),
  /** Of the Service; the endpoint's own where left out. */
  port: z.int().min(1).max(65_535).optional(),
  key: z
    .union([z.enum(['none', 'wrong', 'good', 'leaked']), z.strictObject({ secret: objectName, entry: z.string().min(1) })])
    .default('good'),
  client: z.enum(['none', 'stranger', 'good', 'handed-over']).default('good'),
  /** `lab`: the server's certificate must be the lab authority's, for the Service's name. `any`: it is not looked at. */
  trust: z.enum(['lab', 'any']).default('lab'),
};

export interface Approach {
  readonly scheme?: 'http' | 'https' | undefined;
  readonly service?: string | undefined;
  readonly port?: number | undefined;
  readonly key: KeyChoice;
  readonly client: ClientChoice;
  readonly trust: 'lab' | 'any';
}

export interface Ask {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
}

/** A request ready for the prober, or why the sandbox holds no credential to make it with. */
export async function prepareRequest(context: CheckContext, approach: Approach, ask: Ask): Promise<Found<ProbeRequest>> {
  const { endpoint, credentials } = context;
  const key = await credentials.key(approach.key);
  if (key.kind === 'absent') return key;
  const scheme = approach.scheme ?? endpoint.scheme ?? 'https';
  const client = await credentials.client(scheme === 'https' ? approach.client : 'none');
  if (client.kind === 'absent') return client;
  const headers = {
    ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key.value === undefined ? {} : { authorization: `Bearer ${key.value}` }),
  };
  const tls = {
    ...(approach.trust === 'lab' ? { ca: (await credentials.authority()).cert } : {}),
    ...(client.value === undefined ? {} : { cert: client.value.cert, key: client.value.key }),
  };
  const request: ProbeRequest = {
    name: ask.name,
    url: `${scheme}://${hostOf({ ...endpoint, service: approach.service ?? endpoint.service })}:${approach.port ?? endpoint.port}${ask.path}`,
    method: ask.method,
    headers,
    timeoutMs: ask.timeoutMs,
    ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
    ...(scheme === 'https' ? { tls } : {}),
  };
  return { kind: 'found', value: request };
}
