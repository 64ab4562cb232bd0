import { StageError } from '../../../labs/lab-stage.ts';
import { AppError, messageOf } from '../../app-error.ts';
import { SubstrateError } from '../../sandboxes/substrate.ts';
import type { JobKind } from './job.ts';

/**
 * What to do when a job failed. `wait`: until the substrate is back, the clock standing. `retry`: by itself after a while; `waitsFor` is what people are told meanwhile.
 * `give-up`: the attempt goes on without it, or breaks. `lost`: the sandbox is gone, nothing can go on.
 */
export type FailurePlan =
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly counts: boolean; readonly waitsFor?: string }
  | { readonly kind: 'give-up'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

const MAX_TRIES = 3;
const DELAYS_MS = [2_000, 5_000] as const;
const STORAGE_RETRY_MS = 5_000;
const RELEASE_RETRY_MS = 10_000;
const FULL_RETRY_MS = 10_000;

const TROUBLE: Readonly<Record<JobKind, string>> = {
  provision: 'The sandbox could not be made.',
  incident: 'The incident could not be started.',
  reset: 'The sandbox could not be reset.',
  skip: 'The step could not be solved.',
  grade: 'The work could not be judged.',
  release: 'The sandbox could not be removed.',
};

/** `tries` counts this one. */
export function planFailure(kind: JobKind, error: unknown, tries: number, platformHealthy: boolean): FailurePlan {
  if (error instanceof AppError && error.code === 'StorageFull') return { kind: 'retry', delayMs: STORAGE_RETRY_MS, counts: false };
  if (kind === 'release') return { kind: 'retry', delayMs: RELEASE_RETRY_MS, counts: false };
  if (!platformHealthy || (error instanceof SubstrateError && error.code === 'Unavailable')) {
    return {
      kind: 'wait',
      reason: `The platform under your sandbox is away. The clock stands still; nothing is lost. (${explain(error)})`,
    };
  }
  // Others may have filled the clusters meanwhile; there is room again when somebody's sandbox ends.
  if (error instanceof SubstrateError && error.code === 'CapacityExhausted')
    return {
      kind: 'retry',
      delayMs: FULL_RETRY_MS,
      counts: false,
      waitsFor: `No cluster has room. It is tried again by itself. (${explain(error)})`,
    };
  if (isGone(error) && kind !== 'provision')
    return { kind: 'lost', reason: `The sandbox is gone, which is our fault and does not count against you. (${explain(error)})` };
  if (tries < MAX_TRIES) return { kind: 'retry', delayMs: DELAYS_MS[tries - 1] ?? STORAGE_RETRY_MS, counts: true };
  return { kind: 'give-up', reason: `${TROUBLE[kind]} ${explain(error)}` };
}

function isGone(error: unknown): boolean {
  if (error instanceof SubstrateError) return error.code === 'UnknownSandbox';
  return error instanceof StageError && error.code === 'SandboxLost';
}

/** Messages of these two are written for people; of anything else only the log gets to know. */
function explain(error: unknown): string {
  return error instanceof StageError || error instanceof SubstrateError
    ? messageOf(error)
    : 'Something unexpected went wrong; the server log says what.';
}
