import type { Clock } from '../infra/cluster/meta/clock.ts';
import { readLoadReport, type LoadOrder, type LoadReport } from '../infra/images/prober/load-protocol.ts';
import { probeAnswerSchema, type ProbeAnswer, type ProbeRequest, type ProbeResult } from '../infra/images/prober/protocol.ts';
import { PlatformError, describeError } from './platform-error.ts';
import type { PodProgram, RunInPod } from './pod-exec.ts';
import type { OpenInPod } from './pod-session.ts';
import { PodTalk } from './pod-talk.ts';

/** Makes requests from outside the trainee's namespaces. Throws PlatformError when it could not; what the service does is in the result. */
export interface Prober {
  /** Results in the order of the requests. */
  probe(requests: readonly ProbeRequest[], signal?: AbortSignal): Promise<readonly ProbeResult[]>;
  /** Sends traffic to its end. */
  load(order: LoadOrder, signal?: AbortSignal): Promise<LoadReport>;
}

/** For the way there and back, beyond what the requests themselves may take. */
const ALLOWANCE_MS = 10_000;
const CONCURRENCY = 8;
const MAX_REQUESTS = 200;

/** Probes by one program in the prober pod, started when it is first needed and again when it was lost. */
export class PodProber implements Prober {
  readonly #program: PodProgram;
  readonly #run: RunInPod;
  readonly #talk: PodTalk<ProbeAnswer>;

  constructor(open: OpenInPod, run: RunInPod, pod: Omit<PodProgram, 'command'>, clock: Clock) {
    this.#program = { ...pod, command: ['node', '/app/prober.mjs', 'run'] };
    this.#run = run;
    this.#talk = new PodTalk({
      ...{ open, clock, program: this.#program },
      ...{ name: 'The prober', code: 'ProberFailed', parse: (said) => probeAnswerSchema.parse(said) },
    });
  }

  async load(order: LoadOrder, signal?: AbortSignal): Promise<LoadReport> {
    const { exitCode, stdout, stderr } = await this.#run({
      ...this.#program,
      command: ['node', '/app/prober.mjs', 'load'],
      stdin: `${JSON.stringify(order)}\n`,
      timeoutMs: order.durationMs + (order.timeoutMs ?? 30_000) + ALLOWANCE_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    if (exitCode !== 0) throw new PlatformError('ProberFailed', `The prober ended with ${exitCode}: ${stderr.slice(0, 500)}`);
    try {
      return readLoadReport(stdout);
    } catch (error) {
      throw new PlatformError('ProberFailed', `The prober's report could not be read: ${describeError(error).slice(0, 300)}`, {
        cause: error,
      });
    }
  }

  async probe(requests: readonly ProbeRequest[], signal?: AbortSignal): Promise<readonly ProbeResult[]> {
    if (requests.length === 0) return [];
    if (requests.length > MAX_REQUESTS) throw new PlatformError('ProberFailed', `${requests.length} probes at once are too many.`);
    signal?.throwIfAborted();
    const rounds = Math.ceil(requests.length / CONCURRENCY);
    const slowestMs = Math.max(...requests.map((request) => request.timeoutMs ?? 5_000));
    const answer = await this.#talk.ask({ concurrency: CONCURRENCY, requests }, ALLOWANCE_MS + rounds * slowestMs, signal);
    if ('error' in answer)
      throw new PlatformError('ProberFailed', `The prober could not carry out its order: ${answer.error.slice(0, 500)}`);
    const { results } = answer.report;
    if (results.length !== requests.length)
      throw new PlatformError('ProberFailed', `The prober answered ${results.length} of ${requests.length} probes.`);
    return results;
  }
}
