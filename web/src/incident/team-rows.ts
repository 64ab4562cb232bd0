import type { LabTeamRole } from '../../../server/contract/teams.ts';

export type PlayerRole = LabTeamRole['role'];

export interface TeamRow {
  readonly role: PlayerRole;
  /** A team mate's name or anybody's address. */
  readonly who: string;
}

/** One row for each role that must be given, the person's own left out. What was written for a role stays. Pure. */
export function rowsFor(roles: readonly LabTeamRole[], own: PlayerRole, written: readonly TeamRow[]): readonly TeamRow[] {
  const left = [...written];
  return roles.flatMap(({ role, min }) =>
    Array.from({ length: Math.max(0, min - (role === own ? 1 : 0)) }, () => {
      const index = left.findIndex((row) => row.role === role);
      return index < 0 ? { role, who: '' } : (left.splice(index, 1)[0] ?? { role, who: '' });
    }),
  );
}

/** Who is meant: a team mate by name, else an address. Pure. */
export function memberOf(
  { role, who }: TeamRow,
  mates: readonly { readonly id: string; readonly name: string }[],
): { readonly role: PlayerRole; readonly personId: string } | { readonly role: PlayerRole; readonly email: string } {
  const text = who.trim();
  const named = mates.filter(({ name }) => name.toLowerCase() === text.toLowerCase());
  const [only] = named;
  return only !== undefined && named.length === 1 ? { role, personId: only.id } : { role, email: text };
}
