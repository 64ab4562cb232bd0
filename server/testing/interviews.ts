import { candidateViewSchema, enteredInterviewSchema, newInterviewSchema, type NewInterview } from '../contract/interviews.ts';
import type { Client } from './client.ts';

/** An interview at the fake lab, with what the test wants otherwise. */
export function makeInterview(staff: Client, wanted: object = {}): Promise<NewInterview> {
  return staff.call('POST', '/api/interviews', newInterviewSchema, {
    candidate: 'Kim Candidate',
    lab: 'endpoint',
    mode: 'incident',
    fault: 'bad-image',
    minutes: 20,
    aiPolicy: 'none',
    showsResult: true,
    expiresInDays: 7,
    retainDays: 30,
    ...wanted,
  });
}

/** Where the page of the link asks. */
export function linkPath({ link }: Pick<NewInterview, 'link'>): string {
  return new URL(link).pathname.replace('/interview/', '/api/interview-links/');
}

/** Opens the link, consents to what it says, and is let in; answers the attempt's id. */
export async function enter(candidate: Client, made: Pick<NewInterview, 'link'>): Promise<string> {
  await candidate.session();
  const { exercise } = await candidate.call('GET', linkPath(made), candidateViewSchema);
  const body = { consents: true, acknowledges: exercise.aiPolicy };
  const { session, attemptId } = await candidate.call('POST', linkPath(made), enteredInterviewSchema, body);
  candidate.csrfToken = session.csrfToken;
  return attemptId;
}

/** A candidate in the middle of an interview. */
export async function enterInterview(staff: Client, candidate: Client): Promise<Client> {
  await enter(candidate, await makeInterview(staff));
  return candidate;
}
