import { probeReportSchema, type ProbeRequest, type ProbeResult } from '../infra/images/prober/protocol.ts';
import { PlatformError, describeError } from './platform-error.ts';
import type { RunInPod } from './pod-exec.ts';

/** Makes requests from outside the trainee's namespaces. Throws PlatformError when it could not; what the service does is in the result. */
export interface Prober {
  /** Results in the order of the requests. */
  probe(requests: readonly ProbeRequest[], signal?: AbortSignal): Promise<readonly ProbeResult[]>;
}

/** Starting the program, beyond what the requests themselves may take. */
const START_ALLOWANCE_MS = 10_000;
/** To start a process in a pod takes ten times as long. */
const GATHER_MS = 20;
const CONCURRENCY = 8;
const MAX_REQUESTS = 200;

interface Waiting {
  readonly requests: readonly ProbeRequest[];
  readonly signal: AbortSignal | undefined;
  readonly resolve: (results: readonly ProbeResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Probes by exec in the prober pod. What is asked for at about the same time goes out as one order, so that the ten checks of a step, which
 * read objects first, start one process and not ten.
 */
export class PodProber implements Prober {
  readonly #run: RunInPod;
  readonly #pod: { readonly namespace: string; readonly pod: string; readonly container: string };
  #waiting: Waiting[] = [];

  constructor(run: RunInPod, pod: { readonly namespace: string; readonly pod: string; readonly container: string }) {
    this.#run = run;
    this.#pod = pod;
  }

  probe(requests: readonly ProbeRequest[], signal?: AbortSignal): Promise<readonly ProbeResult[]> {
    if (requests.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setTimeout(() => void this.#flush(), GATHER_MS);
      this.#waiting.push({ requests, signal, resolve, reject });
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const results = await this.#order(batch);
      for (const { requests, resolve } of batch) resolve(results.splice(0, requests.length));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async #order(batch: readonly Waiting[]): Promise<ProbeResult[]> {
    const requests = batch.flatMap((waiting) => waiting.requests);
    if (requests.length > MAX_REQUESTS) throw new PlatformError('ProberFailed', `${requests.length} probes at once are too many.`);
    const rounds = Math.ceil(requests.length / CONCURRENCY);
    const slowestMs = Math.max(...requests.map((request) => request.timeoutMs ?? 5_000));
    const signals = batch.flatMap(({ signal }) => (signal === undefined ? [] : [signal]));
    const outcome = await this.#run({
      ...this.#pod,
      command: ['node', '/app/prober.mjs', 'run'],
      stdin: JSON.stringify({ concurrency: CONCURRENCY, requests }),
      timeoutMs: START_ALLOWANCE_MS + rounds * slowestMs,
      ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
    });
    if (outcome.exitCode !== 0)
      throw new PlatformError('ProberFailed', `The prober ended with ${outcome.exitCode}: ${outcome.stderr.slice(0, 500)}`);
    return [...readReport(outcome.stdout, requests.length)];
  }
}

function readReport(text: string, expected: number): readonly ProbeResult[] {
  let results: readonly ProbeResult[];
  try {
    results = probeReportSchema.parse(JSON.parse(text)).results;
  } catch (error) {
    throw new PlatformError('ProberFailed', `The prober's report could not be read: ${describeError(error).slice(0, 300)}`, {
      cause: error,
    });
  }
  if (results.length !== expected) throw new PlatformError('ProberFailed', `The prober answered ${results.length} of ${expected} probes.`);
  return results;
}
