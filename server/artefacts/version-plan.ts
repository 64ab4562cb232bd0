import type { ArtefactContent } from '../../grader/artefacts/artefact.ts';

/** The newest version as far as a save must know it. */
export interface NewestVersion {
  readonly version: number;
  readonly byId: string;
  readonly startedAtMs: number;
  readonly submitted: boolean;
  readonly content: ArtefactContent;
}

export type SavePlan = { readonly kind: 'nothing' } | { readonly kind: 'rewrite' | 'begin'; readonly version: number };

/** Pages save as one types; what is typed in so long is one version. */
const VERSION_SPAN_MS = 10 * 60_000;

/** Whether a save is a new version or goes on with the newest. What was submitted is never written over. Pure. */
export function planSave(newest: NewestVersion | undefined, content: ArtefactContent, byId: string, nowMs: number): SavePlan {
  if (newest === undefined) return { kind: 'begin', version: 1 };
  if (JSON.stringify(newest.content) === JSON.stringify(content)) return { kind: 'nothing' };
  const goesOn = !newest.submitted && newest.byId === byId && nowMs - newest.startedAtMs < VERSION_SPAN_MS;
  return goesOn ? { kind: 'rewrite', version: newest.version } : { kind: 'begin', version: newest.version + 1 };
}
