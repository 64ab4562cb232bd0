import { AppError, notFound } from '../app-error.ts';
import type { Role } from '../contract/roles.ts';

export interface Viewer {
  readonly id: string;
  readonly role: Role;
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

/** Another trainee's attempt is answered like one that does not exist, so that ids tell nothing. */
export function requireView(viewer: Viewer, attempt: { readonly personId: string }): void {
  if (attempt.personId !== viewer.id && !mayWatchOthers(viewer)) throw notFound('attempt');
}

export function requireSteer(viewer: Viewer, attempt: { readonly personId: string }): void {
  requireView(viewer, attempt);
  if (attempt.personId !== viewer.id && !maySteerOthers(viewer)) throw readOnly();
}

/** Typing, grading and the like: only whose attempt it is. */
export function requireOwner(viewer: Viewer, attempt: { readonly personId: string }): void {
  requireView(viewer, attempt);
  if (attempt.personId !== viewer.id) throw readOnly();
}

function readOnly(): AppError {
  return new AppError('ReadOnly', 'You may look at this attempt but not work in it.', {
    remedy: 'Start an attempt of your own from the catalogue.',
  });
}
