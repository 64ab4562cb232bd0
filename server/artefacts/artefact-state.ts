import type { ArtefactState } from '../contract/artefacts.ts';

/** An artefact by what was handed in and what was said of it. Pure. */
export function artefactStateOf(
  submittedVersion: number | null,
  rating: { readonly version: number; readonly accepted: boolean } | undefined,
): ArtefactState {
  if (rating?.accepted === true) return 'accepted';
  if (submittedVersion === null) return 'open';
  return rating !== undefined && rating.version >= submittedVersion ? 'returned' : 'handed-in';
}
