import { z } from 'zod';

/**
 * What the orchestrator asks of a provider's control port, and how: it starts `node /app/provider.mjs ctl` in the provider's container by
 * exec, writes one {@link ControlOrder} as JSON to its stdin, closes it, and reads one {@link ControlAnswer} from its stdout. The control
 * port itself listens on the pod's loopback only.
 */
export const controlOrderSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('state'), token: z.string().optional() }),
  /** The whole set (faults.ts): what it does not name is no longer the matter. */
  z.strictObject({ action: z.literal('setFaults'), faults: z.unknown(), token: z.string().optional() }),
  /** A merge patch (RFC 7386) of the set's members, in one step: null clears a fault, what is not named stays. */
  z.strictObject({ action: z.literal('patchFaults'), faults: z.record(z.string(), z.unknown()), token: z.string().optional() }),
  z.strictObject({ action: z.literal('clearFaults'), token: z.string().optional() }),
  /** Puts faults over those that are set, and ends by itself: what a grader tries may not outlive it. An empty set ends it at once. */
  z.strictObject({
    action: z.literal('tryFaults'),
    faults: z.unknown(),
    forMs: z.int().min(1).max(120_000),
    token: z.string().optional(),
  }),
  z.strictObject({
    action: z.literal('requests'),
    /** Only those with a greater sequence number. */
    after: z.int().min(0).default(0),
    limit: z.int().min(1).max(1_000).default(1_000),
    token: z.string().optional(),
  }),
]);

export const controlAnswerSchema = z.strictObject({ status: z.int(), body: z.unknown() });

export type ControlOrder = z.input<typeof controlOrderSchema>;
export type ControlAnswer = z.infer<typeof controlAnswerSchema>;
