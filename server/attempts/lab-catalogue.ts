import type { LabProblem, LabStage, LabSummary, StageOptions, Variant } from '../../labs/lab-stage.ts';

/** The labs that can be run. `app.ts` makes one of the labs folder; tests of fakes. */
export interface LabCatalogue {
  readonly labs: readonly LabSummary[];
  readonly problems: readonly LabProblem[];
  find(slug: string): LabSummary | undefined;
  /** The same seed gives the same variant. `fault` overrides the one the seed chose. */
  planVariant(slug: string, seed: string, fault?: string): Variant;
  createStage(slug: string, options: StageOptions): LabStage;
}
