import type { LabProblem, LabStage, LabSummary, StageOptions, Variant } from '../../labs/lab-stage.ts';

/** The labs that can be run; `labs`, `problems` and `find` may answer anew each time. `app.ts` makes one of the labs folder; tests of fakes. */
export interface LabCatalogue {
  readonly labs: readonly LabSummary[];
  readonly problems: readonly LabProblem[];
  find(slug: string): LabSummary | undefined;
  /** The same seed gives the same variant. `fault` overrides the one the seed chose. */
  planVariant(slug: string, seed: string, fault?: string): Variant;
  /** Called before an attempt at the lab is stored: whichever server runs it must have the lab as it is now. */
  keep(slug: string): Promise<void>;
  /** Of the version that the attempt began with, by its hash: a lab that is edited meanwhile does not change under anybody. */
  createStage(lab: { readonly slug: string; readonly hash: string }, options: StageOptions): Promise<LabStage>;
}
