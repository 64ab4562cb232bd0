import type { DrillScript } from '../../scenarios/drills/drill-script.ts';
import type { DrillRole } from '../contract/drills.ts';
import type { Role } from '../contract/roles.ts';
import { isExerciseRole } from './drill-rights.ts';

export interface Casting {
  readonly personId: string;
  readonly name: string;
  /** In the product. */
  readonly accountRole: Role;
  readonly role: DrillRole;
}

export interface CastIssue {
  readonly path: string;
  readonly message: string;
}

const READS_SCRIPTS: ReadonlySet<Role> = new Set<Role>(['instructor', 'manager', 'admin']);

/** So many people may have it at once; what is not here any number may have. */
const AT_MOST: Partial<Record<DrillRole, number>> = {
  commander: 1,
  deputy: 1,
  scribe: 1,
  'customer-liaison': 1,
  'internal-liaison': 1,
};

export const ROLE_WORDS: Readonly<Record<DrillRole, string>> = {
  commander: 'incident commander',
  deputy: 'deputy',
  scribe: 'scribe',
  expert: 'expert',
  'customer-liaison': 'customer liaison',
  'internal-liaison': 'internal liaison',
  facilitator: 'facilitator',
  controller: 'controller',
  evaluator: 'evaluator',
  observer: 'observer',
};

/**
 * What is wrong with who is to play what: one person with two roles, two people with a role that only one may have, a role that the script needs and nobody
 * has, somebody who would run a drill without being an instructor. Pure.
 */
export function findCastIssues(cast: readonly Casting[], { roles }: Pick<DrillScript, 'roles'>): readonly CastIssue[] {
  const twice = cast.flatMap(({ personId, name, role }, index) => {
    const before = cast.slice(0, index).find((other) => other.personId === personId);
    if (before === undefined) return [];
    const both = before.role === role ? `${ROLE_WORDS[role]} twice` : `${ROLE_WORDS[before.role]} and ${ROLE_WORDS[role]}`;
    return [{ path: `members.${index}`, message: `${name} is ${both}. Give each person one role.` }];
  });
  const crowded = cast.flatMap(({ name, role }, index) => {
    const before = cast.slice(0, index).filter((other) => other.role === role);
    const limit = AT_MOST[role];
    if (limit === undefined || before.length < limit) return [];
    const who = before[0]?.name ?? '';
    return [{ path: `members.${index}.role`, message: `${who} and ${name} are both ${ROLE_WORDS[role]}. Only one can be.` }];
  });
  const strangers = cast.flatMap(({ name, role, accountRole }, index) => issueOfStation(name, role, accountRole, index));
  const missing = roles.needed
    .filter((role) => !cast.some((member) => member.role === role))
    .map((role) => ({ path: 'members', message: `Nobody is ${ROLE_WORDS[role]}, whom this script needs.` }));
  const unled = cast.some(({ role }) => role === 'facilitator')
    ? []
    : [{ path: 'members', message: 'Nobody is facilitator. Somebody has to run it.' }];
  return [...twice, ...crowded, ...strangers, ...missing, ...unled];
}

/** Whoever runs or evaluates a drill reads its script and its notes. */
function issueOfStation(name: string, role: DrillRole, accountRole: Role, index: number): readonly CastIssue[] {
  if (!isExerciseRole(role) || role === 'observer' || READS_SCRIPTS.has(accountRole)) return [];
  return [
    { path: `members.${index}.role`, message: `${name} is a ${accountRole} and cannot be ${ROLE_WORDS[role]}, who reads the script.` },
  ];
}
