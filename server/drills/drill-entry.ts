import type { StatusUpdate } from '../../grader/incidents/status-update.ts';
import type { DrillScript, ScriptInject } from '../../scenarios/drills/drill-script.ts';
import type { DrillRole, DrillMove, ObjectiveRating } from '../contract/drills.ts';

/** What is fixed when a drill is scheduled. The script is kept as it was then. */
export interface DrillHead {
  readonly id: string;
  readonly scriptSlug: string;
  readonly scriptHash: string;
  readonly script: DrillScript;
  readonly mode: 'tabletop' | 'live-fire';
  readonly createdById: string;
  readonly startsAtMs: number;
  /** Of those who have extra time, how much in percent; told to nobody. */
  readonly extraPercent?: Readonly<Record<string, number>>;
}

export type ServiceState = 'up' | 'degraded' | 'down';
type MoveOf<Name extends DrillMove['move']> = Extract<DrillMove, { move: Name }>;

/**
 * Everything that can happen in a drill, as plain JSON. The list of these is the drill: what it looks like at any time is folded from them, so that a restart loses
 * nothing and a report needs no other source.
 */
export type Happening =
  | { readonly kind: 'scheduled' }
  | { readonly kind: 'started' }
  | { readonly kind: 'paused'; readonly reason: string }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'jumped'; readonly toMs: number }
  | { readonly kind: 'inject-fired'; readonly inject: number }
  | { readonly kind: 'inject-skipped'; readonly inject: number; readonly reason: string }
  | {
      readonly kind: 'inject-edited';
      readonly inject: number;
      readonly subject: string;
      readonly text: string;
      readonly dueMs: number | null;
    }
  | { readonly kind: 'inject-improvised'; readonly inject: ScriptInject }
  | { readonly kind: 'checkpoint'; readonly id: number; readonly label: string }
  | { readonly kind: 'rewound'; readonly checkpoint: number }
  | {
      readonly kind: 'service';
      readonly state: ServiceState;
      readonly seen: string;
      readonly failing: readonly string[];
      readonly sampledAtMs?: number;
    }
  | { readonly kind: 'role-given'; readonly personId: string; readonly role: DrillRole }
  | { readonly kind: 'part-taken-away'; readonly personId: string }
  | { readonly kind: 'came' }
  | { readonly kind: 'went'; readonly asked: boolean }
  | { readonly kind: 'acknowledged'; readonly inject: number }
  | { readonly kind: 'acted'; readonly text: string; readonly inject: number | null }
  | { readonly kind: 'supposed'; readonly text: string; readonly inject: number | null }
  | { readonly kind: 'declared'; readonly what: MoveOf<'declare'>['what']; readonly text: string }
  | { readonly kind: 'said'; readonly to: string; readonly text: string }
  | { readonly kind: 'status'; readonly update: Omit<StatusUpdate, 'seq' | 'atMs'> }
  | { readonly kind: 'marked'; readonly inject: number; readonly outcome: MoveOf<'mark'>['outcome']; readonly note: string }
  | { readonly kind: 'confirmed'; readonly entry: number }
  | { readonly kind: 'noted'; readonly text: string }
  | { readonly kind: 'objective-rated'; readonly objective: string; readonly rating: ObjectiveRating; readonly comment: string }
  | { readonly kind: 'communication-rated'; readonly scores: MoveOf<'rate-communication'>['scores']; readonly comment: string }
  | { readonly kind: 'hot-wash'; readonly about: MoveOf<'hot-wash'>['about']; readonly text: string; readonly owner: string }
  | { readonly kind: 'sandbox'; readonly state: SandboxState; readonly attemptId: string | null; readonly words: string }
  | { readonly kind: 'ended' };

export type SandboxState = 'preparing' | 'ready' | 'busy' | 'failed' | 'gone';
export type HappeningKind = Happening['kind'];
export type HappeningOf<Kind extends HappeningKind> = Extract<Happening, { kind: Kind }>;

/** One line of the record. `playedMs` is the time that people really had: pauses and jumps add nothing to it. */
export interface DrillEntry {
  /** Counts from 1 within its drill. */
  readonly seq: number;
  readonly atMs: number;
  readonly scenarioMs: number;
  readonly playedMs: number;
  /** Null: the engine itself. */
  readonly actorId: string | null;
  readonly what: Happening;
}

/** What a rewind does not take back: people came and spoke, and judged what they had seen. */
const LASTING: ReadonlySet<HappeningKind> = new Set<HappeningKind>([
  'scheduled',
  'rewound',
  'role-given',
  'part-taken-away',
  'came',
  'went',
  'said',
  'noted',
  'objective-rated',
  'communication-rated',
  'hot-wash',
  'sandbox',
]);

export function outlastsRewind(kind: HappeningKind): boolean {
  return LASTING.has(kind);
}
