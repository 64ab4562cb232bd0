import type { Track } from '../../../server/contract/program.ts';

export const TRACK_LABELS: Readonly<Record<Track, string>> = {
  administrator: 'System administrators',
  'platform-engineer': 'Platform engineers',
  'technical-lead': 'Technical leads',
};
