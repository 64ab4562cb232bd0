import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import type { ArtefactReviews, ArtefactView } from '../../../server/contract/artefacts.ts';
import { fetchReviews } from '../api/artefacts-api.ts';

/** The other side may answer while the page is open. */
const REFRESH_MS = 30_000;

const keyOf = (attemptId: string, artefactId: string): readonly string[] => ['artefact-reviews', attemptId, artefactId];

/** What was said about an artefact; a new decision or a new version asks for it again. */
export function useReviews(attemptId: string, artefact: ArtefactView): UseQueryResult<ArtefactReviews> {
  return useQuery({
    queryKey: [...keyOf(attemptId, artefact.id), artefact.submitted?.version ?? 0, artefact.rating?.at ?? ''],
    queryFn: ({ signal }) => fetchReviews(attemptId, artefact.id, signal),
    enabled: artefact.submitted !== null,
    refetchInterval: REFRESH_MS,
  });
}

/** Takes the server's newest word into what the page shows. */
export function useAdoptReviews(attemptId: string, artefactId: string): (reviews: ArtefactReviews) => void {
  const client = useQueryClient();
  return (reviews) => {
    client.setQueriesData<ArtefactReviews>({ queryKey: keyOf(attemptId, artefactId) }, reviews);
  };
}
