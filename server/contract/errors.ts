import { z } from 'zod';

/**
 * Every refusal over HTTP and every failed socket acknowledgement has this shape. `message` says what happened and why in a sentence for
 * a person, `remedy` what to do next.
 */
export const errorCodeSchema = z.enum([
  'InvalidRequest',
  'SignInRequired',
  'WrongCredentials',
  'LinkExpired',
  'Forbidden',
  'CsrfTokenMissing',
  'NotFound',
  'Conflict',
  'AttemptNotRunning',
  'AlreadyRunning',
  'StepLocked',
  'HintLocked',
  'NotHealthy',
  'NoExtensionsLeft',
  'TerminalLimit',
  'ReadOnly',
  'CapacityExhausted',
  'SubstrateUnavailable',
  'Unavailable',
  'TooManyRequests',
  'PayloadTooLarge',
  'StorageFull',
  'Internal',
]);
export type ErrorCode = z.infer<typeof errorCodeSchema>;

export const errorBodySchema = z.strictObject({
  error: z.strictObject({
    code: errorCodeSchema,
    message: z.string(),
    remedy: z.string().optional(),
    /** For InvalidRequest: the fields that are wrong. */
    issues: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    /** For TooManyRequests and CapacityExhausted. */
    retryAfterSeconds: z.int().optional(),
    requestId: z.string().optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;
