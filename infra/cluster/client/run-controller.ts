import type { ClusterLog } from '../cluster-options.ts';
import { messageOf, refusalReason } from './api-errors.ts';
import type { ObjectKey } from './object-key.ts';
import type { WorkQueue } from './work-queue.ts';

/** Thrown by a reconciler for what another attempt cannot mend; the key waits until something about its object changes. */
export class TerminalError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TerminalError';
    this.code = code;
  }
}

/** What a reconciler may ask for: to be called again though nothing has changed. */
export type ReconcileResult = { readonly requeueAfterMs: number } | undefined;

export interface ControllerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  /** Reads all it needs, compares and converges; the key says which object, never what happened to it. */
  readonly reconcile: (key: ObjectKey) => Promise<ReconcileResult>;
  readonly workers: number;
  readonly log: ClusterLog;
}

/**
 * Runs workers over a queue until the queue is disposed; resolves when the last has stopped. Retrying is decided here alone: an
 * error means back-off, a refusal by the API means the same without a word in the log, a TerminalError means no retry.
 */
export async function runController(options: ControllerOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.workers }, () => work(options)));
}

/**
 * The API is in the same process and answers within microtasks: a worker that always finds a next key would keep sockets and timers
 * waiting. It lets them have their turn at least this often.
 */
const MAX_TURN_MS = 8;

async function work(options: ControllerOptions): Promise<void> {
  const { queue } = options;
  let turnBeganAtMs = performance.now();
  for (;;) {
    const key = await queue.next();
    if (key === undefined) return;
    await process(options, key);
    queue.done(key);
    if (performance.now() - turnBeganAtMs < MAX_TURN_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    turnBeganAtMs = performance.now();
  }
}

async function process({ name, queue, reconcile, log }: ControllerOptions, key: ObjectKey): Promise<void> {
  try {
    const result = await reconcile(key);
    queue.forget(key);
    if (result !== undefined) queue.addAfter(key, result.requeueAfterMs);
  } catch (error) {
    if (error instanceof TerminalError) {
      queue.forget(key);
      log.warn({ controller: name, key, code: error.code, reason: error.message }, 'gave up until the object changes');
      return;
    }
    // What the API refuses is told by events and conditions where it matters; only our own failures are news.
    const reason = refusalReason(error);
    const level = reason === undefined || reason === 'InternalError' ? 'warn' : 'debug';
    log[level]({ controller: name, key, reason: messageOf(error) }, 'reconcile failed, will retry');
    queue.addRateLimited(key);
  }
}
