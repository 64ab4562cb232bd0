import { AppError, notFound } from '../app-error.ts';
import type { Role } from '../contract/roles.ts';
import type { AttemptRight } from '../contract/teams.ts';
import { isTeam, memberOf, rightsOf, type Member } from './team.ts';

export interface Viewer {
  readonly id: string;
  readonly role: Role;
}

interface Shared {
  readonly members: readonly Member[];
}

const WATCHES: ReadonlySet<Role> = new Set(['instructor', 'manager', 'admin']);
const STEERS: ReadonlySet<Role> = new Set(['instructor', 'admin']);

/** Sees any attempt, read-only: its page, result, recordings and terminals. */
export function mayWatchOthers(viewer: Viewer): boolean {
  return WATCHES.has(viewer.role);
}

/** Instructors and administrators: choose faults, extend and end attempts of others. */
export function maySteerOthers(viewer: Viewer): boolean {
  return STEERS.has(viewer.role);
}

/** The one rule of who may do what in an attempt: what the person's role in it allows, and nothing for who has none. */
export function mayDo(viewer: { readonly id: string }, attempt: Shared, right: AttemptRight): boolean {
  const member = memberOf(attempt, viewer.id);
  return member !== undefined && rightsOf(member.role).includes(right);
}

export function mayView(viewer: Viewer, attempt: Shared): boolean {
  return memberOf(attempt, viewer.id) !== undefined || mayWatchOthers(viewer);
}

/** Another trainee's attempt is answered like one that does not exist, so that ids tell nothing. */
export function requireView(viewer: Viewer, attempt: Shared): void {
  if (!mayView(viewer, attempt)) throw notFound('attempt');
}

/** As {@link requireRight}, and for instructors and administrators in everybody's attempts. */
export function requireSteer(viewer: Viewer, attempt: Shared, right: AttemptRight): void {
  if (!maySteerOthers(viewer)) requireRight(viewer, attempt, right);
}

/** Only whose attempt it is, and of a team only whose role it is. */
export function requireRight(viewer: Viewer, attempt: Shared, right: AttemptRight): void {
  requireView(viewer, attempt);
  if (!mayDo(viewer, attempt, right)) throw refusal(viewer, attempt, right);
}

const WHOSE: Readonly<Record<AttemptRight, string>> = {
  type: 'Experts type in the terminals; everybody else in the team watches.',
  work: 'Commander, deputy and experts have the checks made and open hints.',
  decide: 'The commander decides that, or the deputy.',
  write: 'Who plays in the team writes its artefacts.',
  'status-users': 'The customer liaison writes to the users.',
  'status-internal': 'The liaisons write the status updates.',
  'hand-over': 'The commander hands roles over, or the deputy.',
};

function refusal(viewer: Viewer, attempt: Shared, right: AttemptRight): AppError {
  if (isTeam(attempt) && memberOf(attempt, viewer.id) !== undefined)
    return new AppError('ReadOnly', WHOSE[right], { remedy: 'Tell whoever has the role, or have it handed over to you.' });
  return new AppError('ReadOnly', 'You may look at this attempt but not work in it.', {
    remedy: 'Start an attempt of your own from the catalogue.',
  });
}
