import { createHash } from 'node:crypto';
import type { EvidenceRecord } from '../attempts/evidence-chain.ts';
import type { DrillRole } from '../contract/drills.ts';
import type { DrillEntry, HappeningKind } from './drill-entry.ts';
import { isUndone, type DrillState } from './drill-state.ts';

export const DRILL_ENDED = 'drill-ended';
export const DRILL_JUDGED = 'drill-judged';

/** What the chain of evidence keeps of a drill that ended. Certificates count from this, and nothing else. */
export interface DrillSeal {
  readonly drillId: string;
  readonly title: string;
  readonly script: string;
  readonly scriptHash: string;
  readonly mode: 'tabletop' | 'live-fire';
  readonly endedAtMs: number;
  /** The incident of the script began, and was not taken back. A drill that ended before shows nothing of anybody. */
  readonly begun: boolean;
  /** Who came, by the role that they had at the end. */
  readonly members: readonly { readonly personId: string; readonly role: DrillRole }[];
  /** Of the record until its end; ratings and the hot wash follow after it. */
  readonly entries: number;
  readonly sha256: string;
}

/** An entry as it is stored, so that the store can be compared with the chain without knowing what entries mean. */
export interface StoredEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly actorId: string | null;
  readonly document: string;
}

const JUDGING: ReadonlySet<HappeningKind> = new Set<HappeningKind>(['objective-rated', 'communication-rated']);

/** What of entries that are added becomes evidence: the end of the drill, and each judgement of it. `state` and `entries` are with them. Pure. */
export function planEvidence(state: DrillState, entries: readonly DrillEntry[], added: readonly DrillEntry[]): readonly EvidenceRecord[] {
  return added.flatMap((entry): EvidenceRecord[] => {
    const record = { attemptId: state.head.id, atMs: entry.atMs };
    if (entry.what.kind === 'ended') return [{ ...record, kind: DRILL_ENDED, payload: sealDrill(state, entries, entry) }];
    return JUDGING.has(entry.what.kind) ? [{ ...record, kind: DRILL_JUDGED, payload: storedEntry(entry) }] : [];
  });
}

function sealDrill(state: DrillState, entries: readonly DrillEntry[], end: DrillEntry): DrillSeal {
  const { head, members } = state;
  const until = entries.filter(({ seq }) => seq <= end.seq);
  return {
    drillId: head.id,
    title: head.script.title,
    script: head.scriptSlug,
    scriptHash: head.scriptHash,
    mode: head.mode,
    endedAtMs: end.atMs,
    begun: until.some((entry) => entry.what.kind === 'inject-fired' && entry.what.inject === head.script.begins && !isUndone(state, entry)),
    members: members.flatMap(({ personId, role, presence }) => (presence === 'not-yet' ? [] : [{ personId, role }])),
    entries: until.length,
    sha256: digestEntries(until.map(storedEntry)),
  };
}

function storedEntry({ seq, atMs, actorId, what }: DrillEntry): StoredEntry {
  return { seq, atMs, actorId, document: JSON.stringify(what) };
}

/** Over all entries, in their order. */
export function digestEntries(entries: readonly StoredEntry[]): string {
  const hash = createHash('sha256');
  for (const { seq, atMs, actorId, document } of entries) hash.update(`${JSON.stringify([seq, atMs, actorId, document])}\n`);
  return hash.digest('hex');
}

export function isJudging(kind: HappeningKind): boolean {
  return JUDGING.has(kind);
}
