import { IconAlertTriangle, IconBriefcase, IconMail, IconMessage, IconNews, IconTicket, type TablerIcon } from '@tabler/icons-react';
import type {
  communicationItems,
  DrillChannel,
  DrillSummary,
  DrillView,
  InjectView,
  ObjectiveRating,
} from '../../../server/contract/drills.ts';
import { ROLE_LABELS } from '../incident/role-words.ts';
import type { Tone } from '../parts/status-tag.tsx';

export const CHANNELS: Record<DrillChannel, { readonly label: string; readonly Icon: TablerIcon }> = {
  alert: { label: 'Alert', Icon: IconAlertTriangle },
  ticket: { label: 'Ticket', Icon: IconTicket },
  chat: { label: 'Chat', Icon: IconMessage },
  mail: { label: 'Mail', Icon: IconMail },
  executive: { label: 'Executive', Icon: IconBriefcase },
  media: { label: 'Media', Icon: IconNews },
};

export const DRILL_STATES: Record<DrillSummary['state'], { readonly tone: Tone; readonly label: string }> = {
  scheduled: { tone: 'quiet', label: 'Scheduled' },
  running: { tone: 'accent', label: 'Running' },
  paused: { tone: 'warn', label: 'Paused' },
  ended: { tone: 'pass', label: 'Ended' },
};

export const MODE_LABELS: Record<DrillSummary['mode'], string> = { tabletop: 'Tabletop', 'live-fire': 'Live fire' };

export const SERVICE_STATES: Record<NonNullable<DrillView['service']>['state'], { readonly tone: Tone; readonly label: string }> = {
  up: { tone: 'pass', label: 'Up' },
  degraded: { tone: 'warn', label: 'Degraded' },
  down: { tone: 'fail', label: 'Down' },
  unknown: { tone: 'unsure', label: 'Not known yet' },
};

export const OUTCOMES: Record<NonNullable<InjectView['answer']>['outcome'], { readonly tone: Tone; readonly label: string }> = {
  came: { tone: 'pass', label: 'An answer came' },
  'as-expected': { tone: 'pass', label: 'As expected' },
  partly: { tone: 'warn', label: 'Partly' },
  not: { tone: 'fail', label: 'Not as expected' },
};

export const RATINGS: Record<ObjectiveRating, { readonly tone: Tone; readonly label: string }> = {
  performed: { tone: 'pass', label: 'Performed' },
  'some-challenges': { tone: 'accent', label: 'Some challenges' },
  'major-challenges': { tone: 'warn', label: 'Major challenges' },
  unable: { tone: 'fail', label: 'Unable' },
};

export const COMMUNICATION_LABELS: Record<(typeof communicationItems)[number], string> = {
  clarity: 'Clarity',
  audience: 'Fit for the audience',
  rationale: 'Reasons given',
  blamelessness: 'Without blame',
};

export function recipientsText(to: InjectView['to']): string {
  if (to === 'everyone') return 'everyone';
  return to.length === 0 ? 'nobody' : to.map((role) => ROLE_LABELS[role].toLowerCase()).join(', ');
}
