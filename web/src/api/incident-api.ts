import type { z } from 'zod';
import { attemptSchema, type AttemptView } from '../../../server/contract/attempts.ts';
import { statusUpdateSchema, statusUpdatesSchema, type PostStatus, type StatusUpdateView } from '../../../server/contract/incidents.ts';
import type { PersonRef } from '../../../server/contract/roles.ts';
import { teamMatesSchema, type handOverSchema, type NamedMember } from '../../../server/contract/teams.ts';
import { requestJson, requestNothing } from './http.ts';

const attemptPath = (id: string): string => `/api/attempts/${encodeURIComponent(id)}`;

export async function fetchStatusUpdates(attemptId: string, signal?: AbortSignal): Promise<StatusUpdateView[]> {
  return (await requestJson('GET', `${attemptPath(attemptId)}/status`, statusUpdatesSchema, { signal })).updates;
}

export async function postStatus(attemptId: string, update: PostStatus): Promise<StatusUpdateView> {
  return requestJson('POST', `${attemptPath(attemptId)}/status`, statusUpdateSchema, { body: update });
}

export async function handOver(attemptId: string, roles: z.infer<typeof handOverSchema>): Promise<AttemptView> {
  return requestJson('POST', `${attemptPath(attemptId)}/hand-over`, attemptSchema, { body: roles });
}

export async function leaveTeam(attemptId: string): Promise<void> {
  return requestNothing('POST', `${attemptPath(attemptId)}/leave`);
}

export async function inviteToTeam(attemptId: string, member: NamedMember): Promise<AttemptView> {
  return requestJson('POST', `${attemptPath(attemptId)}/team`, attemptSchema, { body: member });
}

export async function fetchTeamMates(signal?: AbortSignal): Promise<PersonRef[]> {
  return (await requestJson('GET', '/api/team-mates', teamMatesSchema, { signal })).people;
}
