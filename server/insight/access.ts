import type { Role } from '../contract/roles.ts';

export interface Looker {
  readonly id: string;
  readonly role: Role;
  /** Everybody in the cohorts that name this person as their manager. */
  readonly managed: ReadonlySet<string>;
}

const SEES_EVERYBODY: ReadonlySet<Role> = new Set(['instructor', 'admin']);

/**
 * The one rule of whose evidence somebody is shown here: their own; everybody's for instructors, who judge it, and administrators; for a manager
 * that of the people in the cohorts that name them.
 */
export function mayLookInto(looker: Looker, personId: string): boolean {
  if (looker.id === personId || SEES_EVERYBODY.has(looker.role)) return true;
  return looker.role === 'manager' && looker.managed.has(personId);
}
