import { z } from 'zod';

/**
 * What the orchestrator asks of a provider's control port, and how: it starts `node /app/provider.mjs ctl` in the provider's container by
 * exec, writes calls to its stdin, a line of JSON each, and reads a {@link ControlAnswer} to each from its stdout, also a
 * line. The control port itself listens on the pod's loopback only.
 */
const controlOrderSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('state') }),
  /** The whole set (faults.ts): what it does not name is no longer the matter. */
  z.strictObject({ action: z.literal('setFaults'), faults: z.unknown() }),
  /** A merge patch (RFC 7386) of the set's members, in one step: null clears a fault, what is not named stays. */
  z.strictObject({ action: z.literal('patchFaults'), faults: z.record(z.string(), z.unknown()) }),
  z.strictObject({ action: z.literal('clearFaults') }),
  /** Puts faults over those that are set, and ends by itself: what a grader tries may not outlive it. An empty set ends it at once. */
  z.strictObject({ action: z.literal('tryFaults'), faults: z.unknown(), forMs: z.int().min(1).max(120_000) }),
  z.strictObject({
    action: z.literal('requests'),
    /** Only those with a greater sequence number. */
    after: z.int().min(0).default(0),
    limit: z.int().min(1).max(1_000).default(1_000),
  }),
]);

export const controlCallSchema = z.strictObject({
  /** Chosen by whoever asks, to tell answers apart. */
  id: z.int().default(0),
  /** What the control port demands, where the pod holds only its hash. */
  token: z.string().optional(),
  order: controlOrderSchema,
});

/** The control port answered the order with that id, or could not be asked and why. */
export const controlAnswerSchema = z.union([
  z.strictObject({ id: z.int(), status: z.int(), body: z.unknown() }),
  z.strictObject({ id: z.int(), error: z.string() }),
]);

export type ControlOrder = z.input<typeof controlOrderSchema>;
export type ControlAnswer = z.infer<typeof controlAnswerSchema>;
