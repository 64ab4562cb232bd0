import type { WrittenArtefact } from '../../grader/artefacts/artefact.ts';
import type { IncidentRecord } from '../../grader/incidents/status-update.ts';
import type { LabStage, StageProgress } from '../../labs/lab-stage.ts';
import { SubstrateError, type Sandbox, type Substrate } from '../sandboxes/substrate.ts';
import type { Attempt } from './attempt.ts';
import type { LabCatalogue } from './lab-catalogue.ts';

export interface SandboxHoldParts {
  readonly attempt: () => Attempt;
  readonly substrate: Substrate;
  readonly catalogue: LabCatalogue;
  readonly fetchArtefact: (id: string) => Promise<WrittenArtefact | undefined>;
  readonly fetchIncident: () => Promise<IncidentRecord | undefined>;
  readonly progress: (event: StageProgress) => void;
}

/** An attempt's sandbox and the lab's stage in it, found when first asked for and kept until forgotten. */
export class SandboxHold {
  readonly #parts: SandboxHoldParts;
  #sandbox: Promise<Sandbox> | undefined;
  #stage: Promise<LabStage> | undefined;
  #abort = new AbortController();
  #endStep: ((state: 'done' | 'failed') => void) | undefined;

  constructor(parts: SandboxHoldParts) {
    this.#parts = parts;
  }

  /** Makes the sandbox, or finds it again; `anew` removes what is there before. */
  async provision(anew: boolean, signal: AbortSignal): Promise<Sandbox> {
    const { substrate, attempt, catalogue } = this.#parts;
    const { sandboxId, lab } = attempt();
    if (anew) await substrate.release(sandboxId);
    const provisioned = substrate.provision(sandboxId, this.#tellSteps(), signal, catalogue.find(lab.slug)?.nodes);
    this.#sandbox = provisioned;
    const sandbox = await provisioned;
    this.#endStep?.('done');
    return sandbox;
  }

  /** Throws SubstrateError UnknownSandbox when it is gone. */
  sandbox(): Promise<Sandbox> {
    this.#sandbox ??= this.#adopt().catch((error: unknown) => {
      // What failed is tried anew by the next who asks.
      this.#sandbox = undefined;
      throw error;
    });
    return this.#sandbox;
  }

  stage(): Promise<LabStage> {
    this.#stage ??= this.#createStage().catch((error: unknown) => {
      this.#stage = undefined;
      throw error;
    });
    return this.#stage;
  }

  /** Stops what the stage is doing. The next use finds the sandbox anew: after an engine's return its address may be another. */
  forget(): void {
    this.#abort.abort(new Error('The sandbox is let go of.'));
    this.#abort = new AbortController();
    this.#sandbox = undefined;
    this.#stage = undefined;
    this.#endStep?.('failed');
  }

  async #adopt(): Promise<Sandbox> {
    const { sandboxId } = this.#parts.attempt();
    const sandbox = await this.#parts.substrate.adopt(sandboxId);
    if (sandbox === undefined) throw new SubstrateError('UnknownSandbox', `The sandbox ${sandboxId} does not exist any more.`);
    return sandbox;
  }

  async #createStage(): Promise<LabStage> {
    const { attempt, catalogue, fetchArtefact, fetchIncident, progress } = this.#parts;
    const { signal } = this.#abort;
    const { operatorConfig, place } = await this.sandbox();
    const { lab, variant } = attempt();
    const tell = (event: StageProgress): void => {
      if (!signal.aborted) progress(event);
    };
    return catalogue.createStage(lab, { variant, kubeConfig: operatorConfig, place, signal, fetchArtefact, fetchIncident, progress: tell });
  }

  /** The substrate says in plain text what it begins; each such text ends the one before it. */
  #tellSteps(): (text: string) => void {
    let count = 0;
    return (text) => {
      this.#endStep?.('done');
      const id = `sandbox-${(count += 1)}`;
      this.#parts.progress({ id, text, state: 'started' });
      this.#endStep = (state) => {
        this.#endStep = undefined;
        this.#parts.progress({ id, text, state });
      };
    };
  }
}
