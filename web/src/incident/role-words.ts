import type { StatusAudience, StatusKind } from '../../../server/contract/incidents.ts';
import type { TeamRole } from '../../../server/contract/teams.ts';

export const ROLE_LABELS: Record<TeamRole, string> = {
  solo: 'Alone',
  commander: 'Commander',
  deputy: 'Deputy',
  scribe: 'Scribe',
  expert: 'Expert',
  'customer-liaison': 'Customer liaison',
  'internal-liaison': 'Internal liaison',
  facilitator: 'Facilitator',
  controller: 'Controller',
  evaluator: 'Evaluator',
  observer: 'Observer',
};

/** What the role is there for, in one sentence. */
export const ROLE_DUTIES: Record<TeamRole, string> = {
  solo: 'Does everything.',
  commander: 'Decides, keeps the overview and asks for the verdict; does not type.',
  deputy: 'Stands in for the commander.',
  scribe: 'Writes down what happens, for the postmortem.',
  expert: 'Finds and mends it in the terminals.',
  'customer-liaison': 'Tells users and the house what is going on.',
  'internal-liaison': 'Tells the house what is going on.',
  facilitator: 'Runs the exercise.',
  controller: 'Brings the exercise’s events in.',
  evaluator: 'Watches and rates.',
  observer: 'Watches.',
};

export const KIND_LABELS: Record<StatusKind, string> = {
  'first-notice': 'First notice',
  scope: 'Who is affected',
  update: 'Update',
  resolved: 'Resolved',
};

export const AUDIENCE_LABELS: Record<StatusAudience, string> = { users: 'Users', internal: 'Internal' };
