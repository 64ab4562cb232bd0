import { useQuery } from '@tanstack/react-query';
import type { Artefacts } from '../../../server/contract/artefacts.ts';
import { fetchArtefacts } from '../api/artefacts-api.ts';

/** The record grows with the incident; what is written here is newer than any answer, so drafts never take it from there. */
const REFRESH_MS = 30_000;
/** In a team somebody else may be writing. */
const TEAM_REFRESH_MS = 5_000;

/** What is to be written in an attempt; undefined while it is not known and for labs that ask for nothing. */
export function useArtefacts(attemptId: string, shared = false): Artefacts | undefined {
  const { data } = useQuery({
    queryKey: ['artefacts', attemptId],
    queryFn: ({ signal }) => fetchArtefacts(attemptId, signal),
    refetchInterval: shared ? TEAM_REFRESH_MS : REFRESH_MS,
  });
  return data === undefined || data.artefacts.length === 0 ? undefined : data;
}
