import type { People } from '../accounts/people.ts';
import { AppError } from '../app-error.ts';
import type { LabTeamRole, StartTeam } from '../contract/teams.ts';
import type { PersonRow } from '../store/schema.ts';
import type { Member } from './team.ts';
import { findTeamIssues, type Named } from './team-plan.ts';

/** The members that somebody asked for. Throws InvalidRequest, naming all that is wrong with the team, when the lab has no such team. */
export async function inviteTeam(
  people: People,
  actor: PersonRow,
  wanted: StartTeam,
  roles: readonly LabTeamRole[],
  nowMs: number,
): Promise<readonly Member[]> {
  if (roles.length === 0) throw new AppError('InvalidRequest', 'This lab is for one person alone.', { remedy: 'Start it without a team.' });
  const others = await Promise.all(
    wanted.members.map(async ({ email, personId, role }, index): Promise<Named> => {
      const found = email === undefined ? await people.find(personId ?? '') : await people.findByEmail(email);
      return {
        role,
        path: `team.members.${index}`,
        person: found?.state === 'disabled' || found?.role === 'candidate' ? undefined : found,
      };
    }),
  );
  const named: readonly Named[] = [{ role: wanted.role, path: 'team.role', person: actor }, ...others];
  const issues = findTeamIssues(roles, named);
  if (issues.length > 0) {
    throw new AppError('InvalidRequest', `The team is not complete: ${issues.map(({ message }) => message).join(' ')}`, {
      issues: [...issues],
      remedy: 'Give each role of this lab to one person.',
    });
  }
  return named.flatMap(({ person, role }) =>
    person === undefined ? [] : [{ personId: person.id, role, joinedAtMs: person.id === actor.id ? nowMs : null }],
  );
}
