import { z } from 'zod';
import { probeTlsSchema } from './protocol.ts';

/**
 * Traffic instead of single probes. The grader starts `node /app/prober.mjs load` by exec and writes one {@link LoadOrder} as one line of
 * JSON to its stdin; a later line `{"kind":"cancel"}` ends the run early, as do SIGTERM and a stdout that nobody reads any more. What comes
 * back is one JSON object a line, a {@link LoadLine}: `started`, `progress` about every second, and last `report`. A run is planned whole
 * from its order: the same order sends the same requests at the same times, whatever the answers are (open loop).
 */
export const arrivalsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), perSecond: z.number().positive().max(500) }),
  z.strictObject({ kind: z.literal('poisson'), perSecond: z.number().positive().max(500) }),
  z.strictObject({ kind: z.literal('ramp'), fromPerSecond: z.number().min(0).max(500), toPerSecond: z.number().min(0).max(500) }),
  /** A steady trickle, and every so often `size` requests at once. */
  z.strictObject({
    kind: z.literal('bursts'),
    perSecond: z.number().min(0).max(500),
    size: z.int().min(1).max(500),
    everyMs: z.int().min(100).max(600_000),
  }),
]);

/** Prompts that the prober makes up from the seed. `harmful` must be refused, `lookalike` must not, and `personal` must not reach a provider. */
export const generatedTasks = ['sum', 'classify', 'extract', 'context', 'prose', 'harmful', 'lookalike', 'personal'] as const;

const givenPromptSchema = z.strictObject({
  system: z.string().max(50_000).optional(),
  prompt: z.string().min(1).max(50_000),
  /** The answer that is right, without regard to case and surrounding space; absent where there is none to compare with. */
  expected: z.string().max(2_000).optional(),
});

const classFields = { name: z.string().min(1).max(50), weight: z.number().positive().max(1_000).default(1) };

export const promptClassSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('generated'),
    ...classFields,
    task: z.enum(generatedTasks),
    /** Sentences that say nothing, put before the prompt. */
    fillerSentences: z.int().min(0).max(500).default(0),
  }),
  z.strictObject({ kind: z.literal('given'), ...classFields, prompts: z.array(givenPromptSchema).min(1).max(500) }),
]);

/** US dollars for a million tokens. */
const priceSchema = z.strictObject({ inputUsd: z.number().min(0), outputUsd: z.number().min(0) });

export const loadOrderSchema = z.strictObject({
  seed: z.int().min(0),
  /** Where an OpenAI-compatible API begins: `/v1/chat/completions` below it is asked. */
  url: z.url({ protocol: /^https?$/ }),
  model: z.string().min(1).max(200),
  arrivals: arrivalsSchema,
  durationMs: z.int().min(100).max(600_000),
  classes: z.array(promptClassSchema).min(1).max(20),
  /** Share of requests that repeat an earlier prompt of their class word for word. */
  repeatedShare: z.number().min(0).max(1).default(0),
  streamShare: z.number().min(0).max(1).default(0),
  maxTokens: z.int().min(1).max(4_096).default(128),
  /** Counted from the time that the request should have been sent at. */
  timeoutMs: z.int().min(50).max(120_000).default(30_000),
  /** Requests past this are not sent but counted as `shed`: the prober's own bound, never the server's fault. */
  maxInFlight: z.int().min(1).max(512).default(128),
  /** Each request carries one of them. The names are what the report speaks of. */
  keys: z
    .array(z.strictObject({ name: z.string().min(1).max(50), key: z.string().min(1).max(500), weight: z.number().positive().default(1) }))
    .max(50)
    .default([]),
  headers: z.record(z.string(), z.string()).default({}),
  tls: probeTlsSchema.optional(),
  /** By the model that the answer names. */
  prices: z.record(z.string(), priceSchema).default({}),
});

/** Why a request was not served. */
export const failureKinds = [
  'resolve',
  'connect',
  'tls',
  'reset',
  'timeout',
  'authentication',
  'not-found',
  'bad-request',
  'refused',
  'rate-limit-gateway',
  'budget-gateway',
  'rate-limit-provider',
  'quota-provider',
  'queue-full',
  'overloaded',
  'unavailable',
  'server-error',
  'broken-stream',
  'bad-answer',
] as const;

export const latencySchema = z.strictObject({
  count: z.int(),
  meanMs: z.number(),
  p50Ms: z.number(),
  p90Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
});

const classReportSchema = z.strictObject({
  sent: z.int(),
  answered: z.int(),
  /** Of those with a known answer. */
  right: z.int(),
  wrong: z.int(),
  /** By a policy, with an error or in the model's words. */
  refused: z.int(),
  /** Answers that show that personal data reached the model. */
  leaked: z.int(),
});

export const loadReportSchema = z.strictObject({
  startedAt: z.iso.datetime(),
  tookMs: z.number(),
  cancelled: z.boolean(),
  planned: z.int(),
  sent: z.int(),
  shed: z.int(),
  answered: z.int(),
  failures: z.partialRecord(z.enum(failureKinds), z.int()),
  /** From the intended time of sending, so that a prober or server that stalls hides nothing; timeouts count as long as they were waited for. */
  endToEnd: latencySchema,
  /** Of streams, likewise. */
  firstToken: latencySchema,
  interToken: latencySchema,
  /** How late the prober itself was; large values make the others doubtful. */
  sendLag: latencySchema,
  tokens: z.strictObject({ prompt: z.int(), cachedPrompt: z.int(), completion: z.int() }),
  /** Answers that said they came from a cache cost nothing in `usd` and their full price in `usdUncached`. */
  cost: z.strictObject({ usd: z.number(), usdUncached: z.number(), usdPerThousandRequests: z.number(), unpricedTokens: z.int() }),
  cacheHits: z.int(),
  /** Right answers among those that can be right or wrong; null where there were none. */
  quality: z.number().nullable(),
  classes: z.record(z.string(), classReportSchema),
  keys: z.record(z.string(), z.strictObject({ sent: z.int(), answered: z.int() })),
  /** Answers by the model that they name. */
  models: z.record(z.string(), z.int()),
});

export const loadLineSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('started'), planned: z.int() }),
  z.strictObject({
    kind: z.literal('progress'),
    atMs: z.number(),
    sent: z.int(),
    inFlight: z.int(),
    answered: z.int(),
    failed: z.int(),
  }),
  z.strictObject({ kind: z.literal('report'), report: loadReportSchema }),
]);

export type LoadOrder = z.input<typeof loadOrderSchema>;
export type PlannedOrder = z.output<typeof loadOrderSchema>;
export type GeneratedTask = (typeof generatedTasks)[number];
export type FailureKind = (typeof failureKinds)[number];
export type LatencySummary = z.infer<typeof latencySchema>;
export type LoadReport = z.infer<typeof loadReportSchema>;
export type LoadLine = z.infer<typeof loadLineSchema>;

/** The report in what a whole run wrote. Throws where it has none, which is the platform's fault. */
export function readLoadReport(output: string): LoadReport {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const line = loadLineSchema.parse(JSON.parse(last));
  if (line.kind !== 'report') throw new Error(`the prober ended without a report, at ${line.kind}`);
  return line.report;
}
