import type { DrillMove, DrillRight, DrillRole } from '../contract/drills.ts';
import type { Role } from '../contract/roles.ts';
import type { DrillState } from './drill-state.ts';

const PLAYS: readonly DrillRight[] = ['play', 'chat'];

/** What each role in a drill may do (GRADING.md, Drills). A commander leads and does not type; experts type. */
const RIGHTS: Readonly<Record<DrillRole, readonly DrillRight[]>> = {
  commander: [...PLAYS, 'command', 'status'],
  deputy: [...PLAYS, 'command'],
  scribe: PLAYS,
  expert: [...PLAYS, 'type'],
  'customer-liaison': [...PLAYS, 'status'],
  'internal-liaison': [...PLAYS, 'status'],
  facilitator: ['run', 'evaluate', 'chat'],
  controller: ['run', 'chat'],
  evaluator: ['evaluate', 'chat'],
  observer: [],
};

/** One of these rights is needed for a move. */
const NEEDED: Readonly<Record<DrillMove['move'], readonly DrillRight[]>> = {
  start: ['run'],
  pause: ['run'],
  resume: ['run'],
  jump: ['run'],
  fire: ['run'],
  skip: ['run'],
  edit: ['run'],
  improvise: ['run'],
  checkpoint: ['run'],
  rewind: ['run'],
  service: ['run'],
  'give-role': ['run'],
  'take-part-away': ['run'],
  end: ['run'],
  mark: ['run', 'evaluate'],
  confirm: ['run', 'evaluate'],
  note: ['run', 'evaluate'],
  'rate-objective': ['evaluate'],
  'rate-communication': ['evaluate'],
  'hot-wash': ['run', 'evaluate', 'play'],
  acknowledge: ['play'],
  act: ['play'],
  suppose: ['play'],
  declare: ['play'],
  status: ['status'],
  say: ['chat'],
  leave: ['chat'],
};

/**
 * How much of a drill somebody sees: `all`, with what is to come and the evaluators' notes; `course`, what has happened so far, without private words; `own`, what
 * their role is shown; `none`, not even that there is one.
 */
export type Sight = 'all' | 'course' | 'own' | 'none';

export interface Viewer {
  readonly id: string;
  readonly role: Role;
}

export interface Part {
  readonly role: DrillRole | null;
  readonly rights: readonly DrillRight[];
  readonly sight: Sight;
}

/**
 * What somebody is in a drill. A part in it decides, whatever else they may do in the product: an instructor who plays must not read the script. Instructors and
 * administrators without a part may step in and run it, so that it goes on when its facilitator falls ill; managers look on. Pure.
 */
export function partOf(viewer: Viewer, { members }: Pick<DrillState, 'members'>): Part {
  const role = members.find(({ personId }) => personId === viewer.id)?.role ?? null;
  if (role !== null) return { role, rights: RIGHTS[role], sight: sightOf(role) };
  if (viewer.role === 'instructor' || viewer.role === 'admin') return { role: null, rights: ['run', 'evaluate', 'chat'], sight: 'all' };
  return { role: null, rights: [], sight: viewer.role === 'manager' ? 'course' : 'none' };
}

export function mayMove(part: Part, move: DrillMove['move']): boolean {
  return NEEDED[move].some((right) => part.rights.includes(right));
}

function sightOf(role: DrillRole): Sight {
  if (role === 'observer') return 'course';
  return isExerciseRole(role) ? 'all' : 'own';
}

export function isExerciseRole(role: DrillRole): boolean {
  return role === 'facilitator' || role === 'controller' || role === 'evaluator' || role === 'observer';
}
