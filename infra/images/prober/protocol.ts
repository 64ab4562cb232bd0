import { z } from 'zod';

/**
 * What the grader asks of the prober and what comes back. The prober runs in a namespace that the trainee cannot see; the
 * grader starts `node /app/prober.mjs run` there by exec, writes {@link ProbeOrder}s to its stdin, a line of JSON each, and reads
 * a {@link ProbeAnswer} to each from its stdout, also a line, in the order in which they are done. The prober judges nothing and
 * keeps nothing: it makes requests and reports what happened, so that what is expected never enters the sandbox.
 */
export const probeTlsSchema = z.strictObject({
  /** PEM of the authority that the server's certificate must chain to. Absent: the server's certificate is recorded but not verified. */
  ca: z.string().optional(),
  cert: z.string().optional(),
  key: z.string().optional(),
  serverName: z.string().optional(),
});

export const probeRequestSchema = z.strictObject({
  name: z.string().min(1).max(100),
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).default('GET'),
  headers: z.record(z.string(), z.string()).default({}),
  /** Sent as it is; JSON is serialised by whoever asks. */
  body: z.string().max(1_000_000).optional(),
  tls: probeTlsSchema.optional(),
  /** Whole request, from connect to the body's last byte. */
  timeoutMs: z.int().min(1).max(120_000).default(5_000),
});

export const probeOrderSchema = z.strictObject({
  /** Chosen by whoever asks, to tell answers apart. */
  id: z.int().default(0),
  /** Run at most this many at once; results keep the order of `requests`. */
  concurrency: z.int().min(1).max(64).default(4),
  requests: z.array(probeRequestSchema).min(1).max(500),
});

export const probeResultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('answered'),
    name: z.string(),
    status: z.int(),
    headers: z.record(z.string(), z.string()),
    /** At most 64 KiB of the body as text; `bodyBytes` counts all of it. */
    body: z.string(),
    bodyBytes: z.int(),
    /** For `text/event-stream`: each event's data with the time it arrived after the request's start. */
    events: z.array(z.strictObject({ data: z.string(), atMs: z.number() })).optional(),
    tls: z
      .strictObject({
        authorized: z.boolean(),
        authorizationError: z.string().optional(),
        subject: z.string(),
        issuer: z.string(),
        validTo: z.string(),
        /** The handshake asked for a client certificate, as far as the client can tell (a request without one was refused). */
        protocol: z.string(),
      })
      .optional(),
    connectMs: z.number(),
    firstByteMs: z.number(),
    totalMs: z.number(),
  }),
  z.strictObject({
    kind: z.literal('unanswered'),
    name: z.string(),
    /** Where it ended: resolving the name, connecting, the TLS handshake, waiting for headers, or reading the body. */
    phase: z.enum(['resolve', 'connect', 'tls', 'request', 'body']),
    /** Node's or OpenSSL's error code, e.g. ECONNREFUSED, ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED, TIMEOUT. */
    code: z.string(),
    message: z.string(),
    totalMs: z.number(),
  }),
]);

export const probeReportSchema = z.strictObject({ startedAt: z.iso.datetime(), results: z.array(probeResultSchema) });

/** The order with that id was carried out, or could not be and why. */
export const probeAnswerSchema = z.union([
  z.strictObject({ id: z.int(), report: probeReportSchema }),
  z.strictObject({ id: z.int(), error: z.string() }),
]);

export type ProbeRequest = z.input<typeof probeRequestSchema>;
export type ProbeOrder = z.input<typeof probeOrderSchema>;
export type ProbeResult = z.infer<typeof probeResultSchema>;
export type ProbeReport = z.infer<typeof probeReportSchema>;
export type ProbeAnswer = z.infer<typeof probeAnswerSchema>;
