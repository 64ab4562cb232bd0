import type { ExtraTimeEntry } from '../../../server/contract/extra-time.ts';

/** `1.25 times the time`, `10 minutes more`, both, or none. */
export function extraTimeWords({ percent, minutes }: Pick<ExtraTimeEntry, 'percent' | 'minutes'>): string {
  const parts = [
    ...(percent > 0 ? [`${String(1 + percent / 100)} times the time`] : []),
    ...(minutes > 0 ? [`${minutes} minutes more`] : []),
  ];
  return parts.length === 0 ? 'No extra time' : parts.join(' and ');
}
