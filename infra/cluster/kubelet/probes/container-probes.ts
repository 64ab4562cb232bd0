import type { Container, Probe } from '../../meta/generated/types.ts';
import { ProbeLoop, type ProbeKind } from './probe-loop.ts';
import type { ProbeOutcome } from './probe-outcome.ts';
import { runProbe, type ProbeTarget } from './run-probe.ts';

export interface ContainerProbesOptions {
  readonly target: ProbeTarget;
  /** A container that an earlier kubelet saw pass its startup probe need not pass it again. */
  readonly isStarted: boolean;
  readonly startedAtMs: number;
  readonly onStarted: () => void;
  readonly onReady: (isReady: boolean) => void;
  /** The container has failed its startup or liveness probe as often as allowed. */
  readonly onCondemned: (kind: 'startup' | 'liveness', probe: Probe) => void;
  readonly onUnhealthy: (message: string) => void;
}

const DEFAULT_TIMEOUT_SECONDS = 1;

/** A running container's probes: startup first, and once that has passed (or where there is none) liveness and readiness. */
export class ContainerProbes implements Disposable {
  readonly #options: ContainerProbesOptions;
  #loops: ProbeLoop[] = [];

  constructor(options: ContainerProbesOptions) {
    this.#options = options;
    const { startupProbe } = this.#container;
    if (startupProbe === undefined || options.isStarted) this.#watchHealth(options.startedAtMs);
    else this.#watchStartup(startupProbe);
  }

  [Symbol.dispose](): void {
    for (const loop of this.#loops.splice(0)) loop[Symbol.dispose]();
  }

  get #container(): Container {
    return this.#options.target.container;
  }

  #watchStartup(probe: Probe): void {
    const { startedAtMs, onStarted, onCondemned, target } = this.#options;
    const loop = this.#loop('startup', probe, startedAtMs, (isHealthy) => {
      if (!isHealthy) {
        onCondemned('startup', probe);
        return;
      }
      loop[Symbol.dispose]();
      this.#watchHealth(target.clock.now());
      onStarted();
    });
  }

  #watchHealth(sinceMs: number): void {
    const { livenessProbe, readinessProbe } = this.#container;
    const { onReady, onCondemned } = this.#options;
    if (readinessProbe !== undefined) this.#loop('readiness', readinessProbe, sinceMs, onReady);
    if (livenessProbe === undefined) return;
    this.#loop('liveness', livenessProbe, sinceMs, (isHealthy) => {
      if (!isHealthy) onCondemned('liveness', livenessProbe);
    });
  }

  #loop(kind: ProbeKind, probe: Probe, sinceMs: number, onVerdict: (isHealthy: boolean) => void): ProbeLoop {
    const { target, onUnhealthy } = this.#options;
    const look = (): Promise<ProbeOutcome> => runProbe(probe, target, (probe.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000);
    const loop = new ProbeLoop({
      kind,
      probe,
      clock: target.clock,
      sinceMs,
      look,
      onVerdict,
      onUnhealthy: (outcome) => onUnhealthy(unhealthyMessage(kind, outcome)),
    });
    this.#loops.push(loop);
    return loop;
  }
}

function unhealthyMessage(kind: ProbeKind, outcome: Exclude<ProbeOutcome, { kind: 'success' }>): string {
  const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  if (outcome.kind === 'unknown') return `${name} probe errored and resulted in unknown state: ${outcome.message}`;
  return `${name} probe failed: ${outcome.message}`;
}
