import type { WrittenArtefact } from './artefact.ts';
import type { Classification } from './forms.ts';

/** Where the grader finds what was written. The product keeps it outside of the sandbox. */
export interface ArtefactShelf {
  /** The newest that was kept, submitted or not; undefined when nothing was written. */
  fetch(id: string): Promise<WrittenArtefact | undefined>;
  /** Of the fault that is or was live. */
  readonly classification: Classification | undefined;
}
