import { z } from 'zod';
import type { ProbeResult } from '../../infra/images/prober/protocol.ts';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import { findMismatch } from '../partial-match.ts';
import { approachFields, prepareRequest } from '../probe-request.ts';
import type { Verdict } from '../verdict.ts';
import { allOf, fail, pass } from '../verdicts.ts';

export const expectationSchema = z
  .strictObject({
    /** The status, or those that will do. */
    status: z.union([z.int(), z.array(z.int()).min(1)]).optional(),
    /**
     * `handshake`: something answered, and ended the TLS handshake. `connection`: something accepted the connection but gave no HTTP answer.
     * A name that does not resolve or a port where nobody listens satisfies neither: a service that is down refuses nobody.
     */
    refused: z.enum(['handshake', 'connection']).optional(),
    /** Partial pattern for a JSON body. */
    json: z.record(z.string(), z.unknown()).optional(),
    /** Each must be found in the body. */
    contains: z.array(z.string()).optional(),
    /** None may be found in it. */
    lacks: z.array(z.string()).optional(),
    /** Partial pattern for the headers, their names in small letters. */
    headers: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((expect) => expect.status !== undefined || expect.refused !== undefined, 'needs either status or refused');

export type Expectation = z.infer<typeof expectationSchema>;

export const httpRequestSchema = z.strictObject({
  name: z.string().min(1),
  method: z.enum(['GET', 'POST']).default('GET'),
  path: z.string().startsWith('/'),
  body: z.unknown().optional(),
  ...approachFields,
  expect: expectationSchema,
  /** What to tell when it is not as expected. */
  otherwise: z.string().optional(),
});

/** Requests by the prober, each with what must come of it. All must hold. */
export const httpCheckSchema = z.strictObject({
  ...checkFields,
  kind: z.literal('http'),
  requests: z.array(httpRequestSchema).min(1).max(20),
});

export type HttpCheck = z.infer<typeof httpCheckSchema>;
type HttpRequest = HttpCheck['requests'][number];

const TIMEOUT_MS = 4_000;

export async function runHttpCheck(check: HttpCheck, context: CheckContext): Promise<Verdict> {
  return allOf(await Promise.all(check.requests.map((request) => runHttpRequest(request, context))));
}

export async function runHttpRequest(request: HttpRequest, context: CheckContext): Promise<Verdict> {
  const prepared = await prepareRequest(context, request, { ...request, timeoutMs: TIMEOUT_MS });
  if (prepared.kind === 'absent') return fail(prepared.reason, [observe(context, 'note', prepared.reason)]);
  const [result] = await context.prober.probe([prepared.value], context.signal);
  if (result === undefined) throw new TypeError('the prober promises one result a request');
  const evidence = [observe(context, 'probe', summarise(request.name, result), result)];
  const wrong = findFault(request.expect, result);
  return wrong === undefined ? pass(evidence) : fail(request.otherwise ?? `${request.name}: ${wrong}`, evidence);
}

/** One line on what came of a request. */
export function summarise(name: string, result: ProbeResult): string {
  if (result.kind === 'answered') return `${name}: HTTP ${result.status} in ${Math.round(result.totalMs)} ms`;
  return `${name}: no answer, ended in ${phaseWords[result.phase]} (${result.code})`;
}

const phaseWords = {
  resolve: 'looking up the name',
  connect: 'connecting',
  tls: 'the TLS handshake',
  request: 'waiting for the answer',
  body: 'reading the answer',
} as const;

/** What is wrong with a result, in words; pure. */
export function findFault(expect: Expectation, result: ProbeResult): string | undefined {
  if (expect.refused !== undefined) return findRefusalFault(expect.refused, result);
  if (result.kind === 'unanswered') return `there was no answer; it ended in ${phaseWords[result.phase]} (${result.code}).`;
  const wanted = [expect.status ?? []].flat();
  if (!wanted.includes(result.status)) return `the answer was ${result.status}, wanted ${wanted.join(' or ')}.`;
  const missing = (expect.contains ?? []).find((text) => !result.body.includes(text));
  if (missing !== undefined) return `the answer does not hold ${missing}.`;
  const unwanted = (expect.lacks ?? []).find((text) => result.body.includes(text));
  if (unwanted !== undefined) return `the answer holds ${unwanted}.`;
  const header = findMismatch(result.headers, expect.headers ?? {});
  if (header !== undefined) return `the header ${header.path} ${header.message}.`;
  return expect.json === undefined ? undefined : findJsonFault(expect.json, result.body);
}

function findRefusalFault(refused: 'handshake' | 'connection', result: ProbeResult): string | undefined {
  if (result.kind === 'answered') return `it was let in: the answer was HTTP ${result.status}.`;
  const phases: readonly string[] = refused === 'handshake' ? ['tls'] : ['tls', 'request'];
  const isRefusal = phases.includes(result.phase) && result.code !== 'TIMEOUT';
  return isRefusal ? undefined : `nothing refused it; it ended in ${phaseWords[result.phase]} (${result.code}).`;
}

function findJsonFault(pattern: Readonly<Record<string, unknown>>, body: string): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return 'the answer is not JSON.';
  }
  const mismatch = findMismatch(json, pattern);
  return mismatch === undefined ? undefined : `in the answer ${mismatch.path} ${mismatch.message}.`;
}
