import type { Role } from '../../../server/contract/roles.ts';

/**
 * Which pages a role is shown. Only for leaving out what the server would refuse anyway: the server checks every request by itself.
 */
export interface Destination {
  readonly path: string;
  readonly label: string;
  /** The second key after `g`. */
  readonly key: string;
  readonly roles: readonly Role[];
}

export const DESTINATIONS: readonly Destination[] = [
  { path: '/labs', label: 'Labs', key: 'l', roles: ['trainee', 'instructor', 'manager', 'admin'] },
  { path: '/training', label: 'Training', key: 't', roles: ['trainee', 'instructor', 'manager', 'admin'] },
  { path: '/drills', label: 'Drills', key: 'd', roles: ['trainee', 'instructor', 'manager', 'admin'] },
  { path: '/roster', label: 'Roster', key: 'r', roles: ['instructor', 'admin'] },
  { path: '/grades', label: 'Grades', key: 'g', roles: ['instructor', 'manager', 'admin'] },
  { path: '/certificates', label: 'Certificates', key: 'b', roles: ['trainee', 'instructor', 'manager', 'admin'] },
  { path: '/skills', label: 'Skills', key: 'k', roles: ['trainee', 'instructor', 'manager', 'admin'] },
  { path: '/programme', label: 'Programme', key: 'm', roles: ['manager', 'admin'] },
  { path: '/interviews', label: 'Interviews', key: 'i', roles: ['instructor', 'manager', 'admin'] },
  { path: '/cohorts', label: 'Cohorts', key: 'c', roles: ['instructor', 'manager', 'admin'] },
  { path: '/people', label: 'People', key: 'p', roles: ['admin'] },
  { path: '/sandboxes', label: 'Sandboxes', key: 's', roles: ['admin'] },
  { path: '/audit', label: 'Audit', key: 'a', roles: ['admin'] },
];

export function destinationsOf(role: Role): readonly Destination[] {
  return DESTINATIONS.filter((destination) => destination.roles.includes(role));
}

/** Where a person's work is. */
export function homeOf(role: Role): string {
  switch (role) {
    case 'trainee':
      return '/labs';
    case 'instructor':
      return '/roster';
    case 'manager':
      return '/programme';
    case 'admin':
      return '/people';
    case 'candidate':
      return '/interview';
  }
}

export const mayOverride = (role: Role): boolean => role === 'manager' || role === 'admin';
export const mayInstruct = (role: Role): boolean => role === 'instructor' || role === 'admin';
export const ROLE_LABELS: Readonly<Record<Role, string>> = {
  trainee: 'Trainee',
  instructor: 'Instructor',
  manager: 'Manager',
  admin: 'Administrator',
  candidate: 'Candidate',
};
