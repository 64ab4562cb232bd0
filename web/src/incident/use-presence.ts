import { useQuery } from '@tanstack/react-query';
import type { Present } from '../../../server/contract/teams.ts';

/** Who has the attempt's page open, as the live channel last said (see use-attempt.ts). Empty until it did. */
export function usePresence(attemptId: string): readonly Present[] {
  const { data } = useQuery<readonly Present[]>({ queryKey: ['present', attemptId], enabled: false, initialData: [] });
  return data;
}
